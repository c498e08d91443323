package errtext

// of returns samples of one class that are not about the tunnel.
func of(c Class, texts ...string) []sample {
	var all []sample
	for _, text := range texts {
		all = append(all, sample{text: text, class: c, tunnel: No})
	}
	return all
}

// connectorSamples are errors of Service Connector, of cluster extensions and of Helm, as Microsoft documents them or people reported them.
func connectorSamples() []sample {
	all := of(
		Connector,
		`Unable to get a response from the agent in time`,
		`Unable to get response from the Agent in time, please ensure the extension agents on the cluster are able to connect to Azure services`,
		`Extension pods can't be scheduled if all the node pools in the cluster are "CriticalAddonsOnly" tainted`,
		`Unable to download the Helm chart from the repo URL`,
		`Helm installation failed : Unable to download the Helm chart from the repo URL`,
		`Failed to setup Helm client during helm chart upgrade : err [mcr.microsoft.com/shop/{pod}:1.4.0: not found]`,
		`TargetTypeNotSupported: Target resource type MICROSOFT.DBFORMYSQL/FLEXIBLESERVERS is not supported.`,
		`(ExtensionOperationFailed) The extension operation failed: InnerError [failed to list CRDs: customresourcedefinitions.apiextensions.k8s.io is `+
			`forbidden: User "system:serviceaccount:azure-arc:ext-installer" cannot list`,
		`Timed out waiting for resource readiness`,
		`Timed out waiting for the resource to come to a ready/completed state`,
		`job failed: BackoffLimitExceeded`,
		`{"Message":"GET configurations returned response code {401}","LogType":"ConfigAgentTrace"}`,
		`Helm chart rendering failed with given values`,
		`Resource already exists in your cluster`,
		`Unable to continue with install: ServiceAccount "{pod}" in namespace "{ns}" exists and cannot be imported into the current release: invalid ownership metadata; label validation error: missing key "app.kubernetes.io/managed-by": must be set to "Helm"`,
		`Operation is already in progress for Helm`,
		`Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress`,
		`Operation returned an invalid status code: Conflict`,
		`Execution failed. Operation returned an invalid status code 'Conflict'`,
		`(GeneralUserError) Execution failed. Operation returned an invalid status 'Conflict'`,
		`The subscription '00000000-0000-0000-0000-000000000000' is not registered to use namespace 'Microsoft.KubernetesConfiguration'`,
		`(SubscriptionNotRegistered) Subscription is not registered with the provider`,
		`(MissingSubscriptionRegistration) The subscription is not registered to use namespace 'Microsoft.ServiceLinker'`,
		`You do not have permission to perform Microsoft.Storage/storageAccounts/listKeys/action over scope {pod}. If access was recently granted, please refresh your credentials`,
		`The scope '{pod}' cannot perform write operation because following scope(s) are locked: '{ns}'. Please remove the lock and try again.`,
		`Resource '{pod}' was disallowed by policy. Policy identifiers: '[{"policyAssignment":{"name":"{ns}"}}]'`,
		`Failed to resolve the extension version from the given values`,
		`Unable to get the status from the local CRD with the error : {Error : Retry for given duration didn't get any results with err {status not populated}}`,
		`Failed to pull image "scaksextension.azurecr.io/prod/image/sc-operator:20250417.1": rpc error: code = NotFound: not found`,
		`Failed to pull image "scaksextension.azurecr.io/prod/image/sc-operator:20251013.1": failed to authorize: 401 Unauthorized`,
		`(ExtensionOperationFailed) The extension operation failed with the following error: Error: [ InnerError: [{pod}]] occurred while doing the operation : [Create] on the config`,
		`Only one auth info is needed`,
		`Auth info argument should be provided when updating the connection: {pod}`,
		`The source resource ID is invalid: {pod}`,
		`Provision failed, please create the target resource manually and then create the connection`,
		`Error: Access denied: 'write' operation is not allowed on aks-managed-{ns}`,
	)
	setup := sample{
		text:  `failed to setup Helm client failed to do request: Head "https://{fqdn}/v2/": dial tcp {ip}:443: i/o timeout`,
		class: Connector, tunnel: No, target: "{ip}:443",
	}
	all = append(all, of(
		NotRunning, `MountVolume.SetUp failed for volume "{pod}" : secret "sc-mydb-secret" not found`,
		`secret "web-from-vault" not found`, `MountVolume.SetUp failed for volume "v" : references non-existent secret key: ca.crt`,
		`secret "sc-mydb-secret" not found`, `Error: secret "{pod}-secret" not found`,
		`couldn't find key AZURE_POSTGRESQL_HOST in Secret {ns}/{pod}`, `references non-existent secret key: ca.crt`,
	)...)
	all = append(all, of(
		Elsewhere, `MountVolume.SetUp failed for volume "kube-api-access-x" : failed to sync configmap cache: timed out waiting for the condition`,
		`Warning  FailedToRetrieveImagePullSecret  Unable to retrieve some image pull secrets ({pod}); attempting to pull the image may not succeed.`,
	)...)
	return append(all, setup)
}

// identitySamples are errors of workload identity in pods, events and logs of apps.
func identitySamples() []sample {
	const entra = `ClientAssertionCredential authentication failed. {"error":"invalid_client","error_description":"`
	all := of(
		Identity,
		`azure.BearerAuthorizer#WithAuthorization: the MSI endpoint is not available. Failed HTTP request to MSI endpoint`,
		`Get "http://169.254.169.254/metadata/identity/oauth2/token?resource=x": context deadline exceeded`,
		`AADSTS1002012: The provided value for scope {pod} is not valid.`,
		`AZURE_CLIENT_ID environment variable is not set`,
		`no token file specified. Check pod configuration or set TokenFilePath in the options`,
		`Bad Request({"error":{"code":"InvalidFederatedIdentityCredentialValue","message":"The combination of issuer and subject must be unique for the application."`,
		entra+`AADSTS70021: No matching federated identity record found for presented assertion. Assertion Issuer: 'https://{fqdn}/'`,
		entra+`AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://oidc.{fqdn}/{pod}'`,
		entra+`AADSTS700212: No matching federated identity record found for presented assertion audience '{pod}'`,
		entra+`AADSTS700213: No matching federated identity record found for presented assertion subject 'system:serviceaccount:{ns}:{pod}'`,
		entra+`AADSTS700016: Application with identifier '{pod}' was not found in the directory`,
		entra+`AADSTS7000272: The signing certificate or key id was not found in the metadata of the issuer`,
		entra+`AADSTS90002: Tenant '{pod}' not found. Check to make sure you have the correct tenant ID`,
		entra+`AADSTS50059: No tenant-identifying information found in either the request or implied by any provided credentials.`,
		entra+`AADSTS7000218: The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`,
		`getting assigned identities for pod {ns}/{pod} in CREATED state failed after 16 attempts, retry duration [5]s. Error: <nil>`,
		entra+`AADSTS90061: Request to External OIDC endpoint failed.`,
		entra+`AADSTS700024: Client assertion is not within its valid time range.`,
		entra+`AADSTS700027: The certificate with identifier used to sign the client assertion is not registered`,
		entra+`AADSTS700222: AAD-issued tokens may not be used for federated identity flows.`,
		entra+`AADSTS500011: The resource principal named {pod} was not found in the tenant`,
		entra+`AADSTS70011: The provided request must include a 'scope' input parameter.`,
		entra+`AADSTS53003: Access has been blocked by Conditional Access policies.`,
		`failed to read service account token: open /var/run/secrets/azure/tokens/azure-identity-token: no such file or directory`,
		`WorkloadIdentityCredential authentication unavailable. The workload options are not fully configured.`,
		`open /var/run/secrets/azure/wi/token/azure-identity-token: permission denied`,
		`ManagedIdentityCredential: {"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId"}`,
		`{"error":"invalid_request","error_description":"Identity not found"}`,
	)
	all = append(all, sample{
		text:  `Get "http://169.254.169.254:80/metadata/instance?api-version=2019-08-15": dial tcp 169.254.169.254:80: connect: connection refused`,
		class: Elsewhere, tunnel: No, target: "169.254.169.254:80",
	})
	denied := func(text string) sample {
		return sample{
			text:  `Error creating: admission webhook "mutation.azure-workload-identity.io" denied the request: ` + text,
			class: Identity, tunnel: No, hook: "mutation.azure-workload-identity.io",
		}
	}
	return append(all, denied(`serviceaccounts "{pod}" not found`), denied(`token expiration 60 is not valid`))
}

// vaultSamples are events of pods whose volumes the Secrets Store CSI Driver cannot mount.
func vaultSamples() []sample {
	const mount = `MountVolume.SetUp failed for volume "secrets" : rpc error: code = Unknown desc = failed to mount secrets store objects for pod {ns}/{pod}, err: rpc error: code = Unknown desc = failed to mount objects, error: `
	unresolved := sample{
		text:  mount + `failed to get objectType:secret: Get "https://vault/secrets/x": dial tcp: lookup vault: no such host`,
		class: KeyVault, tunnel: No, target: "vault",
	}
	podIdentity := sample{
		text:  mount + `failed to get authorizer: Get "http://127.0.0.1:2579/host/token/?resource=https://vault.azure.net": connection refused`,
		class: KeyVault, tunnel: No, target: "127.0.0.1:2579",
	}
	return append(of(
		KeyVault,
		`MountVolume.SetUp failed for volume "{pod}" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name secrets-store.csi.k8s.io not found in the list of registered CSI drivers`,
		`MountVolume.SetUp failed for volume "x" : rpc error: code = Unknown desc = failed to get secretproviderclass {ns}/{pod}, error: secretproviderclasses.secrets-store.csi.x-k8s.io "{pod}" not found`,
		`MountVolume.SetUp failed for volume "x" : rpc error: code = Unknown desc = error connecting to provider "azure": provider not found: provider "azure"`,
		`MountVolume.NewMounter initialization failed for volume "x" : volume mode "Ephemeral" not supported by driver secrets-store.csi.k8s.io (no CSIDriver object)`,
		mount+`keyvaultName is not provided`,
		mount+`failed to yaml unmarshal objects: yaml: line 2: mapping values are not allowed in this context`,
		mount+`only one identity mode can be enabled at a time. Only one of usePodIdentity, useVMManagedIdentity, or clientID can be set`,
		mount+`token for audience api://AzureADTokenExchange not found`,
		mount+`failed to acquire token: {"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId"}`,
		mount+`nmi response failed with status code: 404`,
		mount+`failed to get objectType:secret, objectName:{pod}, objectVersion:: StatusCode=404 -- Original Error: Code="SecretNotFound"`,
		mount+`failed to get objectType:secret: StatusCode=403 Code="Forbidden" Message="Client address is not authorized and caller is not a trusted service." InnerError={"code":"ForbiddenByFirewall"}`,
		mount+`failed to get objectType:secret: StatusCode=403 Code="Forbidden" InnerError={"code":"ForbiddenByRbac"}`,
		mount+`Message="Connection is not an approved private link and caller was ignored because bypass is not set" InnerError={"code":"ForbiddenByConnection"}`,
		mount+`StatusCode=403 Message="The user, group or application does not have secrets get permission on key vault '{pod};location=westeurope'"`,
		mount+`failed to acquire token: {"error":"invalid_request","error_description":"Identity not found"}`,
		mount+`failed to get objectType:secret: context deadline exceeded`,
		mount+`failed to get objectType:secret, objectName:{pod}, objectVersion:: unknown`,
		`FailedToCreateSecret: failed to patch secret {ns}/{pod} with new owners: secrets is forbidden`,
	), unresolved, podIdentity)
}
