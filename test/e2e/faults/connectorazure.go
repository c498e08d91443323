package faults

import "maps"

// AzureResource is a resource as it is put into Azure, at its ID.
type AzureResource struct {
	ID   string
	Body map[string]any
}

// The resources of the connection mydb of namespace shop, by workload identity to a storage account.
const (
	connectorSubscription = "/subscriptions/00000000-0000-0000-0000-000000000000"
	connectorCluster      = connectorSubscription + "/resourceGroups/lab/providers/Microsoft.ContainerService/managedClusters/lab"
	connectorData         = connectorSubscription + "/resourceGroups/data"

	ConnectorClient    = "11111111-2222-3333-4444-555555555555"
	ConnectorPrincipal = "66666666-7777-8888-9999-000000000000"
	ConnectorIssuer    = "https://eastus.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/99999999-8888-7777-6666-555555555555/"
	ConnectorSubject   = "system:serviceaccount:shop:sc-account-" + ConnectorClient
	ConnectorRole      = "Storage Blob Data Contributor"
	ConnectorLinker    = connectorCluster + "/providers/Microsoft.ServiceLinker/linkers/mydb"
	ConnectorExtension = connectorCluster + "/providers/Microsoft.KubernetesConfiguration/extensions/sc-extension"
	ConnectorIdentity  = connectorSubscription +
		"/resourceGroups/lab/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shop-db"
	ConnectorCredential = ConnectorIdentity + "/federatedIdentityCredentials/sc-mydb"
	ConnectorAccount    = connectorData + "/providers/Microsoft.Storage/storageAccounts/shopdata"
	ConnectorVault      = connectorData + "/providers/Microsoft.KeyVault/vaults/shop-vault"
)

// ConnectorCluster are the properties of the cluster with which the connection works.
func ConnectorCluster() map[string]any {
	return map[string]any{
		"oidcIssuerProfile": map[string]any{"enabled": true, "issuerURL": ConnectorIssuer},
		"securityProfile":   map[string]any{"workloadIdentity": map[string]any{"enabled": true}},
		"provisioningState": "Succeeded",
	}
}

// ConnectorResources returns what Service Connector and the user created in Azure, parents first.
func ConnectorResources() []AzureResource {
	return []AzureResource{
		{connectorData, map[string]any{"location": "eastus"}},
		{ConnectorAccount, map[string]any{"location": "eastus", "kind": "StorageV2", "properties": map[string]any{}}},
		{ConnectorIdentity, map[string]any{"location": "eastus", "properties": map[string]any{
			"clientId": ConnectorClient, "principalId": ConnectorPrincipal,
		}}},
		credential(ConnectorIssuer, ConnectorSubject, "api://AzureADTokenExchange"),
		extension(nil),
		link("mydb", nil),
	}
}

func credential(issuer, subject, audience string) AzureResource {
	return AzureResource{ConnectorCredential, map[string]any{"properties": map[string]any{
		"issuer": issuer, "subject": subject, "audiences": []string{audience},
	}}}
}

func extension(change map[string]any) AzureResource {
	properties := map[string]any{
		"extensionType": "microsoft.servicelinker.connection", "releaseTrain": "prod", "autoUpgradeMinorVersion": true,
		"currentVersion": "0.3.2", "scope": map[string]any{"cluster": map[string]any{"releaseNamespace": "sc-system"}},
	}
	maps.Copy(properties, change)
	return AzureResource{ConnectorExtension, map[string]any{"properties": properties}}
}

// link returns a connection like mydb with other properties.
func link(name string, change map[string]any) AzureResource {
	properties := map[string]any{
		"targetService": map[string]any{"type": "AzureResource", "id": ConnectorAccount + "/blobServices/default"},
		"authInfo": map[string]any{
			"authType": "userAssignedIdentity", "clientId": ConnectorClient, "subscriptionId": "00000000-0000-0000-0000-000000000000",
		},
		"clientType": "none", "scope": "shop", "vNetSolution": nil, "secretStore": nil, "provisioningState": "Succeeded",
	}
	maps.Copy(properties, change)
	id := ConnectorLinker[:len(ConnectorLinker)-len("mydb")] + name
	return AzureResource{id, map[string]any{"properties": properties}}
}

// ConnectorFault is something that is wrong in Azure with the connection mydb, or only odd there.
type ConnectorFault struct {
	Name string
	Code string // of the check that must be connectordoctor's verdict; empty: it must find nothing
	Why  string
	// Degraded is true if the verdict is a warning: what the connection provides exists, and pods can use it. Noted is true if it is
	// healthy and worth a note. Unknown is true if that is the verdict.
	Degraded, Noted, Unknown bool
	// Text is what the report must say.
	Text string
	// Accept is, for a fault whose Code is not known, a regular expression that the verdict must match: its name, summary or cause. The
	// whole report is too much for it, as that also tells what passed.
	Accept     string
	Connection string // empty: mydb
	// Cluster are other properties of the cluster.
	Cluster map[string]any
	// Unregistered are namespaces for which the subscription is not registered.
	Unregistered []string
	Put          []AzureResource
	Delete       []string // IDs
	// NoRole takes the role at the storage account from the identity; Role is one that it has instead, there or at the vault.
	NoRole  bool
	Role    string
	AtVault bool
	// Defined is that role, if it is not built in.
	Defined *AzureRole
	// Gone are objects of Kubernetes that do not exist, as kubectl delete takes them.
	Gone [][]string
}

// AzureRole is a role that somebody defined: what it allows on resources and on their data.
type AzureRole struct {
	Actions        []string `json:"actions"`
	NotActions     []string `json:"notActions,omitempty"`
	DataActions    []string `json:"dataActions,omitempty"`
	NotDataActions []string `json:"notDataActions,omitempty"`
}

// secretGone is a connection that created nothing in the cluster.
var secretGone = [][]string{{"secret/sc-mydb-secret", "-n", "shop"}}
