package faults

// The targets of the third batch, from public reports.
const (
	thirdTenant   = "11111111-1111-1111-1111-111111111111"
	thirdOther    = "https://eastus.oic.prod-aks.azure.com/" + thirdTenant + "/77777777-0000-1111-2222-333333333333/"
	thirdPostgres = connectorData + "/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-pg"
	thirdCosmos   = connectorData + "/providers/Microsoft.DocumentDB/databaseAccounts/shop-cosmos"
	thirdBus      = connectorData + "/providers/Microsoft.ServiceBus/namespaces/shop-bus"
	thirdNetwork  = connectorSubscription + "/resourceGroups/lab/providers/Microsoft.Network/virtualNetworks/aks-vnet"
	thirdSubnet   = thirdNetwork + "/subnets/nodes"
)

// thirdTarget returns the connection mydb to another target, by the identity.
func thirdTarget(id string, resourceProperties map[string]any) AzureResource {
	target := map[string]any{"type": "AzureResource", "id": id}
	if resourceProperties != nil {
		target["resourceProperties"] = resourceProperties
	}
	return link("mydb", map[string]any{"targetService": target})
}

// thirdServer returns a PostgreSQL server that Azure may reach, with a database, and the connection to it by the identity.
func thirdServer(entra, password string) []AzureResource {
	return []AzureResource{
		{thirdPostgres, map[string]any{
			"location": "eastus",
			"sku":      map[string]any{"name": "Standard_D2ds_v4", "tier": "GeneralPurpose"},
			"properties": map[string]any{
				"version": "16", "state": "Ready", "fullyQualifiedDomainName": "shop-pg.postgres.database.azure.com",
				"authConfig": map[string]any{"activeDirectoryAuth": entra, "passwordAuth": password, "tenantId": thirdTenant},
				"network":    map[string]any{"publicNetworkAccess": "Enabled"},
			},
		}},
		{thirdPostgres + "/firewallRules/AllowAllAzureServicesAndResourcesWithinAzureIps", map[string]any{
			"properties": map[string]any{"startIpAddress": "0.0.0.0", "endIpAddress": "0.0.0.0"},
		}},
		{thirdPostgres + "/databases/shop", map[string]any{
			"properties": map[string]any{"charset": "UTF8", "collation": "en_US.utf8"},
		}},
		link("mydb", map[string]any{
			"targetService": map[string]any{"type": "AzureResource", "id": thirdPostgres + "/databases/shop"},
			"authInfo": map[string]any{
				"authType": "userAssignedIdentity", "clientId": ConnectorClient, "userName": "aad_mydb",
				"subscriptionId": "00000000-0000-0000-0000-000000000000",
			},
		}),
	}
}

// thirdVault returns the vault with these properties, and the connection to it by the identity.
func thirdVault(properties map[string]any) []AzureResource {
	properties["tenantId"] = thirdTenant
	properties["sku"] = map[string]any{"family": "A", "name": "standard"}
	properties["vaultUri"] = "https://shop-vault.vault.azure.net/"
	return []AzureResource{
		{ConnectorVault, map[string]any{"location": "eastus", "properties": properties}},
		thirdTarget(ConnectorVault, map[string]any{"type": "KeyVault", "connectAsKubernetesCsiDriver": false}),
	}
}

// thirdPolicy lets the identity read the secrets of a vault that goes by access policies.
func thirdPolicy() []any {
	return []any{map[string]any{
		"tenantId": thirdTenant, "objectId": ConnectorPrincipal,
		"permissions": map[string]any{"secrets": []string{"get", "list"}},
	}}
}

func thirdCredential(name, issuer, subject string) AzureResource {
	properties := map[string]any{"issuer": issuer, "subject": subject, "audiences": []string{"api://AzureADTokenExchange"}}
	return AzureResource{ConnectorIdentity + "/federatedIdentityCredentials/" + name, map[string]any{"properties": properties}}
}

// ConnectorThird are faults in Azure that others reported, in the order in which their reports were found.
func ConnectorThird() []ConnectorFault {
	return []ConnectorFault{
		{
			Name: "cosmos-without-data-role",
			Why: "Azure/azure-cosmos-dotnet-v3#2705: all roles that the portal offers were given, and yet 403: no required RBAC " +
				"permissions to perform readMetadata. Those are for the control plane; data needs a role assignment of Cosmos DB's own, " +
				"which only somebody else has here.",
			Accept: `(?i)data.?plane|\brole|RBAC|sqlRoleAssignments`,
			Put: []AzureResource{
				{thirdCosmos, map[string]any{"location": "eastus", "kind": "GlobalDocumentDB", "properties": map[string]any{
					"databaseAccountOfferType": "Standard", "publicNetworkAccess": "Enabled", "ipRules": []any{},
					"isVirtualNetworkFilterEnabled": false, "virtualNetworkRules": []any{}, "disableLocalAuth": true,
					"documentEndpoint": "https://shop-cosmos.documents.azure.com:443/",
				}}},
				{thirdCosmos + "/sqlDatabases/shop", map[string]any{
					"properties": map[string]any{"resource": map[string]any{"id": "shop"}},
				}},
				{thirdCosmos + "/sqlRoleAssignments/12121212-3434-5656-7878-909090909090", map[string]any{"properties": map[string]any{
					"roleDefinitionId": thirdCosmos + "/sqlRoleDefinitions/00000000-0000-0000-0000-000000000002",
					"principalId":      "aaaaaaaa-0000-0000-0000-000000000001", "scope": thirdCosmos,
				}}},
				thirdTarget(thirdCosmos+"/sqlDatabases/shop", nil),
			},
		},
		{
			Name: "postgres-without-entra",
			Why: "Azure-Samples/holiday-peak-hub#836: the workload signs in by its identity, but the server has activeDirectoryAuth " +
				"Disabled, as nobody made an administrator of Entra. Only passwords are taken.",
			Accept: `(?i)entra|active ?directory`,
			Put:    thirdServer("Disabled", "Enabled"),
		},
		{
			Name: "contributor-reads-no-blobs",
			Why: "Azure/azure-sdk-for-js#23820: the identity of AKS is Contributor, and blobs answer 403: not authorized to perform this " +
				"operation using this permission. Contributor manages the account and has no data actions.",
			Accept: `(?i)\brole|data action`,
			NoRole: true,
			Role:   "Contributor",
		},
		{
			Name: "vault-subnet-but-not-public",
			Why: "Azure/secrets-store-csi-driver-provider-azure#873: the subnet of AKS is among the allowed networks of the vault, and " +
				"yet: public network access is disabled and request is not from a trusted service nor via an approved private link. " +
				"With public access disabled, rules count for nothing, and there is no private endpoint.",
			Accept: `(?i)public ?(network ?)?access|private (endpoint|link)`,
			Role:   "Key Vault Secrets User", AtVault: true,
			Cluster: map[string]any{"agentPoolProfiles": []any{map[string]any{
				"name": "nodepool1", "mode": "System", "osType": "Linux", "count": 2, "vnetSubnetID": thirdSubnet,
			}}},
			Put: append([]AzureResource{
				{thirdNetwork, map[string]any{"location": "eastus", "properties": map[string]any{
					"addressSpace": map[string]any{"addressPrefixes": []string{"10.224.0.0/12"}},
				}}},
				{thirdSubnet, map[string]any{"properties": map[string]any{
					"addressPrefix": "10.224.0.0/16",
					"serviceEndpoints": []any{map[string]any{
						"service": "Microsoft.KeyVault", "locations": []string{"*"}, "provisioningState": "Succeeded",
					}},
				}}},
			}, thirdVault(map[string]any{
				"enableRbacAuthorization": true, "publicNetworkAccess": "Disabled", "accessPolicies": []any{},
				"networkAcls": map[string]any{
					"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []any{},
					"virtualNetworkRules": []any{map[string]any{"id": thirdSubnet, "ignoreMissingVnetServiceEndpoint": false}},
				},
			})...),
		},
		{
			Name: "bus-without-keys",
			Why: "Azure/azure-sdk-for-java#37010: LocalAuthDisabled: authorization failed because SAS authentication has been disabled " +
				"for the namespace. The connection provides a connection string, which nobody takes any more.",
			Accept: `(?i)local ?auth|\bSAS\b|shared access|(access )?keys?\b.*(disabled|off|refused|not accepted)`,
			Put: []AzureResource{
				{thirdBus, map[string]any{
					"location": "eastus", "sku": map[string]any{"name": "Standard", "tier": "Standard"},
					"properties": map[string]any{
						"disableLocalAuth": true, "publicNetworkAccess": "Enabled", "status": "Active",
						"serviceBusEndpoint": "https://shop-bus.servicebus.windows.net:443/",
					},
				}},
				{thirdBus + "/networkRuleSets/default", map[string]any{"properties": map[string]any{
					"defaultAction": "Allow", "publicNetworkAccess": "Enabled", "ipRules": []any{}, "virtualNetworkRules": []any{},
				}}},
				link("mydb", map[string]any{
					"targetService": map[string]any{"type": "AzureResource", "id": thirdBus, "resourceProperties": nil},
					"authInfo":      map[string]any{"authType": "secret", "name": nil, "secretInfo": nil},
				}),
			},
		},
		{
			Name: "identity-recreated",
			Why: "hmcts/cnp-flux-config#40558: the identity was deleted and created again under its name, and has another client ID now. " +
				"Connection and ServiceAccount still have the former one, which Entra does not know (AADSTS700016).",
			Accept: `(?i)(identity|client ?id).{0,160}(re-?created|created again|no longer|deleted|(not|never) (exist|found|there)|` +
				`missing|other|different|differs|changed|gone)|no (user-assigned |managed )?identity`,
			Put: []AzureResource{
				{ConnectorIdentity, map[string]any{"location": "eastus", "properties": map[string]any{
					"clientId": "99999999-1111-2222-3333-444444444444", "principalId": "88888888-1111-2222-3333-444444444444",
					"tenantId": thirdTenant,
				}}},
			},
		},
		{
			Name: "policies-in-role-vault",
			Why: "LeanerCloud/CUDly#1621: the identity has an access policy of the vault, but the vault goes by roles " +
				"(enableRbacAuthorization) and does not look at policies. Azure takes the policy without a word; reading a secret is 403.",
			Accept: `(?i)\brole|access polic|RBAC`,
			Put: thirdVault(map[string]any{
				"enableRbacAuthorization": true, "publicNetworkAccess": "Enabled", "accessPolicies": thirdPolicy(),
			}),
		},
		{
			Name: "credential-of-other-cluster",
			Why: "hmcts/cnp-flux-config#23367: two clusters share an identity and one federated credential, and each writes its own " +
				"issuer into it. The other cluster wrote last, and tokens of this one match no more.",
			Accept: `(?i)issuer|(federated )?credential.*other cluster`,
			Put:    []AzureResource{credential(thirdOther, ConnectorSubject, "api://AzureADTokenExchange")},
		},
	}
}

// ConnectorThirdHealthy are connections that look odd in Azure, and work.
func ConnectorThirdHealthy() []ConnectorFault {
	return []ConnectorFault{
		{
			Name: "healthy-postgres-entra-only",
			Why: "Azure/PSRule.Rules.Azure#2250: the server takes no passwords, as the rule asks. The workload signs in by its identity, " +
				"so that is no trouble.",
			Put: append(thirdServer("Enabled", "Disabled"), AzureResource{
				thirdPostgres + "/administrators/aaaaaaaa-0000-0000-0000-000000000001", map[string]any{"properties": map[string]any{
					"objectId": "aaaaaaaa-0000-0000-0000-000000000001", "principalName": "dba", "principalType": "Group",
					"tenantId": thirdTenant,
				}},
			}),
		},
		{
			Name: "healthy-account-without-keys",
			Why: "microsoft/vscode-azuretools#2006: a policy allows no storage account with shared keys. A workload that signs in by its " +
				"identity needs none.",
			Put: []AzureResource{
				{ConnectorAccount, map[string]any{"location": "eastus", "kind": "StorageV2", "properties": map[string]any{
					"allowSharedKeyAccess": false, "allowBlobPublicAccess": false, "minimumTlsVersion": "TLS1_2",
					"publicNetworkAccess": "Enabled", "networkAcls": map[string]any{
						"bypass": "AzureServices", "defaultAction": "Allow", "ipRules": []any{}, "virtualNetworkRules": []any{},
					},
				}}},
			},
		},
		{
			Name: "healthy-many-credentials",
			Why: "Azure/azure-workload-identity#575: an identity has up to 20 federated credentials, here of another cluster and of " +
				"other ServiceAccounts too. One fits, and the others do not matter.",
			Put: []AzureResource{
				thirdCredential("a-other-cluster", thirdOther, ConnectorSubject),
				thirdCredential("b-other-account", ConnectorIssuer, "system:serviceaccount:shop:orders"),
				thirdCredential("c-other-namespace", ConnectorIssuer, "system:serviceaccount:test:sc-account-"+ConnectorClient),
			},
		},
		{
			Name: "healthy-vault-by-policy",
			Why: "MicrosoftDocs/azure-docs#117124: the vault goes by access policies, the default of the CLI then, and not by roles. The " +
				"identity has a policy and needs no role.",
			NoRole: true,
			Put: thirdVault(map[string]any{
				"enableRbacAuthorization": false, "publicNetworkAccess": "Enabled", "accessPolicies": thirdPolicy(),
			}),
		},
	}
}
