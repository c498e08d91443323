package faults

import "fmt"

// ConnectorFresh are faults in Azure of which people reported, written without knowledge of the checks: a fault has no Code, and Accept is
// what its verdict must say.
func ConnectorFresh() []ConnectorFault {
	return []ConnectorFault{
		{
			Name: "subject-in-other-case",
			Why: "Azure/login#517: subjects are compared with their case. The federated credential has Shop for shop. Named must be the " +
				"subject, or that the federated credential is not for this ServiceAccount.",
			Accept: `(?i)subject|federated (identity )?credential`,
			Put: []AzureResource{
				credential(ConnectorIssuer, "system:serviceaccount:Shop:sc-account-"+ConnectorClient, "api://AzureADTokenExchange"),
			},
		},
		{
			Name: "credential-of-other-identity",
			Why: "Azure/AKS#3616 and external-secrets/external-secrets#2783: the federated credential exists, but another identity has it. " +
				"Named must be that the identity of the connection has none for the ServiceAccount.",
			Accept: `(?i)federated (identity )?credential`,
			Put: []AzureResource{
				{otherIdentity, map[string]any{"location": "eastus", "properties": map[string]any{
					"clientId": "22222222-3333-4444-5555-666666666666", "principalId": "77777777-8888-9999-0000-111111111111",
				}}},
				{otherIdentity + "/federatedIdentityCredentials/sc-mydb", map[string]any{"properties": map[string]any{
					"issuer": ConnectorIssuer, "subject": ConnectorSubject, "audiences": []string{"api://AzureADTokenExchange"},
				}}},
			},
			Delete: []string{ConnectorCredential},
		},
		{
			Name: "identity-created-anew",
			Why: "hmcts/cnp-flux-config#39315: the identity was deleted and created again under its name, with another client ID. Named must be " +
				"that no identity has the client ID of the connection any more.",
			Accept: `(?i)no (user-assigned |managed )*identity|identity[^.]*(not exist|not found|no longer|gone|deleted|anew|re-?created)`,
			Put: []AzureResource{{ConnectorIdentity, map[string]any{"location": "eastus", "properties": map[string]any{
				"clientId": "22222222-3333-4444-5555-666666666666", "principalId": "77777777-8888-9999-0000-111111111111",
			}}}},
		},
		{
			Name: "role-on-management-only",
			Why: "Azure/azure-sdk-for-js#23820: Contributor manages the account and gives no right to its blobs. Named must be that a role for " +
				"data, such as Storage Blob Data Contributor, is missing.",
			Accept: `(?i)Storage Blob Data|\brole\b`,
			NoRole: true,
			Role:   "Contributor",
		},
		{
			Name: "public-access-disabled",
			Why: "Azure-Samples/graphrag-accelerator#71 and microsoft/AzureStorageExplorer#8504, for storage: public access to the target is " +
				"off and there is no private endpoint. Named must be the network access of the account.",
			Accept: `(?i)public (network )?access|firewall|private endpoint|network rule`,
			Put: []AzureResource{shopdata(map[string]any{
				"publicNetworkAccess": "Disabled", "networkAcls": nobody, "privateEndpointConnections": []any{},
			})},
		},
		{
			Name: "keys-not-permitted",
			Why: "Azure/AI-Landing-Zones#64: the connection uses a connection string with a key, and a policy has switched keys off at the " +
				"account. Named must be that shared keys are not allowed there.",
			Code:   "CON0705",
			Accept: `(?i)shared.?key|(access|account) keys?|key.based`,
			Put: []AzureResource{
				shopdata(map[string]any{"allowSharedKeyAccess": false}),
				link("mydb", map[string]any{"authInfo": map[string]any{"authType": "secret"}}),
			},
		},
		{
			Name: "issuer-of-former-cluster",
			Why: "Azure/secrets-store-csi-driver-provider-azure#1092: the cluster was created anew and has another issuer than the federated " +
				"credential. Named must be the issuer.",
			Accept: `(?i)issuer`,
			Cluster: map[string]any{"oidcIssuerProfile": map[string]any{
				"enabled":   true,
				"issuerURL": "https://eastus.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/12341234-8888-7777-6666-555555555555/",
			}},
		},
		{
			Name: "extensions-not-registered",
			Why: "hashicorp/terraform-provider-azurerm#22462: the subscription is not registered for extensions, so there is none, and the " +
				"connection created nothing. Named must be Microsoft.KubernetesConfiguration, or that it is not registered.",
			Accept:       `(?i)Microsoft\.KubernetesConfiguration|not registered`,
			Unregistered: []string{"Microsoft.KubernetesConfiguration"},
			Put:          []AzureResource{link("mydb", map[string]any{"provisioningState": "Failed"})},
			Delete:       []string{ConnectorExtension},
			Gone:         secretGone,
		},
		{
			Name: "extension-timed-out",
			Why: "Azure/AKS#5645 and microsoft/ignite25-LAB502-migrate-to-aks-automatic-with-github-copilot-for-app-modernization#15: the " +
				"extension failed, and the connection with it. Named must be the extension and that it failed, at best with Helm's words.",
			Accept: `(?i)extension`,
			Put: []AzureResource{
				extension(map[string]any{"provisioningState": "Failed", "errorInfo": map[string]any{
					"code": "ExtensionOperationFailed",
					"message": "Error: [ InnerError: [Helm installation failed : Timed out waiting for the resource to come to a ready/completed state " +
						"Last resource not ready was sc-system/sc-job : InnerError [timed out waiting for the condition]]] occurred while doing the " +
						"operation : [Update] on the config",
				}}),
				link("mydb", map[string]any{"provisioningState": "Failed"}),
			},
			Gone: secretGone,
		},
		{
			Name: "vault-with-access-policies",
			Why: "Azure/secrets-store-csi-driver-provider-azure#945: the vault is set to access policies, so roles do not count there, and no " +
				"policy names the identity. Named must be the access policies.",
			Accept: `(?i)access polic`,
			Put: []AzureResource{
				{ConnectorVault, map[string]any{"location": "eastus", "properties": map[string]any{
					"tenantId": "11111111-1111-1111-1111-111111111111", "sku": map[string]any{"family": "A", "name": "standard"},
					"enableRbacAuthorization": false, "accessPolicies": []any{},
				}}},
				link("mydb", map[string]any{"targetService": map[string]any{"type": "AzureResource", "id": ConnectorVault}}),
			},
		},
		{
			Name: "server-without-entra",
			Why: "Azure-Samples/holiday-peak-hub#836: the server of PostgreSQL knows passwords only, and the connection is by identity. Named " +
				"must be that sign-in by Entra ID is off at the server.",
			Accept: `(?i)(Entra|Active Directory)[^.]*(off|disabled|not enabled|does not|only)|activeDirectoryAuth|passwords? only|only passwords?`,
			Put: []AzureResource{
				{freshServer, map[string]any{"location": "eastus", "properties": map[string]any{
					"state": "Ready", "version": "16", "network": map[string]any{"publicNetworkAccess": "Enabled"},
					"authConfig": map[string]any{"activeDirectoryAuth": "Disabled", "passwordAuth": "Enabled"},
				}}},
				{freshServer + "/firewallRules/azure", map[string]any{"properties": map[string]any{
					"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0",
				}}},
				link("mydb", map[string]any{"targetService": map[string]any{"type": "AzureResource", "id": freshServer + "/databases/shop"}}),
			},
		},
	}
}

// ConnectorFreshHealthy are set-ups in Azure that are odd and work.
func ConnectorFreshHealthy() []ConnectorFault {
	return []ConnectorFault{
		{
			Name: "healthy-twenty-credentials",
			Why: "https://learn.microsoft.com/azure/aks/identity-bindings-concepts: the identity has as many federated credentials as it can " +
				"have. One is right.",
			Put: otherCredentials(19),
		},
		{
			Name: "healthy-owner-of-data",
			Why: "https://learn.microsoft.com/azure/storage/blobs/authorize-access-azure-active-directory: the role is one that allows more than " +
				"the usual one.",
			NoRole: true,
			Role:   "Storage Blob Data Owner",
		},
		{
			Name: "healthy-opted-out",
			Why: "https://learn.microsoft.com/cli/azure/aks/connection/create: created with --opt-out auth publicnetwork. The user gave the role " +
				"and the federated credential, and both are right.",
			Put: []AzureResource{link("mydb", map[string]any{
				"authInfo": map[string]any{
					"authType": "userAssignedIdentity", "authMode": "optOutAllAuth", "clientId": ConnectorClient,
					"subscriptionId": "00000000-0000-0000-0000-000000000000",
				},
				"publicNetworkSolution": map[string]any{"action": "optOut"},
			})},
		},
		{
			Name: "healthy-private-endpoint", Code: "CON0703", Noted: true,
			Why: "Azure/secrets-store-csi-driver-provider-azure#1226, for storage: public access is off, and an approved private endpoint leads " +
				"to the account.",
			Put: []AzureResource{shopdata(map[string]any{
				"publicNetworkAccess": "Disabled",
				"networkAcls":         nobody,
				"privateEndpointConnections": []any{map[string]any{
					"id": ConnectorAccount + "/privateEndpointConnections/aks",
					"properties": map[string]any{
						"provisioningState":                 "Succeeded",
						"privateEndpoint":                   map[string]any{"id": connectorData + "/providers/Microsoft.Network/privateEndpoints/aks"},
						"privateLinkServiceConnectionState": map[string]any{"status": "Approved", "actionRequired": "None"},
					},
				}},
			})},
		},
		{
			Name: "healthy-beside-failed",
			Why: "Azure/AKS#4197: an attempt with another name failed and was left behind. The connection that is asked for works, and so does " +
				"the extension.",
			Put: []AzureResource{link("attempt", map[string]any{"provisioningState": "Failed"})},
		},
	}
}

const (
	otherIdentity = connectorSubscription + "/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-old"
	freshServer   = connectorData + "/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-pg"
)

// nobody are network rules of a storage account that let nobody in.
var nobody = map[string]any{"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []any{}, "virtualNetworkRules": []any{}}

// shopdata is the storage account with other properties.
func shopdata(properties map[string]any) AzureResource {
	return AzureResource{ConnectorAccount, map[string]any{"location": "eastus", "kind": "StorageV2", "properties": properties}}
}

// otherCredentials are federated credentials of the identity for ServiceAccounts of other namespaces.
func otherCredentials(count int) (all []AzureResource) {
	for i := range count {
		r := credential(ConnectorIssuer, fmt.Sprintf("system:serviceaccount:team-%d:web", i), "api://AzureADTokenExchange")
		r.ID = fmt.Sprintf("%s/federatedIdentityCredentials/team-%d", ConnectorIdentity, i)
		all = append(all, r)
	}
	return all
}
