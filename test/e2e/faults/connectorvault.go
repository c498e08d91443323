package faults

import (
	"fmt"
	"maps"
	"strings"
)

// VaultAccount is the ServiceAccount of pods that mount secrets by workload identity.
const VaultAccount = "vault-reader"

// VaultCase is a workload that mounts a secret of a key vault by the CSI driver, and what is wrong or odd with that.
type VaultCase struct {
	Name   string
	Why    string
	Expect string // a regular expression that the verdict's code, summary and cause must match; empty: it is healthy
	// Federated is true if pods sign in by workload identity, not as the add-on's identity.
	Federated bool
	// Class is the name of the SecretProviderClass; empty: that of a connection.
	Class string
	// Parameters are those of the class that differ; empty ones are left out.
	Parameters map[string]string
	NoClass    bool
	// Properties are those of the vault that differ. NoRole is true if the identities have no role there.
	Properties map[string]any
	NoRole     bool
	// Disabled is true if the secret is disabled; Secret is the name that the class asks for, otherwise password.
	Disabled bool
	Secret   string
	// Unassigned is true if the scale set does not have the add-on's identity, Both if it has another one, too.
	Unassigned, Both bool
	// Fresh is true if the provider must not have a token from before.
	Fresh bool
	// Unread is true if it is unknown without Azure.
	Unread bool
	// Before and After are arguments of kubectl, to break something of the add-on and to restore it.
	Before, After [][]string
}

// ConnectorVaults returns what a key vault's secrets by the CSI driver are tried on. It was written before the checks were changed for it,
// but for healthy-client-unused and own-class-secret-not-found, and expressions were made stricter later.
func ConnectorVaults() []VaultCase {
	deny := map[string]any{"defaultAction": "Deny", "ipRules": []any{}, "virtualNetworkRules": []any{}}
	const driver, provider = "daemonset/aks-secrets-store-csi-driver", "daemonset/aks-secrets-store-provider-azure"
	const away = `{"spec":{"template":{"spec":{"nodeSelector":{"lab":"none"}}}}}`
	const back = `{"spec":{"template":{"spec":{"nodeSelector":{"lab":null}}}}}`
	gone := func(set, app string) [][]string {
		return [][]string{
			{"patch", "-n", "kube-system", set, "--type=merge", "-p", away},
			{"wait", "-n", "kube-system", "--for=delete", "pod", "-l", "app=" + app, "--timeout=60s"},
		}
	}
	returned := func(set string) [][]string {
		return [][]string{
			{"patch", "-n", "kube-system", set, "--type=merge", "-p", back}, {"rollout", "status", "-n", "kube-system", set, "--timeout=90s"},
		}
	}
	return []VaultCase{
		{Name: "healthy", Why: "as Service Connector sets it up"},
		{Name: "healthy-federated", Why: "by workload identity", Federated: true},
		{Name: "healthy-own-class", Why: "Microsoft's sample names the class itself", Class: "sc-demo-keyvault-csi", Unread: true},
		{Name: "healthy-client-unused", Why: "clientID does not count beside useVMManagedIdentity", Parameters: map[string]string{
			"clientID": ConnectorClient,
		}},
		{
			Name: "own-class-secret-not-found", Why: "a class with a name of its own names a secret that the vault does not have",
			Class: "sc-demo-keyvault-csi", Secret: "pasword", Expect: `(?i)no such secret.*pasword`, Unread: true,
		},
		{Name: "healthy-roles", Why: "a vault with roles", Properties: map[string]any{"enableRbacAuthorization": true}},
		{Name: "healthy-two-identities", Why: "the class names its identity", Both: true},
		{
			Name: "secret-not-found", Why: "the class names a secret that the vault does not have", Secret: "pasword",
			Expect: `(?i)no such secret.*pasword`,
		},
		{Name: "secret-disabled", Why: "the secret is disabled", Disabled: true, Expect: `(?i)is disabled`},
		{
			Name: "no-policy", Why: "no access policy is for the identity", Properties: map[string]any{"accessPolicies": []any{}},
			Expect: `(?i)access polic.*(not allow|no access policy|does not include)|no access policy`,
		},
		{
			Name: "no-role", Why: "the vault counts roles, and the identity has none",
			Properties: map[string]any{"enableRbacAuthorization": true}, NoRole: true,
			Expect: `(?i)has no role`,
		},
		{
			Name: "firewall", Why: "the vault's firewall does not allow the cluster", Properties: map[string]any{"networkAcls": deny},
			Expect: `(?i)firewall.*not allow`,
		},
		{
			Name: "identity-not-assigned", Why: "the add-on's identity is not assigned to the node pool", Unassigned: true, Fresh: true,
			Expect: `(?i)no identity on the node.*not assigned`,
		},
		{
			Name: "identity-of-other", Why: "the class names the client ID of another identity",
			Parameters: map[string]string{"userAssignedIdentityID": "99999999-0000-0000-0000-000000000000"},
			Expect:     `(?i)no identity on the node.*not assigned`,
		},
		{
			Name: "two-identities", Why: "the class names no identity, and the nodes have two", Both: true,
			Parameters: map[string]string{"userAssignedIdentityID": ""},
			Expect:     `(?i)names no identity.*several`,
		},
		{
			Name: "wrong-tenant", Why: "the tenant of the class is another one", Federated: true,
			Parameters: map[string]string{"tenantId": "22222222-2222-2222-2222-222222222222"},
			Expect:     `(?i)not find the tenant|another tenant|AADSTS90002`,
		},
		{
			Name: "no-credential", Why: "no federated credential is for the pod's ServiceAccount", Federated: true,
			Parameters: map[string]string{"serviceAccount": "default"}, Expect: `(?i)AADSTS700213|subject.*not that of any|no federated credential`,
		},
		{
			Name: "vault-unknown", Why: "the class misspells the vault", Parameters: map[string]string{"keyvaultName": "shop-valt"},
			Expect: `(?i)cannot resolve.*shop-valt`,
		},
		{
			Name: "no-class", Why: "the class does not exist", NoClass: true,
			Expect: `(?i)SecretProviderClass .{0,80}does not exist`,
		},
		{
			Name: "two-modes", Why: "two ways to sign in", Parameters: map[string]string{"usePodIdentity": "true"},
			Expect: `(?i)several ways to sign in`,
		},
		{
			Name: "objects-malformed", Why: "the indentation of objects", Parameters: map[string]string{
				"objects": "array:\n- |\n objectName: password\n   objectType: secret\n",
			},
			Expect: `(?i)not? valid YAML`,
		},
		{
			Name: "driver-gone", Why: "the driver's pods do not run", Expect: `(?i)CSI driver does not run`,
			Before: gone(driver, "secrets-store-csi-driver"), After: returned(driver),
		},
		{
			Name: "provider-gone", Why: "the provider's pods do not run",
			Expect: `(?i)not reach the Azure provider`,
			Before: gone(provider, "secrets-store-provider-azure"), After: returned(provider),
		},
	}
}

// Assigned returns which of the identities the nodes have.
func (c VaultCase) Assigned(addon, other string) (all []string) {
	if !c.Unassigned {
		all = append(all, addon)
	}
	if c.Both || c.Unassigned {
		all = append(all, other)
	}
	return all
}

// Vault returns the properties of the vault, which has a policy for the add-on's principal and the connection's.
func (c VaultCase) Vault(tenant, addon string) map[string]any {
	p := map[string]any{"tenantId": tenant, "accessPolicies": []any{
		vaultPolicy(tenant, addon, map[string]any{"secrets": []string{"get", "list"}}),
		vaultPolicy(tenant, ConnectorPrincipal, map[string]any{"secrets": []string{"get", "list"}}),
	}}
	maps.Copy(p, c.Properties)
	return p
}

// Objects returns the class, the ServiceAccount and the workload, in YAML.
func (c VaultCase) Objects(tenant, addon string) string {
	class, account := c.Class, VaultAccount
	if class == "" {
		class = "sc-vault-secretprovider"
	}
	secret := "password"
	if c.Secret != "" {
		secret = c.Secret
	}
	parameters := map[string]string{
		"keyvaultName": "shop-vault", "tenantId": tenant, "usePodIdentity": "false",
		"objects": "array:\n- |\n  objectName: " + secret + "\n  objectType: secret\n",
	}
	if c.Federated {
		parameters["clientID"] = ConnectorClient
	} else {
		parameters["useVMManagedIdentity"], parameters["userAssignedIdentityID"] = "true", addon
	}
	for name, value := range c.Parameters {
		switch {
		case name == "serviceAccount":
			account = value
		case value == "":
			delete(parameters, name)
		default:
			parameters[name] = value
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n---\n", VaultAccount)
	if !c.NoClass {
		fmt.Fprintf(&b, "apiVersion: secrets-store.csi.x-k8s.io/v1\nkind: SecretProviderClass\nmetadata: {name: %s}\nspec:\n  provider: azure\n"+
			"  parameters:\n", class)
		for name, value := range parameters {
			fmt.Fprintf(&b, "    %s: %q\n", name, value)
		}
		b.WriteString("---\n")
	}
	fmt.Fprintf(&b, `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccountName: %s
      terminationGracePeriodSeconds: 1
      containers:
      - name: web
        image: lab.akstools.dev/app:v1
        imagePullPolicy: IfNotPresent
        args: [-http=8080]
        volumeMounts: [{name: secrets, mountPath: /mnt/secrets, readOnly: true}]
      volumes:
      - name: secrets
        csi: {driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: %s}}
`, account, class)
	return b.String()
}
