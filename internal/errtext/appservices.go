package errtext

// appServiceRules are what App Configuration, Azure AI, AI Search, SignalR and Web PubSub answer.
func appServiceRules() []rule {
	const (
		ai      = "https://learn.microsoft.com/azure/ai-services/openai/how-to/role-based-access-control"
		keys    = "https://learn.microsoft.com/azure/ai-services/disable-local-auth"
		network = "https://learn.microsoft.com/azure/ai-services/cognitive-services-virtual-networks"
		quota   = "https://learn.microsoft.com/azure/ai-services/openai/quotas-limits"
		config  = "https://learn.microsoft.com/azure/azure-app-configuration/concept-enable-rbac"
		local   = "https://learn.microsoft.com/azure/azure-app-configuration/howto-disable-access-key-authentication"
		signalr = "https://learn.microsoft.com/azure/azure-signalr/signalr-howto-troubleshoot-guide"
		search  = "https://learn.microsoft.com/azure/search/search-security-rbac"
	)
	row := rowOf(DataService)
	account := "az cognitiveservices account show -g GROUP -n NAME --query 'properties.[disableLocalAuth,publicNetworkAccess,networkAcls]'"
	store := "az appconfig show -n NAME --query '{keys:disableLocalAuth,public:publicNetworkAccess}'"
	return []rule{
		row(ai, "The Azure AI service knows the identity, which has no role for this.",
			[]string{
				"it has no role with data actions, such as Cognitive Services OpenAI User or Azure AI User", "the role was assigned a moment ago",
			},
			[]string{doctorCommand, "az role assignment list --assignee IDENTITY --scope ACCOUNT-ID --include-inherited"},
			"lacks the required data action"),
		row(keys, "The Azure AI service takes no keys: it allows sign-ins of Entra ID only.",
			[]string{"disableLocalAuth is true, and the connection uses a key"},
			[]string{"make the connection with workload identity", account},
			"AuthenticationTypeDisabled", "Key based authentication is disabled for this resource",
			"Key based authentication is not permitted … cogn"),
		row(ai, "The Azure AI service does not accept the key, or the endpoint is not that of the key.",
			[]string{
				"the key was regenerated, is of another resource, or the endpoint is of another region or resource",
				"the app uses a key of OpenAI itself with Azure, or the other way round",
			},
			[]string{doctorCommand, "az cognitiveservices account keys list -g GROUP -n NAME, to compare", account},
			"invalid subscription key or wrong API endpoint", "Access denied due to invalid subscription key", "Incorrect API key provided"),
		row(ai, "The Azure AI service does not accept the token: the endpoint has no name of its own, or the tenant or scope is another.",
			[]string{
				"the resource is addressed by its region's endpoint: tokens need https://NAME.openai.azure.com or .cognitiveservices.azure.com",
				"the identity's tenant is another", "the scope is not https://cognitiveservices.azure.com/.default",
			},
			[]string{"az cognitiveservices account show -g GROUP -n NAME --query properties.customSubDomainName", doctorCommand},
			"provide a custom subdomain for token authentication", "Token tenant … does not match resource tenant",
			"Token does not match resource tenant", "audience is incorrect (https://cognitiveservices",
			"Unauthorized. Access token is missing, invalid"),
		row(network, "The Azure AI service does not accept requests from the client's address.", closedTo("the resource"),
			[]string{account, egressCommand},
			"Access denied due to Virtual Network/Firewall rules", "Public access is disabled. Please configure private endpoint",
			"public access is disabled … cognitiveservices"),
		row(ai, "The Azure AI service was reached and has no such deployment of a model, or does not know the path or version.",
			[]string{
				"the app gives the model's name where the deployment's name is needed", "the deployment was created seconds ago, or deleted",
				"the endpoint's path or api-version is wrong",
			},
			[]string{"az cognitiveservices account deployment list -g GROUP -n NAME -o table"},
			append(codes("DeploymentNotFound"), "API deployment for this resource does not exist", "OperationNotSupported … model",
				"The api-version … not supported … openai", "unavailable_model", "openai … Resource not found")...),
		row(quota, "The Azure AI service limits the requests: the deployment's rate (tokens or requests a minute) is used up.",
			[]string{"the deployment's capacity is too small", "many pods share it", "the limit of the pricing tier"},
			[]string{"az cognitiveservices usage list -l REGION", "wait as long as the message says, or raise the deployment's capacity"},
			"exceeded call rate limit", "exceeded token rate limit", "rate limit of your current … pricing tier",
			"Rate limit is exceeded. Try again",
			"insufficient_quota"),
		row(config, "App Configuration knows the client, which has no permission for the data.",
			[]string{
				"the identity has no data role: Owner and Contributor do not read settings", "the role was assigned within the last 15 minutes",
				"the store's public access is off, and the request came by the public address", "keys are disabled",
			},
			[]string{
				"az role assignment create --assignee IDENTITY --role 'App Configuration Data Reader' --scope STORE-ID", store, doctorCommand,
			},
			"azconfig.io … Forbidden", "Forbidden … azconfig", "AppConfiguration … Forbidden", "Forbidden … AppConfiguration"),
		row(local, "App Configuration did not accept the key or the token.",
			[]string{
				"access keys are disabled, and a connection string is used", "the key was regenerated, or the clock of the node is wrong",
				"the token is of another tenant than the store",
			},
			[]string{store, doctorCommand},
			"azconfig.io … Unauthorized", "Unauthorized … azconfig", "HMAC-SHA256 … invalid_token", "Invalid Credential … azconfig"),
		row(signalr, "The app is not connected to Azure SignalR Service, so that clients cannot connect either.",
			[]string{
				"the connection string or the identity's role (SignalR App Server) is wrong, or keys are disabled",
				"a firewall or NetworkPolicy blocks NAME.service.signalr.net, or the service's network rules refuse server connections",
			},
			[]string{
				"az signalr show -g GROUP -n NAME --query '{keys:disableLocalAuth,public:publicNetworkAccess,rules:networkACLs}'",
				"az role assignment create --assignee IDENTITY --role 'SignalR App Server' --scope SIGNALR-ID", doctorCommand,
			},
			"Azure SignalR Service is not connected yet", "service.signalr.net … Unauthorized",
			"service.signalr.net … Forbidden", "AzureSignalRUnauthorizedException",
			"AzureSignalRException", "signalr … Local auth is disabled", "AzureSignalRNotConnectedException"),
		row(signalr, "Web PubSub refused the client, or was not reached.",
			[]string{
				"the key is wrong or keys are disabled", "the identity lacks the role Web PubSub Service Owner",
				"its network rules refuse the request",
			},
			[]string{
				"az webpubsub show -g GROUP -n NAME --query '{keys:disableLocalAuth,public:publicNetworkAccess,rules:networkACLs}'", doctorCommand,
			},
			"webpubsub.azure.com … Unauthorized", "webpubsub.azure.com … Forbidden"),
		row(search, "Azure AI Search refused the client.",
			[]string{
				"the service allows keys only, and a token is used, or the other way round",
				"the identity lacks Search Index Data Reader or Contributor",
				"the service's firewall refuses the address",
			},
			[]string{
				"az search service show -g GROUP -n NAME --query '{auth:authOptions,keys:disableLocalAuth,public:publicNetworkAccess}'",
				doctorCommand,
			},
			"search.windows.net … Forbidden", "search.windows.net … Unauthorized"),
	}
}
