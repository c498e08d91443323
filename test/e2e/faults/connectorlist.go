package faults

import "slices"

// AzureConnector returns what `kubectl connectordoctor --azure=require` is tried on. It was written before the checks.
func AzureConnector() []ConnectorFault {
	vault := link("vault", map[string]any{"targetService": map[string]any{
		"type": "AzureResource", "id": ConnectorVault, "resourceProperties": map[string]any{
			"type": "KeyVault", "connectAsKubernetesCsiDriver": true,
		},
	}})
	workloadIdentity := func(enabled bool) map[string]any {
		return map[string]any{"workloadIdentity": map[string]any{"enabled": enabled}}
	}
	failed := []AzureResource{link("mydb", map[string]any{"provisioningState": "Failed"})}
	all := []ConnectorFault{
		{
			Name: "provider-not-registered", Code: "CON0601", Why: "Azure/azure-cli#30296: Conflict without a detail",
			Unregistered: []string{"Microsoft.ServiceLinker"}, Gone: secretGone, Text: "az provider register",
		},
		{
			Name: "configuration-provider-not-registered", Code: "CON0601", Why: "the extension's provider is another one",
			Unregistered: []string{"Microsoft.KubernetesConfiguration"}, Gone: secretGone, Text: "-n Microsoft.KubernetesConfiguration",
		},
		{
			Name: "provider-unregistered-later", Code: "CON0601", Degraded: true, Why: "what was created goes on working",
			Unregistered: []string{"Microsoft.ServiceLinker"},
		},
		{
			Name: "cluster-updating", Code: "CON0602", Why: "Azure/azure-cli#30296: the cluster is being updated",
			Cluster: map[string]any{"provisioningState": "Updating"}, Put: failed, Gone: secretGone, Text: "Updating",
		},
		{
			Name: "cluster-failed", Code: "CON0602", Why: "the last update of the cluster failed; operations on it are refused",
			Cluster: map[string]any{"provisioningState": "Failed"}, Put: failed, Gone: secretGone, Text: "az aks update",
		},
		{
			Name: "connection-absent", Code: "CON0603", Why: "a template was never deployed, or the connection was deleted",
			Delete: []string{ConnectorLinker}, Gone: secretGone, Text: "az aks connection list",
		},
		{
			Name: "connection-of-other-namespace", Code: "CON0603", Why: "the user omitted --kube-namespace",
			Put: []AzureResource{link("mydb", map[string]any{"scope": "default"})}, Gone: secretGone, Text: "namespace default",
		},
		{
			Name: "secret-of-deleted-connection", Code: "CON0603", Noted: true, Why: "deleting a connection leaves its Secret behind",
			Delete: []string{ConnectorLinker},
		},
		{
			Name: "issuer-disabled", Code: "CON0604", Why: "Azure/azure-workload-identity#616: re-running a template disables the issuer",
			Cluster: map[string]any{"oidcIssuerProfile": map[string]any{"enabled": false}},
			Text:    "--enable-oidc-issuer --enable-workload-identity",
		},
		{
			Name: "workload-identity-disabled", Code: "CON0604", Why: "re-running a template disables workload identity",
			Cluster: map[string]any{"securityProfile": workloadIdentity(false)}, Degraded: true,
		},
		{
			Name: "vault-provider-disabled", Code: "CON0605", Why: "re-running a template disables the add-on", Connection: "vault",
			Put: []AzureResource{vault}, Text: "az aks enable-addons",
		},
		{
			Name: "extension-deleted", Code: "CON0606", Why: "somebody removed the extension", Delete: []string{ConnectorExtension},
			Gone: secretGone, Text: "sc-extension does not exist",
		},
		{
			Name: "extension-deleted-later", Code: "CON0606", Degraded: true, Why: "what was created goes on working",
			Delete: []string{ConnectorExtension},
		},
		{
			Name: "extension-failed", Code: "CON0208", Why: "Azure/terraform-provider-azurerm#24547: ExtensionOperationFailed",
			Put: []AzureResource{extension(map[string]any{"provisioningState": "Failed", "statuses": []any{map[string]any{
				"code": "InstallationFailed", "level": "Error", "message": "Error: [ InnerError: [Helm installation failed : timed out waiting " +
					"for resource readiness : InnerError [job failed: BackoffLimitExceeded]]] occurred while doing the operation : [Create] on the config",
			}}})},
			Gone: secretGone, Text: "BackoffLimitExceeded",
		},
		{
			Name: "connection-failed", Code: "CON0209", Why: "microsoft/LAB502#15: linkers/write fails",
			Put: failed, Gone: secretGone, Text: "Failed",
		},
		{
			Name: "identity-deleted", Code: "CON0508", Why: "AADSTS700016: the identity was deleted and created again",
			Delete: []string{ConnectorIdentity}, Text: "AADSTS700016",
		},
		{
			Name: "credential-absent", Code: "CON0509", Why: "AADSTS70021: nobody created the federated credential",
			Delete: []string{ConnectorCredential}, Text: "az identity federated-credential create",
		},
		{
			Name: "issuer-without-slash", Code: "CON0509", Why: "Azure/azure-workload-identity#977: the slash at the end is missing",
			Put:  []AzureResource{credential(ConnectorIssuer[:len(ConnectorIssuer)-1], ConnectorSubject, "api://AzureADTokenExchange")},
			Text: "AADSTS700211",
		},
		{
			Name: "issuer-of-earlier-cluster", Code: "CON0509", Why: "Azure/azure-workload-identity#1200: the cluster was created again",
			Put: []AzureResource{credential("https://eastus.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/0/", ConnectorSubject,
				"api://AzureADTokenExchange")},
			Text: "AADSTS700211",
		},
		{
			Name: "subject-in-other-case", Code: "CON0509", Why: "Azure/login#482: subjects are compared with their case",
			Put: []AzureResource{credential(ConnectorIssuer, "system:serviceaccount:Shop:sc-account-"+ConnectorClient,
				"api://AzureADTokenExchange")},
			Text: "AADSTS700213",
		},
		{
			Name: "subject-of-other-namespace", Code: "CON0509", Why: "the workload moved to another namespace",
			Put: []AzureResource{credential(ConnectorIssuer, "system:serviceaccount:default:sc-account-"+ConnectorClient,
				"api://AzureADTokenExchange")},
			Text: "AADSTS700213",
		},
		{
			Name: "audience-of-other-cloud", Code: "CON0509", Why: "the audience was copied from a page about another cloud",
			Put:  []AzureResource{credential(ConnectorIssuer, ConnectorSubject, "api://AzureADTokenExchangeChina")},
			Text: "AADSTS700212",
		},
		{
			Name: "target-deleted", Code: "CON0701", Why: "the storage account was deleted", Delete: []string{ConnectorAccount},
			Text: "shopdata does not exist",
		},
		{
			Name: "role-removed", Code: "CON0702", Why: "somebody removed the role assignment", NoRole: true,
			Text: "az role assignment create",
		},
		{
			Name: "role-without-data", Code: "CON0702", Degraded: true, Why: "Reader does not read data", NoRole: true, Role: "Reader",
		},
		{
			Name: "vault-provider-enabled", Code: "CON0401", Noted: true, Why: "a connection by the CSI driver has no Secret", Connection: "vault",
			Put: []AzureResource{vault, {ConnectorVault, map[string]any{"location": "eastus", "properties": map[string]any{
				"enableRbacAuthorization": true,
			}}}},
			Cluster: map[string]any{"addonProfiles": map[string]any{"azureKeyvaultSecretsProvider": map[string]any{
				"enabled": true, "identity": map[string]any{"clientId": "22222222-3333-4444-5555-666666666666"},
			}}},
		},
		{Name: "healthy", Why: "all is as Service Connector leaves it"},
		{
			Name: "opts-out", Why: "the user assigns roles by other means", NoRole: true,
			Put: []AzureResource{link("mydb", map[string]any{"authInfo": map[string]any{
				"authType": "userAssignedIdentity", "authMode": "optOutAllAuth", "clientId": ConnectorClient,
				"subscriptionId": "00000000-0000-0000-0000-000000000000",
			}})},
		},
		{
			Name: "second-credential", Why: "the identity has a credential of another cluster too",
			Put: []AzureResource{{ConnectorIdentity + "/federatedIdentityCredentials/other", map[string]any{"properties": map[string]any{
				"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:shop/web:ref:refs/heads/main",
				"audiences": []string{"api://AzureADTokenExchange"},
			}}}},
		},
		{
			Name: "several-audiences", Why: "one of the audiences is the right one",
			Put: []AzureResource{{ConnectorCredential, map[string]any{"properties": map[string]any{
				"issuer": ConnectorIssuer, "subject": ConnectorSubject, "audiences": []string{"api://other", "api://AzureADTokenExchange"},
			}}}},
		},
		{Name: "owner-of-account", Why: "another role with data actions", NoRole: true, Role: "Storage Blob Data Owner"},
	}
	return slices.Concat(all, connectorRoles(), connectorPolicies(), connectorFirewalls(), connectorDatabases())
}
