package azure

import (
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/test/e2e/faults"
)

// connectorRights takes away what reading a connection that works needs, one thing after another. The verdict is then unknown, and names
// what is missing.
func connectorRights(t *testing.T, k *kubernetes) {
	m := start(t)
	m.connect()
	m.signIn(m.login.Secret)
	all := actions(t, "connectordoctor-read.json")
	read := func(t *testing.T, name string, args ...string) (check.Verdict, string) {
		m.t = t
		r, text := m.connectordoctor(k, "mydb", name, args...)
		return r.Verdict, text
	}
	allow := func(actions []string) {
		m.allow(actions)
		m.grant(faults.ConnectorRole, accountID)
	}
	allow(all)
	if v, text := read(t, "documented-role", "--azure=require"); v.Status != check.Passed {
		t.Errorf("with the documented role: %s", text)
	}
	for action, code := range map[string]string{
		"Microsoft.Resources/subscriptions/resourceGroups/read":                              "CON0601",
		"Microsoft.ContainerService/managedClusters/read":                                    "CON0601",
		"Microsoft.ServiceLinker/linkers/read":                                               "CON0602",
		"Microsoft.KubernetesConfiguration/extensions/read":                                  "CON0606",
		"Microsoft.ManagedIdentity/userAssignedIdentities/read":                              "CON0508",
		"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read": "CON0509",
		"Microsoft.Storage/storageAccounts/read":                                             "CON0701",
		"Microsoft.Authorization/roleAssignments/read":                                       "CON0702",
	} {
		t.Run(action, func(t *testing.T) {
			m.t = t
			allow(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action }))
			name := strings.ReplaceAll(action, "/", "-")
			if v, text := read(t, name, "--azure=auto"); v.Status != check.Unknown || v.Code != code || !strings.Contains(v.Cause, action) {
				t.Errorf("%s %s: %s\n%s", v.Status, v.Code, v.Cause, text)
			}
		})
	}
	t.Run("role definition", func(t *testing.T) {
		m.t = t
		const action, name = "Microsoft.Authorization/roleDefinitions/read", "Shop blobs"
		m.define(name, faults.AzureRole{DataActions: []string{"Microsoft.Storage/*"}})
		m.allow(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action }))
		m.grant(name, accountID)
		if v, text := read(t, "no-role-definition", "--azure=auto"); v.Status != check.Unknown || v.Code != "CON0702" ||
			!strings.Contains(v.Cause, action) {
			t.Errorf("%s %s: %s\n%s", v.Status, v.Code, v.Cause, text)
		}
	})
	m.t = t
	t.Setenv("AZURE_CLIENT_ID", "")
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "")
	if v, text := read(t, "signed-out", "--azure=auto"); v.Status != check.Passed || !strings.Contains(text, "not signed in to Azure") {
		t.Errorf("signed out: %s", text)
	}
	if v, text := read(t, "signed-out-required", "--azure=require"); v.Status != check.Unknown ||
		!strings.Contains(v.Cause, "not signed in to Azure") {
		t.Errorf("signed out, where Azure is required: %s", text)
	}
	before := len(m.requests())
	if v, text := read(t, "off", "--azure=off"); v.Status != check.Passed || !strings.Contains(text, "--azure=off") {
		t.Errorf("without Azure: %s", text)
	}
	if after := len(m.requests()); after != before {
		t.Errorf("%d requests although Azure is off", after-before)
	}
}

// TestConnectorRoleIsExact holds that the documented role allows all that is read of connections, and that each of its actions is needed.
func TestConnectorRoleIsExact(t *testing.T) {
	m := start(t)
	m.connect()
	const gateway, ranges = networks + "natGateways/nat", networks + "publicIPPrefixes/ips"
	m.put(ranges, map[string]any{"location": "eastus", "properties": map[string]any{"ipPrefix": "203.0.113.64/28"}})
	m.put(gateway, map[string]any{"location": "eastus", "properties": map[string]any{}})
	c := m.client()
	cluster, err := azure.FindCluster(t.Context(), c, nodeGroup, []string{fqdn})
	if err != nil || len(cluster.Pools) != 1 || len(cluster.Outbound) != 1 {
		t.Fatalf("%+v, %v", cluster, err)
	}
	read := func() map[string]error {
		errs := map[string]error{}
		_, errs["FindCluster"] = azure.FindCluster(t.Context(), c, nodeGroup, []string{fqdn})
		_, errs["Connections"] = azure.Connections(t.Context(), c, clusterID)
		_, errs["ExtensionOf"] = azure.ExtensionOf(t.Context(), c, clusterID, "sc-extension")
		_, errs["RegistrationOf"] = azure.RegistrationOf(t.Context(), c, "Microsoft.ServiceLinker")
		_, errs["IdentityOf"] = azure.IdentityOf(t.Context(), c, subscription, client)
		_, errs["Credentials"] = azure.Credentials(t.Context(), c, identityID)
		_, errs["RoleAssignments"] = azure.RoleAssignments(t.Context(), c, accountID, clientObject)
		_, errs["RoleDefinitionOf"] = azure.RoleDefinitionOf(t.Context(), c, accountID, "b7e6dc6d-f1e8-4753-8033-0f276bb0955b")
		_, errs["NetworkOf"] = azure.NetworkOf(t.Context(), c, networks+"virtualNetworks/aks-vnet-12345678/subnets/aks-subnet")
		_, errs["NATGatewayEgress"] = azure.NATGatewayEgress(t.Context(), c, gateway)
		_, errs["PublicAddresses"] = azure.PublicAddresses(t.Context(), c, cluster.Outbound)
		_, errs["PublicAddresses of a range"] = azure.PublicAddresses(t.Context(), c, []string{ranges})
		for _, id := range []string{accountID, vaultID} {
			_, errs["TargetOf "+id] = azure.TargetOf(t.Context(), c, id)
		}
		return errs
	}
	all := actions(t, "connectordoctor-read.json")
	m.allow(all)
	for name, err := range read() {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, action := range all {
		provider, _, _ := strings.Cut(action, "/")
		if !slices.Contains([]string{
			"Microsoft.Resources", "Microsoft.ContainerService", "Microsoft.ServiceLinker", "Microsoft.KubernetesConfiguration",
			"Microsoft.ManagedIdentity", "Microsoft.Authorization", "Microsoft.Network", "Microsoft.Storage", "Microsoft.KeyVault",
		}, provider) {
			continue // a target that the lab does not have
		}
		m.allow(slices.DeleteFunc(slices.Clone(all), func(a string) bool { return a == action }))
		named := false
		for _, err := range read() {
			named = named || err != nil && strings.Contains(err.Error(), action)
		}
		if !named {
			t.Errorf("nothing fails without %s", action)
		}
	}
}
