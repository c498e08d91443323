package errtext

const (
	sdkGo     = "https://github.com/Azure/azure-sdk-for-go/blob/main/sdk/azidentity/TROUBLESHOOTING.md"
	sdkNet    = "https://github.com/Azure/azure-sdk-for-net/blob/main/sdk/identity/Azure.Identity/TROUBLESHOOTING.md"
	sdkJava   = "https://github.com/Azure/azure-sdk-for-java/blob/main/sdk/identity/azure-identity/TROUBLESHOOTING.md"
	sdkJS     = "https://github.com/Azure/azure-sdk-for-js/blob/main/sdk/identity/identity/TROUBLESHOOTING.md"
	sdkPython = "https://github.com/Azure/azure-sdk-for-python/blob/main/sdk/identity/azure-identity/TROUBLESHOOTING.md"
	msalIssue = "https://learn.microsoft.com/entra/msal/dotnet/advanced/exceptions/msal-error-handling"
)

// credentialRules are errors of the libraries by which apps sign in: Azure Identity and MSAL of all languages, and older ones.
func credentialRules() []rule {
	row := rowOf(Identity)
	doctor := "kubectl connectordoctor"
	env := "kubectl exec POD -- printenv | grep AZURE_"
	injected := []string{
		"the label azure.workload.identity/use: \"true\" is not on the pod template, so that the webhook of workload identity injected nothing",
		"the pod is older than the webhook or the label", "the ServiceAccount has no annotation azure.workload.identity/client-id",
	}
	return []rule{
		row(sdkJS, "The app's pod has none, or not all, of the variables of workload identity: client ID, tenant ID and the token's file.",
			injected, []string{env, doctor},
			"WorkloadIdentityCredential: is unavailable", "WorkloadIdentityCredential is unavailable", "WorkloadIdentityCredential unavailable",
			"federatedTokenFilePath are required", "federatedTokenFilePath is a required", "no tenant ID specified. Check pod configuration",
			"Failed to create ClientAssertionCredential", "WorkloadIdentityCredential: authentication unavailable",
			"WorkloadIdentityCredential: open",
			"Environment variable AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID is required", "AZURE_TENANT_ID environment variable is not set",
			"AZURE_AUTHORITY_HOST environment variable is not set", "Could not find AZURE_FEDERATED_TOKEN_FILE"),
		row(sdkPython, "The file that AZURE_FEDERATED_TOKEN_FILE names does not exist in the container, or cannot be read.",
			append([]string{"the variable was set by hand, and the token's volume is not mounted"}, injected...),
			[]string{"kubectl exec POD -- ls -l /var/run/secrets/azure/tokens", doctor},
			"/var/run/secrets/azure/tokens … no such file", "No such file or directory: /var/run/secrets/azure/tokens",
			"Could not find a part of the path … /secrets/azure/", "Could not find file … azure-identity-token",
			"ENOENT … azure-identity-token", "NoSuchFileException … azure-identity-token",
			"Invalid file path provided for federatedTokenFilePath"),
		row(sdkGo, "The app's authority, the address at which it signs in, is empty or does not begin with https.",
			[]string{
				"AZURE_AUTHORITY_HOST is empty: the webhook of workload identity injected nothing, as the pod lacks the label or is older",
				"AZURE_AUTHORITY_HOST was set by hand, without https://",
			},
			[]string{env, "label the pod template azure.workload.identity/use: \"true\"", doctor},
			"Authority does not appear to use https", "did not start with https://", "cannot use an authority host without https",
			"authority must be an https URL", "authorityHost must use https", "authority_uri_insecure",
			"The authority … must be in a well-formed URI format"),
		row(sdkGo, "The library signs in at an address whose metadata names another issuer, and refuses that.",
			[]string{
				"the authority host is of another cloud than the tenant, or an old name of that cloud, such as login.chinacloudapi.cn",
				"a proxy answers in place of Entra ID",
				"a new version of the library checks what an older one accepted: the cluster and its federated credential are not at fault",
			},
			[]string{
				"az cloud show --query endpoints.activeDirectory -o tsv, and set AZURE_AUTHORITY_HOST to it", env,
				"the library's newest version knows more names",
			},
			"issuer from OIDC discovery … does not match authority", "TenantDiscoveryResponse: issuer",
			"issuer validation failed … authority",
			"The issuer … does not match the authority"),
		row(sdkGo, "The library does not accept the address at which it is to sign in: Entra ID does not know it as one of its clouds.",
			[]string{
				"the authority host is misspelled, of another cloud, or of a private cloud", "the tenant ID in it is wrong",
			},
			[]string{env, "az cloud show --query endpoints.activeDirectory -o tsv"},
			"invalid_instance", "instance_discovery_failed", "The authority you provided … is not whitelisted",
			"the authority host is not valid", "endpoints_resolution_error", "Unable to get authority configuration",
			"openid_config_error", "endpoint_resolution_error"),
		row(sdkGo, "The library could not read the metadata of Entra ID before it signs in.",
			[]string{
				"the tenant ID is wrong, or AZURE_TENANT_ID is empty", "a firewall does not allow login.microsoftonline.com from the pod",
			},
			[]string{env, "kubectl exec POD -- curl -sv https://login.microsoftonline.com/TENANT-ID/v2.0/.well-known/openid-configuration"},
			"unable to resolve an endpoint", "Unable to retrieve OpenID configuration", "Unable to get OIDC authority configuration",
			"tenant_discovery_failed", "Unable to obtain configuration from"),
		row(sdkNet, "The app uses a library (AppAuthentication) that is older than workload identity and does not know it.",
			[]string{"Microsoft.Azure.Services.AppAuthentication is deprecated: it only requests tokens of the node's metadata service"},
			[]string{"replace it by Azure.Identity with DefaultAzureCredential or WorkloadIdentityCredential", doctor},
			"AzureServiceTokenProviderException", "Microsoft.Azure.Services.AppAuthentication",
			"Parameters: Connection String: [No connection string"),
		row(sdkGo, "The app uses an old library (ADAL or autorest) that does not know workload identity.",
			[]string{
				"it requests tokens of the node's metadata service (MSI), whose identities are those of the nodes",
				"no credentials are configured for it at all",
			},
			[]string{"update the app to the Azure Identity library of its language", doctor},
			"MSIAuthentication", "AdalError", "adal_error", "azure.common.credentials", "adal: Refresh request failed",
			"BearerAuthorizer#WithAuthorization", "msrestazure",
			"adal: failed to execute the refresh request", "NewAuthorizerFromEnvironment", "failed to get oauth token from certificate auth"),
		row(sdkNet, "The library is too old for workload identity: it has no such credential, or does not know the class.",
			[]string{"Azure.Identity 1.9, azure-identity 1.13 (Python), 1.9 (Java), 3.2 (JS) or azidentity 1.3 (Go) are the first that have it"},
			[]string{"update the Azure Identity library of the app"},
			"cannot import name WorkloadIdentityCredential", "undefined: azidentity.NewWorkloadIdentityCredential",
			"WorkloadIdentityCredential could not be found", "WorkloadIdentityCredential is not a constructor",
			"cannot find symbol … WorkloadIdentityCredential"),
		row(sdkGo, "The identity that the app requests is not assigned to the node, and workload identity is not used.",
			[]string{
				"AZURE_CLIENT_ID or the app's option is the client ID of an identity that only a federated credential connects to the pod",
				"the library tried the metadata service as the pod has no injected token",
			},
			[]string{
				"use WorkloadIdentityCredential or DefaultAzureCredential, and not ManagedIdentityCredential with a client ID", doctor,
			},
			"requested identity isn't assigned to this resource", "requested identity has not been assigned to this resource",
			"No managed identity … assigned", "identity has not been assigned", "No User Assigned or Delegated Managed Identity found",
			"managed_identity_request_failed", "No MSI found for specified ClientId", "User assigned identity … not found"),
		row("https://learn.microsoft.com/azure/aks/imds-restriction",
			"The app did not get a token of a managed identity: the node's metadata service (IMDS) did not answer it, or refused.",
			[]string{
				"the pod should use workload identity, and its webhook injected nothing, so that the library tried the node's identity",
				"the cluster restricts IMDS for pods, or a NetworkPolicy blocks 169.254.169.254",
			},
			[]string{
				"with workload identity, label the pod template azure.workload.identity/use: \"true\": then IMDS is not used", doctor,
			},
			"no response from the IMDS endpoint", "managed identity endpoint was not found", "No managed identity endpoint found",
			"Connection to IMDS endpoint cannot be established", "Attempted to use the IMDS endpoint", "managed_identity_unreachable_network",
			"No response received from the managed identity endpoint", "IMDS token request timed out", "(169.254.169.254:80)",
			"failed to authenticate a system assigned",
			"failed to authenticate a user assigned", "Managed Identity authentication is not available",
			"ManagedIdentityCredential is unavailable", "ManagedIdentityCredential: Authentication failed", "Failed to obtain MSI token",
			"IMDS … request failed", "ManagedIdentityCredential authentication failed"),
		row(sdkGo, "The token of the ServiceAccount is empty, or is not a token.",
			[]string{"the token's file was read while it was written, or a file of another kind is mounted there"},
			[]string{"kubectl exec POD -- cat /var/run/secrets/azure/tokens/azure-identity-token | wc -c", doctor},
			"client_assertion is empty", "No content in the file … azure-identity-token", "client assertion is null or empty",
			"no content on the file"),
		row(sdkPython, "The app has not got the package that signs in, or one that does not fit.",
			[]string{"azure-identity or msal is missing in the image, or of an old version"},
			[]string{"install azure-identity in the image", "update azure-core, azure-identity and msal together"},
			"No module named azure.identity", "No module named msal", "Cannot find module @azure/identity",
			"Could not load file or assembly Azure.Identity", "Could not load file or assembly Microsoft.Identity.Client",
			"NoClassDefFoundError: com/azure/identity", "ClassNotFoundException: com.azure.identity", "NoClassDefFoundError: com/microsoft/aad"),
		row(sdkGo, "The library refuses a token of another tenant than the one that the app signs in to.",
			[]string{"the target is in another tenant, and the credential's option for additional tenants is not set"},
			[]string{"AZURE_TENANT_ID must be the tenant of the identity", "set AdditionallyAllowedTenants in the credential's options"},
			"isn't configured to acquire tokens for tenant", "is not configured to acquire tokens for tenant",
			"not configured to allow acquiring tokens for tenant", "credential is not configured to acquire tokens"),
	}
}

// identityWebhookRules are messages of the proxy and the webhook of workload identity, and of identity bindings.
func identityWebhookRules() []rule {
	row := rowOf(Identity)
	doctor := "kubectl connectordoctor"
	return []rule{
		row(wiTrouble, "The webhook of workload identity cannot add its proxy to a pod that uses the node's network.",
			[]string{"the pod has hostNetwork: true and the annotation azure.workload.identity/inject-proxy-sidecar"},
			[]string{"remove the annotation, and use a library that supports workload identity", "or remove hostNetwork"},
			"cannot inject proxy sidecar", "failed to inject proxy sidecar"),
		row(wiTrouble, "The proxy of workload identity got a request without a client ID or resource, or got no token for it.",
			[]string{"the pod has no variable AZURE_CLIENT_ID: its ServiceAccount lacks the annotation azure.workload.identity/client-id"},
			[]string{"kubectl get serviceaccount NAME -n NAMESPACE -o yaml", "kubectl logs POD -c azwi-proxy", doctor},
			"client_id parameter or AZURE_CLIENT_ID environment variable must be set", "setup: failed to create proxy",
			"The resource parameter is required", "azwi-proxy", "setup: failed to run proxy"),
		row(wiTrouble, "The webhook of workload identity did not start: its certificate, settings or permissions are incomplete.",
			[]string{"AZURE_TENANT_ID is missing in its settings", "its ClusterRole was changed", "its certificate is not created yet"},
			[]string{
				"kubectl get pods -n kube-system -l azure-workload-identity.io/system=true",
				"on AKS: az aks update -g GROUP -n CLUSTER --enable-workload-identity", doctor,
			},
			"entrypoint: unable to set up", "unable to set up pod mutator", "entrypoint: unable to run manager", "certs are not ready yet"),
		row("https://learn.microsoft.com/azure/aks/identity-bindings",
			"An identity binding does not work as it is set up: the exchange of its token in the cluster failed.",
			[]string{
				"the pod lacks the annotation azure.workload.identity/use-identity-binding", "the library is too old for it",
				"the ServiceAccount has no permission to use the identity",
			},
			[]string{"az aks identity-binding list -g GROUP --cluster-name CLUSTER", doctor},
			"identity binding … required", "required for identity binding", "AZURE_KUBERNETES_TOKEN_PROXY", "custom token endpoint",
			"identity binding proxy transport", "useAzureTokenProxy"),
	}
}

// chainRules are what DefaultAzureCredential and its like report of the credentials that they tried: each says little by itself.
func chainRules() []rule {
	row := rowOf(Identity)
	doctor := "kubectl connectordoctor"
	return []rule{
		row(sdkGo, "The app tried several ways to sign in, one after another, and none worked. In a pod, workload identity counts.",
			[]string{
				"the webhook of workload identity injected nothing: the label azure.workload.identity/use: \"true\" is not on the pod template",
				"the library is older than workload identity",
				"workload identity was tried, and Entra ID refused: the message has a line with AADSTS then",
			},
			[]string{"read the line of WorkloadIdentityCredential in the message", "kubectl exec POD -- printenv | grep AZURE_", doctor},
			"DefaultAzureCredential failed to retrieve a token", "DefaultAzureCredential: failed to acquire a token",
			"ChainedTokenCredential authentication failed", "ChainedTokenCredential: failed to acquire a token",
			"failed to retrieve a token from the included credentials", "DefaultAzureCredential authentication", "DefaultAzureCredential:",
			"AggregateAuthenticationError", "Tried … credentials in chain", "CredentialUnavailableError", "CredentialUnavailableException",
			"Attempted credentials:").asGeneral(),
		row(sdkGo, "The app found no user name, secret or certificate in its variables. With workload identity it needs none of them.",
			[]string{
				"it is one of several ways that the library tries, and the next ones count",
				"the app uses EnvironmentCredential alone: AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET are not all set",
			},
			[]string{"kubectl exec POD -- printenv | grep AZURE_", doctor},
			"EnvironmentCredential authentication unavailable", "EnvironmentCredential is unavailable",
			"EnvironmentCredential: missing environment",
			"EnvironmentCredential: incomplete environment", "incomplete environment variable configuration").asGeneral(),
		row(sdkGo, "The library tried the sign-in of a developer (az, azd, PowerShell or an editor), which a container does not have.",
			[]string{
				"it is the last of several ways that the library tries: the ones before it failed",
				"the webhook of workload identity injected nothing into the pod",
			},
			[]string{"read the lines of WorkloadIdentityCredential and ManagedIdentityCredential before it", doctor},
			"Azure CLI not found on path", "Azure CLI not installed", "Azure CLI could not be found", "Azure Developer CLI not found",
			"Azure Developer CLI could not be found", "PowerShell is not installed", "Az.Accounts module is not installed",
			"Please run az login from a command prompt", "VisualStudioCredential", "SharedTokenCacheCredential", "AzurePowerShellCredential",
			"VisualStudioCodeCredential", "IntelliJCredential", "AzureDeveloperCliCredential", "InteractiveBrowserBrokerCredential").
			without("getting credentials", "kubelogin").asGeneral(),
		row(sdkGo, "The app signs in with a secret or certificate of a service principal, and that failed.",
			[]string{"the secret is wrong or expired, or the tenant or client ID is", "Entra ID was not reached"},
			[]string{"read the rest of the message", "az ad app credential list --id CLIENT-ID", doctor},
			"ClientSecretCredential authentication failed", "ClientSecretCredential: unable",
			"ClientCertificateCredential authentication failed",
			"ClientCertificateCredential: unable").without("AADSTS").asGeneral(),
		row(sdkGo, "The app exchanges its token at Entra ID for one of an identity, and that failed.",
			[]string{
				"Entra ID refused it: the message has a line with AADSTS then", "Entra ID was not reached from the pod",
			},
			[]string{"read the rest of the message", doctor},
			"ClientAssertionCredential authentication failed", "WorkloadIdentityCredential authentication failed", "FromAssertion()",
			"failed to create confidential client", "Failed to acquire a token using the client assertion", "FromAssertion(): http call").
			without("AADSTS", "dial tcp", "lookup", "timeout", "timed out").asGeneral(),
	}
}

// signInRest are the names under which libraries report any failure of a sign-in.
func signInRest() []rule {
	row := rowOf(Identity)
	doctor := "kubectl connectordoctor"
	return []rule{
		row(msalIssue, "MSAL, the library by which the app signs in, reports that Entra ID refused, or that it was not reached.",
			[]string{"the number after AADSTS in the message, if any, names the reason", "a firewall or proxy between the pod and Entra ID"},
			[]string{"read the rest of the message", "kubectl exec POD -- curl -sv https://login.microsoftonline.com", doctor},
			"MsalServiceException", "MsalClientException", "MsalUiRequiredException",
			"AuthenticationFailedException", "ClientAuthenticationError", "AuthenticationRequiredError",
			"HTTP response code: 400 for URL: https://login", "HTTP response code: 401 for URL: https://login").
			without("AADSTS", "getting credentials").asGeneral(),
	}
}
