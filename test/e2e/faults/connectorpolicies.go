package faults

import (
	"maps"
	"strings"
)

const connectorTenant = "11111111-1111-1111-1111-111111111111"

// toVault is the connection mydb, by workload identity, to the vault with the properties.
func toVault(properties map[string]any) []AzureResource {
	all := map[string]any{"tenantId": connectorTenant, "sku": map[string]any{"family": "A", "name": "standard"}}
	maps.Copy(all, properties)
	return []AzureResource{
		{ConnectorVault, map[string]any{"location": "eastus", "properties": all}},
		link("mydb", map[string]any{"targetService": map[string]any{"type": "AzureResource", "id": ConnectorVault}}),
	}
}

func vaultPolicy(tenant, object string, permissions map[string]any) map[string]any {
	return map[string]any{"tenantId": tenant, "objectId": object, "permissions": permissions}
}

// getPolicy lets the identity of the connection read secrets.
func getPolicy() map[string]any {
	return vaultPolicy(connectorTenant, ConnectorPrincipal, map[string]any{"secrets": []string{"get", "list"}})
}

// connectorPolicies are connections to a key vault with access policies, and to one with roles.
func connectorPolicies() []ConnectorFault {
	const user = "99999999-0000-0000-0000-000000000001"
	secrets := func(list ...string) map[string]any { return map[string]any{"secrets": list} }
	vault := func(name, code, why string, policies ...map[string]any) ConnectorFault {
		return ConnectorFault{
			Name: name, Code: code, Why: why, Put: toVault(map[string]any{"accessPolicies": append([]map[string]any{}, policies...)}),
		}
	}
	withText := func(f ConnectorFault, text string) ConnectorFault {
		f.Text = text
		return f
	}
	ofApplication := getPolicy()
	ofApplication["applicationId"] = "99999999-0000-0000-0000-000000000002"
	ofOthers := vault("vault-policy-of-others", "CON0704", "the identity may belong to a group that has one",
		vaultPolicy(connectorTenant, user, secrets("get")))
	ofOthers.Degraded, ofOthers.Text = true, "group"
	byRoles := ConnectorFault{
		Name: "vault-policy-ignored", Code: "CON0702", Why: "the vault changed from access policies to roles", Text: "az role assignment create",
		Put: toVault(map[string]any{"enableRbacAuthorization": true, "accessPolicies": []any{getPolicy()}}),
	}
	withRole := byRoles
	withRole.Name, withRole.Code, withRole.Why, withRole.Text = "vault-role", "", "a vault with roles", ""
	withRole.Role, withRole.AtVault = "Key Vault Secrets User", true
	return []ConnectorFault{
		withText(vault("vault-without-policy", "CON0704", "somebody removed the policy"), "az keyvault set-policy"),
		withText(vault("vault-policy-without-get", "CON0704", "list does not read a secret",
			vaultPolicy(connectorTenant, ConnectorPrincipal, secrets("list", "set"))), "list, set"),
		vault("vault-policy-for-keys", "CON0704", "a policy for keys",
			vaultPolicy(connectorTenant, ConnectorPrincipal, map[string]any{"keys": []string{"get"}, "secrets": []string{}})),
		withText(vault("vault-policy-of-other-tenant", "CON0704", "the vault was moved to another tenant",
			vaultPolicy("22222222-2222-2222-2222-222222222222", ConnectorPrincipal, secrets("get"))), "tenant"),
		vault("vault-policy-of-application", "CON0704", "the policy counts only for an application that acts for the identity", ofApplication),
		ofOthers, byRoles,

		vault("vault-policy", "", "as Service Connector leaves it", getPolicy()),
		vault("vault-policy-in-capitals", "", "case does not count",
			vaultPolicy(connectorTenant, strings.ToUpper(ConnectorPrincipal), secrets("List", "Get"))),
		vault("vault-policy-for-all", "", "all includes get", vaultPolicy(connectorTenant, ConnectorPrincipal, secrets("all"))),
		vault("vault-policies-for-one-identity", "", "two entries, one of them with get",
			vaultPolicy(connectorTenant, ConnectorPrincipal, secrets("list")), getPolicy()),
		withRole,
	}
}
