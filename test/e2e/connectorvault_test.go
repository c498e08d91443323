package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

const (
	vaultAddonIdentity = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/lab/providers/" +
		"Microsoft.ManagedIdentity/userAssignedIdentities/azurekeyvaultsecretsprovider-lab"
	vaultAddonClient    = "77777777-2222-3333-4444-555555555555"
	vaultAddonPrincipal = "88888888-7777-8888-9999-000000000000"
	vaultTenant         = "11111111-1111-1111-1111-111111111111"
)

// TestConnectorVault holds that connectordoctor says why pods cannot mount secrets of a key vault. The CSI driver and its provider for
// Azure are the ones that AKS's add-on has; they sign in at the lab's metadata service or Entra ID, and ask a vault that enforces its
// firewall, its access policies and its roles.
func TestConnectorVault(t *testing.T) {
	takeTurn(t)
	a := theLab(t).azure(t, "--targets")
	if err := a.quietlyWithin(10*time.Minute, "lab", "secrets-store", "start"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.must(t, "lab", "secrets-store", "stop") })
	for _, c := range faults.ConnectorVaults() {
		t.Run(c.Name, func(t *testing.T) { a.tryVault(t, c) })
	}
}

// tryVault puts the set-up of the case into the cluster and into Azure, and holds what connectordoctor says.
func (a azureLab) tryVault(t *testing.T, c faults.VaultCase) {
	namespace := "vault-" + c.Name
	a.namespace(t, namespace)
	a.vaultResources(t, c, namespace)
	if c.Fresh {
		a.must(t, "kubectl", "rollout", "restart", "-n", "kube-system", "daemonset/aks-secrets-store-provider-azure")
		a.must(t, "kubectl", "rollout", "status", "-n", "kube-system", "daemonset/aks-secrets-store-provider-azure", "--timeout=90s")
	}
	t.Cleanup(func() {
		for _, args := range c.After {
			a.must(t, "kubectl", args...)
		}
		a.run(t, "", "kubectl", "delete", "deployment", "web", "-n", namespace, "--ignore-not-found", "--wait=true")
	})
	for _, args := range c.Before {
		a.must(t, "kubectl", args...)
	}
	if out := a.run(t, c.Objects(vaultTenant, vaultAddonClient), "kubectl", "apply", "-n", namespace, "-f", "-"); out.code != 0 {
		t.Fatal(out.stderr)
	}
	healthy := c.Expect == ""
	a.eventually(t, time.Minute, func() error {
		if healthy {
			out := a.run(t, "", "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=5s")
			if out.code != 0 {
				return fmt.Errorf("%s\n%s", out.stderr, a.must(t, "kubectl", "get", "events", "-n", namespace))
			}
			return nil
		}
		events := a.must(t, "kubectl", "get", "events", "-n", namespace, "--field-selector", "reason=FailedMount")
		// that the kubelet had not read an object yet is not the fault
		if !strings.Contains(events, "web-") || strings.Contains(events, "failed to sync") {
			return fmt.Errorf("no pod failed to mount: %s", a.must(t, "kubectl", "get", "pods,events", "-n", namespace))
		}
		return nil
	})
	if !healthy {
		t.Log(a.must(t, "kubectl", "get", "events", "-n", namespace, "--field-selector", "reason=FailedMount", "-o",
			"jsonpath={range .items[*]}{.message}{\"\\n\"}{end}"))
	}
	a.must(t, "lab", "azure", "journal", "--clear")
	for _, azure := range []string{"require", "off"} {
		out := a.run(t, "", "kubectl-connectordoctor", slices.Concat([]string{"vault", "-n", namespace, "--azure=" + azure, "-o", "json"},
			saved("vault-"+c.Name+"-"+azure))...)
		var r report.Report
		if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
			t.Fatal(err, out.stderr)
		}
		if strings.Contains(out.stdout+out.stderr, faults.Canary) {
			t.Errorf("the secret's value is in the output")
		}
		v := r.Verdict
		t.Logf("--azure=%s: %s %s: %s: %s", azure, v.Status, v.Code, v.Summary, v.Cause)
		switch expect := c.Expect; {
		case c.Unread && azure == "off":
			if v.Status != check.Unknown {
				t.Errorf("--azure=off: it is %s: %s", v.Status, out.stdout)
			}
		case healthy && (out.code != 0 || worries(r)):
			t.Errorf("--azure=%s: it is healthy: %s", azure, out.stdout)
		case !healthy && v.Status == check.Passed:
			t.Errorf("--azure=%s: green: %s", azure, c.Why)
		case !healthy && (v.Status == check.Unknown || !regexp.MustCompile(expect).MatchString(v.Summary+" "+v.Cause)):
			t.Errorf("--azure=%s: %s: %s %s: %s", azure, c.Why, v.Code, v.Summary, v.Cause)
		}
	}
	a.onlyReads(t)
}

// vaultResources puts the vault, the identities and the connection into Azure as the case has them.
func (a azureLab) vaultResources(t *testing.T, c faults.VaultCase, namespace string) {
	t.Helper()
	a.edit(t, azureCluster, func(p map[string]any) {
		maps.Copy(p, faults.ConnectorCluster())
		p["addonProfiles"] = map[string]any{"azureKeyvaultSecretsProvider": map[string]any{
			"enabled": true, "identity": map[string]any{
				"clientId": vaultAddonClient, "objectId": vaultAddonPrincipal, "resourceId": vaultAddonIdentity,
			},
		}}
	})
	for _, r := range faults.ConnectorResources()[:3] {
		a.put(t, r.ID, r.Body)
	}
	a.put(t, vaultAddonIdentity, map[string]any{"location": "eastus", "properties": map[string]any{
		"clientId": vaultAddonClient, "principalId": vaultAddonPrincipal,
	}})
	client := vaultAddonClient
	if c.Federated {
		client = faults.ConnectorClient
		a.put(t, faults.ConnectorCredential, map[string]any{"properties": map[string]any{
			"issuer": faults.ConnectorIssuer, "audiences": []string{"api://AzureADTokenExchange"},
			"subject": "system:serviceaccount:" + namespace + ":" + faults.VaultAccount,
		}})
	}
	a.secretsUsers(t, !c.NoRole)
	scaleSet := strings.TrimSuffix(azureMachines, "/virtualMachines/")
	var set map[string]any
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", scaleSet)), &set); err != nil {
		t.Fatal(err)
	}
	users := map[string]any{vaultAddonIdentity: nil, faults.ConnectorIdentity: nil} // null takes an identity away
	for _, id := range c.Assigned(vaultAddonIdentity, faults.ConnectorIdentity) {
		users[id] = map[string]any{}
	}
	set["identity"] = map[string]any{"type": "UserAssigned", "userAssignedIdentities": users}
	a.put(t, scaleSet, set)
	a.put(t, faults.ConnectorVault, map[string]any{"location": "eastus", "properties": c.Vault(vaultTenant, vaultAddonPrincipal)})
	t.Cleanup(func() { a.must(t, "lab", "azure", "delete", faults.ConnectorVault) })
	a.put(t, faults.ConnectorVault+"/secrets/password", map[string]any{"properties": map[string]any{
		"value": faults.Canary, "attributes": map[string]any{"enabled": !c.Disabled},
	}})
	a.put(t, strings.TrimSuffix(faults.ConnectorLinker, "mydb")+"vault", map[string]any{"properties": map[string]any{
		"targetService": map[string]any{"type": "AzureResource", "id": faults.ConnectorVault, "resourceProperties": map[string]any{
			"type": "KeyVault", "connectAsKubernetesCsiDriver": true,
		}},
		"authInfo": map[string]any{
			"authType": "userAssignedIdentity", "clientId": client, "subscriptionId": "00000000-0000-0000-0000-000000000000",
		},
		"clientType": "none", "scope": namespace, "provisioningState": "Succeeded",
	}})
	a.eventually(t, 30*time.Second, func() error { // its server starts
		if out := a.run(t, "", "lab", "exec", node0, "--", "getent", "hosts", "shop-vault.vault.azure.net"); out.code != 0 {
			return fmt.Errorf("the vault does not resolve: %s", out.stderr)
		}
		return nil
	})
}

// secretsUsers makes the identities users of the vault's secrets, or takes that from them.
func (a azureLab) secretsUsers(t *testing.T, are bool) {
	t.Helper()
	var rules map[string]any
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "rules")), &rules); err != nil {
		t.Fatal(err)
	}
	all, _ := rules["assignments"].([]any)
	all = slices.DeleteFunc(all, func(one any) bool { return one.(map[string]any)["scope"] == faults.ConnectorVault })
	for _, principal := range []string{vaultAddonPrincipal, faults.ConnectorPrincipal} {
		if are {
			all = append(all, map[string]any{"principal": principal, "role": "Key Vault Secrets User", "scope": faults.ConnectorVault})
		}
	}
	rules["assignments"] = all
	a.set(t, "rules", rules)
}
