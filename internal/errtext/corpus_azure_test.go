package errtext

// commandSamples are refusals of az aks connection, az webapp connection and of Service Connector itself.
func commandSamples() []sample {
	return of(
		Connector,
		`Resource name can only contain letters (A-Z, a-z), numbers (0-9), periods ('.'), and underscores ('_')`,
		`Unsupported source resource id: {pod}. Source id pattern should be: /subscriptions/{subscription}/resourceGroups/x`,
		`Target resource id is invalid: {pod}. Target id pattern should be: /subscriptions/{subscription}`,
		`User name of database (--secret name=) should not be blank`,
		`Provide --mysql-identity-id to set {pod} as AAD administrator.`,
		`az aks connection create storage-blob: error: unrecognized arguments: --system-identity`,
		`The auth type systemAssignedIdentity is not supported for this source`,
		`Secret as auth type is not allowed when local auth is disabled for the specified appconfig, you may use service principal or managed identity.`,
		`(AddonNotEnabled) azureKeyvaultSecretsProvider is not enabled`,
		`Fail to connect sql. ('HYT00', '[HYT00] timed out')`,
		`Registration failed, please manually run command 'az provider register -n Microsoft.ServiceLinker' to register the provider.`,
		`Command execution failed, command is: az ad sp show --id {pod}, error message is: Insufficient privileges`,
		`(UnauthorizedResourceAccess) Your token has no access to the target`,
		`creating Scoped Linker: performing LinkerCreateOrUpdate: servicelinker.ServiceLinkerClient#LinkerCreateOrUpdate: Failure sending request`,
	)
}

// releaseSamples are Helm's own errors.
func releaseSamples() []sample {
	return of(
		Connector,
		`Error: failed pre-install: 1 error occurred: * job shop-migrate failed: DeadlineExceeded`,
		`Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred: * job {pod} failed: BackoffLimitExceeded`,
		`Error: UPGRADE FAILED: post-upgrade hooks failed: warning: Hook post-upgrade x/templates/job.yaml failed: jobs.batch "{pod}" already exists`,
		`Error: INSTALLATION FAILED: failed post-install: 1 error occurred: * timed out waiting`,
		`Error: UPGRADE FAILED: "shop" has no deployed releases`,
		`Error: INSTALLATION FAILED: cannot re-use a name that is still in use`,
		`Error: uninstall: Release not loaded: {pod}: release: not found`,
		`Error: UPGRADE FAILED: values don't meet the specifications of the schema(s) in the following chart(s): web: - replicas: Invalid type`,
		`unable to build kubernetes objects from release manifest: resource kind x: no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"`,
		`Error: UPGRADE FAILED: unable to build kubernetes objects from current release manifest: resource mapping not found for name: "sc-connections" namespace: "" from "": no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"`,
		`Error: UPGRADE FAILED: current release manifest contains removed kubernetes api(s) for this kubernetes version`,
		`Error: INSTALLATION FAILED: chart requires kubeVersion: >=1.30.0-0 which is incompatible with Kubernetes v{ver}`,
		`Error: INSTALLATION FAILED: execution error at (web/templates/x.yaml:3:4): image is required`,
		`Error: UPGRADE FAILED: cannot patch "{pod}" with kind Deployment: Deployment.apps "{pod}" is invalid: spec.selector: Invalid value: field is immutable`,
		`create: failed to create: Secret "sh.helm.release.v1.{pod}.v1" is invalid: data: Too long: must have at most 1048576 bytes`,
		`Error: query: failed to query with labels: secrets is forbidden: User "u" cannot list resource "secrets" in the namespace "{ns}"`,
		`Error: looks like "https://charts.example" is not a valid chart repository or cannot be reached`,
		`Error: UPGRADE FAILED: conflict occurred while applying object {ns}/{pod} apps/v1, Kind=Deployment`,
		`unable to build kubernetes objects from release manifest: error validating "": error validating data: unknown field`,
		`Error: INSTALLATION FAILED: something`,
		`Error: UPGRADE FAILED: release {pod} failed, and has been rolled back due to atomic being set`,
	)
}

// resourceSamples are answers of Azure Resource Manager.
func resourceSamples() []sample {
	return of(
		Elsewhere,
		`"code": "UpdateFailed", "message": "Update failed for this resource, as there is a conflicting operation in progress. Please try after sometime."`,
		`(ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity) Too many Federated Identity Credentials are written concurrently for the managed identity`,
		`The maximum number of federated identity credentials for the identity was reached`,
		`RoleAssignmentExists: The role assignment already exists.`,
		`Code="PrincipalNotFound" Message="Principal {pod} does not exist in the directory 00000000-0000-0000-0000-000000000000."`,
		`(RoleAssignmentLimitExceeded) No more role assignments can be created`,
		`(RoleAssignmentUpdateNotPermitted) Tenant ID, application ID, principal ID, and scope are not allowed to be updated.`,
		`(LinkedAuthorizationFailed) The client has permission to perform action on scope {pod}; however, it does not have permission to perform action(s) on the linked scope(s)`,
		`(DenyAssignmentAuthorizationFailed) The client has permission, however, the access is denied because of the deny assignment`,
		`ERROR: (AuthorizationFailed) The client '{pod}' with object id 'x' is not allowed`,
		`(ResourceNotFound) The Resource 'Microsoft.KeyVault/vaults/{pod}' under resource group 'rg' was not found.`,
		`(SubscriptionNotFound) The subscription '00000000-0000-0000-0000-000000000000' could not be found.`,
		`(InvalidAuthenticationTokenTenant) The access token is from the wrong issuer`,
		`Code="SubscriptionRequestsThrottled" Message="Number of requests for subscription exceeded the limit"`,
		`(NoRegisteredProviderFound) No registered resource provider found for location 'x'`,
		`(VaultAlreadyExists) The vault name '{pod}' is already in use.`,
		`(InvalidTemplateDeployment) The template deployment failed`,
	)
}

// onwardSamples are connections of apps to Azure's services that failed on the way.
func onwardSamples() []sample {
	target := func(text, target string) sample {
		return sample{text: text, class: Elsewhere, tunnel: No, target: target}
	}
	return append(of(
		Elsewhere,
		`getaddrinfo ENOTFOUND shop-{pod}.vault.azure.net`,
		`HTTPSConnectionPool(host='login.microsoftonline.com', port=443): Max retries exceeded: Failed to resolve: Name or service not known`,
		`Retry failed after 4 tries. The SSL connection could not be established: The remote certificate is invalid (login.microsoftonline.com)`,
		`connect ETIMEDOUT shop.documents.azure.com`,
		`HTTPSConnectionPool(host='management.azure.com', port=443): Read timed out: connection reset`,
	), target(`Get "https://shop.blob.core.windows.net/x": dial tcp {ip}:443: i/o timeout`, "{ip}:443"))
}
