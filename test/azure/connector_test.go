package azure

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/test/e2e/faults"
)

const (
	client       = faults.ConnectorClient
	clientObject = faults.ConnectorPrincipal
	issuer       = faults.ConnectorIssuer
	subject      = faults.ConnectorSubject
	identityID   = faults.ConnectorIdentity
	accountID    = faults.ConnectorAccount
	vaultID      = faults.ConnectorVault
	linkersID    = clusterID + "/providers/Microsoft.ServiceLinker/linkers/"
	extensionID  = faults.ConnectorExtension
)

// connect creates in Azure what Service Connector does for connection mydb of namespace shop, by the identity to the storage account.
func (m *resourceManager) connect() {
	m.t.Helper()
	m.change(func(p map[string]any) { maps.Copy(p, faults.ConnectorCluster()) })
	for _, r := range faults.ConnectorResources() {
		m.put(r.ID, r.Body)
	}
	m.grant(faults.ConnectorRole, accountID)
}

// link creates the connection, by the identity to the storage account unless the change makes it another.
func (m *resourceManager) link(name string, change func(properties map[string]any)) {
	m.t.Helper()
	properties := map[string]any{
		"targetService": map[string]any{"type": "AzureResource", "id": accountID + "/blobServices/default"},
		"authInfo":      map[string]any{"authType": "userAssignedIdentity", "clientId": client, "subscriptionId": subscription},
		"clientType":    "none", "scope": "shop", "vNetSolution": nil, "secretStore": nil,
	}
	change(properties)
	m.put(linkersID+name, map[string]any{"properties": properties})
}

func (m *resourceManager) put(id string, body map[string]any) {
	m.t.Helper()
	m.do(http.MethodPut, "/arm"+id, body, nil)
}

// grant gives the identity of the connection the role besides those that it has.
func (m *resourceManager) grant(role, scope string) {
	m.t.Helper()
	m.rules(func(r map[string]any) {
		all, _ := r["assignments"].([]any)
		r["assignments"] = append(all, map[string]any{"principal": clientObject, "role": role, "scope": scope})
	})
}

// TestConnectorReaders reads what a connection consists of.
func TestConnectorReaders(t *testing.T) {
	m := start(t)
	m.connect()
	m.link("vault", func(p map[string]any) {
		p["targetService"] = map[string]any{"type": "AzureResource", "id": vaultID, "resourceProperties": map[string]any{
			"type": "KeyVault", "connectAsKubernetesCsiDriver": true,
		}}
	})
	m.link("plain", func(p map[string]any) {
		p["authInfo"] = map[string]any{"authType": "secret", "authMode": "optOutAllAuth", "name": "admin"}
	})
	c := m.client()
	found, err := azure.FindCluster(t.Context(), c, nodeGroup, []string{fqdn})
	if err != nil || found.Issuer != issuer || !found.WorkloadIdentity || found.VaultProvider {
		t.Errorf("%+v, %v", found, err)
	}
	all, err := azure.Connections(t.Context(), c, clusterID)
	if err != nil || len(all) != 3 { // on two pages
		t.Fatalf("%+v, %v", all, err)
	}
	mydb, plain, vault := all[0], all[1], all[2]
	if !mydb.ByIdentity() || mydb.Client != client || mydb.Namespace != "shop" || !mydb.Succeeded() || mydb.CSI || mydb.OptsOut {
		t.Errorf("%+v", mydb)
	}
	if plain.ByIdentity() || !plain.OptsOut || !vault.CSI {
		t.Errorf("%+v, %+v", plain, vault)
	}
	e, err := azure.ExtensionOf(t.Context(), c, clusterID, "sc-extension")
	if err != nil || e == nil || e.Failed() || e.Version != "0.3.2" || e.Pinned || e.Errors != nil {
		t.Errorf("%+v, %v", e, err)
	}
	if e, err := azure.ExtensionOf(t.Context(), c, clusterID, "flux"); err != nil || e != nil {
		t.Errorf("an extension that does not exist: %+v, %v", e, err)
	}
	i, err := azure.IdentityOf(t.Context(), c, subscription, strings.ToUpper(client))
	if err != nil || i == nil || i.Principal != clientObject || i.ID != identityID {
		t.Fatalf("%+v, %v", i, err)
	}
	if i, err := azure.IdentityOf(t.Context(), c, subscription, clientObject); err != nil || i != nil {
		t.Errorf("an identity that does not exist: %+v, %v", i, err)
	}
	if _, err := azure.IdentityOf(t.Context(), c, "x/../y", client); err == nil {
		t.Error("no subscription")
	}
	credentials, err := azure.Credentials(t.Context(), c, i.ID)
	if err != nil || len(credentials) != 1 || credentials[0].Issuer != issuer || credentials[0].Subject != subject {
		t.Errorf("%+v, %v", credentials, err)
	}
	roles, err := azure.RoleAssignments(t.Context(), c, accountID, i.Principal)
	if err != nil || len(roles) != 1 || roles[0].Role != "ba92f5b4-2d11-453d-a403-e96b0029c9fe" || roles[0].Scope != accountID {
		t.Errorf("%+v, %v", roles, err)
	}
	if roles, err := azure.RoleAssignments(t.Context(), c, accountID, client); err != nil || len(roles) != 0 {
		t.Errorf("roles of another principal: %+v, %v", roles, err)
	}
	target, err := azure.TargetOf(t.Context(), c, mydb.Target)
	if err != nil || !target.Exists || target.ID != accountID {
		t.Errorf("%+v, %v", target, err)
	}
	if target, err := azure.TargetOf(t.Context(), c, vault.Target); err != nil || target.Exists {
		t.Errorf("a vault that does not exist: %+v, %v", target, err)
	}
	if r, err := azure.RegistrationOf(t.Context(), c, "Microsoft.ServiceLinker"); err != nil || !r.Registered() {
		t.Errorf("%+v, %v", r, err)
	}
	m.do(http.MethodPut, "/behavior", map[string]any{"unregistered": []string{"Microsoft.ServiceLinker"}}, nil)
	if r, err := azure.RegistrationOf(t.Context(), c, "Microsoft.ServiceLinker"); err != nil || r.Registered() {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := azure.Connections(t.Context(), c, clusterID); reasonOf(err) != azure.NotRegistered {
		t.Errorf("without a registration: %v", err)
	}
	for _, r := range m.requests() {
		if !strings.HasPrefix(r, "GET ") {
			t.Error(r)
		}
	}
}

// TestVaultPolicies tells a key vault with access policies, which is the default, from one with roles.
func TestVaultPolicies(t *testing.T) {
	m := start(t)
	m.put(groupID+"data", map[string]any{"location": "eastus"})
	for policies, properties := range map[bool]map[string]any{
		true: {"accessPolicies": []any{}}, false: {"enableRbacAuthorization": true},
	} {
		m.put(vaultID, map[string]any{"location": "eastus", "properties": properties})
		if target, err := azure.TargetOf(t.Context(), m.client(), vaultID); err != nil || target.Policies != policies {
			t.Errorf("%+v, %v", target, err)
		}
	}
}

// TestExtensionErrors reads why an extension failed.
func TestExtensionErrors(t *testing.T) {
	m := start(t)
	m.put(extensionID, map[string]any{"properties": map[string]any{
		"extensionType": "microsoft.servicelinker.connection", "provisioningState": "Failed", "autoUpgradeMinorVersion": false,
		"version": "0.1.0", "statuses": []any{
			map[string]any{"code": "InstallationFailed", "level": "Error", "message": "job sc-job failed: BackoffLimitExceeded"},
			map[string]any{"code": "Info", "level": "Information", "message": "it began"},
		},
	}})
	e, err := azure.ExtensionOf(t.Context(), m.client(), clusterID, "sc-extension")
	if err != nil || e == nil || !e.Failed() || !e.Pinned || e.Version != "0.1.0" ||
		!slices.Equal(e.Errors, []string{"job sc-job failed: BackoffLimitExceeded"}) {
		t.Errorf("%+v, %v", e, err)
	}
}
