package errtext

const (
	entraCodes  = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
	entraFed    = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"
	wiTrouble   = "https://azure.github.io/azure-workload-identity/docs/troubleshooting.html"
	entraLookUp = "https://login.microsoftonline.com/error?code=" + codeMark
)

// entraRules are the refusals of Entra ID, by their numbers, that an app in a pod can get. Where a number is the beginning of another
// one, the colon after it belongs to the phrase.
func entraRules() []rule {
	row := rowOf(Identity)
	doctor := "kubectl connectordoctor"
	credentials := "az identity federated-credential list -g GROUP --identity-name IDENTITY"
	identity := "az identity show -g GROUP -n IDENTITY --query '{client:clientId,tenant:tenantId}'"
	return []rule{
		row(entraCodes, "The token that the app sends lives longer than Entra ID accepts: it is not the one for the exchange.",
			[]string{
				"the app sends the default token of its ServiceAccount, which is for the cluster's own API server",
				"the projected token was requested with a lifetime of more than a day",
			},
			[]string{
				"read the token from the file in AZURE_FEDERATED_TOKEN_FILE: its audience is api://AzureADTokenExchange", doctor,
			},
			"AADSTS70023:", "OIDC Provider token must have a lifetime of less than"),
		row(entraFed, "The application or identity has no federated credential at all.",
			[]string{
				"the credential was never created, or was created at another identity or application",
				"the client ID in the pod is that of another identity",
			},
			[]string{credentials, doctor},
			"AADSTS70025:", "has no configured federated identity credentials"),
		row(entraFed, "Entra ID could not read the metadata or the keys at the issuer's URL.",
			[]string{
				"the issuer is not public, answers slowly, or answered with an error for a moment: then a later try succeeds",
				"the issuer's URL is wrong, or its cluster was deleted",
			},
			[]string{
				"az aks show -g GROUP -n CLUSTER --query oidcIssuerProfile.issuerUrl -o tsv",
				"curl ISSUER-URL/.well-known/openid-configuration", "try again: libraries and pods that retry get over a short failure",
			},
			"AADSTS501661:", "Request to External OIDC endpoint failed"),
		row(entraCodes, "The token that the app sends as its proof is not valid: its signature, issuer, audience or lifetime.",
			[]string{
				"the secret or certificate of a service principal is wrong or expired",
				"the token is not one of the cluster's issuer, or has expired",
				"the audience of the token is not Entra ID's",
			},
			[]string{doctor, entraLookUp},
			"AADSTS50012:", "AADSTS50013:", "AADSTS500131:", "AADSTS500133:", "AADSTS50027:", "AADSTS50006:", "AADSTS50048:",
			"AADSTS700021:", "AADSTS700030:", "AADSTS900384:", "AADSTS70002:"),
		row(entraCodes, "Entra ID does not accept the secret of the service principal as which the app signs in.",
			[]string{
				"the secret expired, or was deleted: the Secret in the cluster holds the old one",
				"the secret's ID was given in place of its value",
			},
			[]string{
				"az ad app credential list --id CLIENT-ID", "az ad app credential reset --id CLIENT-ID, then update the connection or the Secret",
				"use workload identity, which needs no secret", doctor,
			},
			"AADSTS7000215:", "AADSTS7000222:").
			with("ClientSecretCredential", "EnvironmentCredential", "Azure.Identity", "azidentity", "external-secrets", "SecretStore"),
		row(entraCodes, "The application is disabled in its tenant, or is not one that the tenant knows.",
			[]string{"an administrator or Microsoft disabled the application or its service principal"},
			[]string{"az ad sp show --id CLIENT-ID --query accountEnabled", "let the tenant's administrator enable it"},
			"AADSTS7000112:", "AADSTS1000031:", "AADSTS70001:"),
		row(entraCodes, "The service for which a token is requested is disabled in the tenant, or the tenant has no subscription of it.",
			[]string{"the service principal of the service is disabled", "the scope is that of another service"},
			[]string{"az ad sp show --id RESOURCE --query accountEnabled", "use the scope RESOURCE/.default"},
			"AADSTS500014:", "AADSTS50001:", "AADSTS650052:", "AADSTS650054:", "AADSTS650057:", "AADSTS5000224:"),
		row(entraCodes, "The application has no service principal in this tenant.",
			[]string{
				"the application belongs to another tenant, and nobody consented to it in this one",
				"only the application was registered, and its service principal (enterprise application) was not created",
			},
			[]string{"az ad sp create --id CLIENT-ID, in the tenant of the target", identity},
			"AADSTS7000229:"),
		row(entraCodes, "The application has no permission to use this service: an administrator must consent, or assign it a role.",
			[]string{
				"nobody consented to the permission that the application requests",
				"the service requires that each application is assigned to it, and this one is not",
			},
			[]string{"az ad app permission admin-consent --id CLIENT-ID", "az ad sp show --id RESOURCE --query appRoleAssignmentRequired"},
			"AADSTS65001:", "AADSTS501051:", "AADSTS65004:", "AADSTS65005:", "AADSTS90094:", "AADSTS90095:", "AADSTS650056:"),
		row(entraCodes, "The sign-in does not fit the application's tenant: it knows one tenant, and the request went to another or to /common.",
			[]string{"the app uses no tenant, common or organizations in place of the tenant's ID", "AZURE_TENANT_ID is wrong"},
			[]string{identity, "use the authority https://login.microsoftonline.com/TENANT-ID"},
			"AADSTS50194:", "AADSTS50128:", "AADSTS90019:", "AADSTS700005:", "AADSTS9002331:", "AADSTS9002332:", "AADSTS9001023:",
			"AADSTS90124:",
			"AADSTS90130:"),
		row(entraCodes, "The address that a browser is to return to is not one that the application has registered.",
			[]string{
				"the redirect URI that the app sends differs: http and https, the port, the path, or a slash at the end",
				"behind a proxy, the app builds the URI with http or an inner host name",
			},
			[]string{
				"az ad app show --id CLIENT-ID --query '[web.redirectUris,spa.redirectUris]'",
				"let the app use X-Forwarded-Proto and X-Forwarded-Host",
			},
			"AADSTS50011:", "AADSTS500111:", "AADSTS500112:", "AADSTS500113:", "AADSTS900971:", "AADSTS70004:"),
		row(entraCodes, "The application is registered as another kind of client than the app behaves as: a public one, or one with a secret.",
			[]string{
				"the app sends a secret or assertion, and the application is registered as public (mobile, desktop or single page)",
				"the app sends none, and the application is registered as confidential",
			},
			[]string{"az ad app show --id CLIENT-ID --query '{public:isFallbackPublicClient,web:web.redirectUris,spa:spa.redirectUris}'"},
			"AADSTS700025:", "AADSTS7000219:", "AADSTS9002326:", "AADSTS9002327:", "AADSTS700054:", "AADSTS70005:"),
		row(entraCodes, "The token request is not in a form that Entra ID understands.",
			[]string{
				"a parameter is missing, empty or given twice: client ID, scope, grant type or assertion",
				"the file with the token is empty, or more than the token was sent",
			},
			[]string{doctor, entraLookUp},
			"AADSTS9002313:", "AADSTS90014:", "AADSTS900144:", "AADSTS90100:",
			"AADSTS90013:", "AADSTS900561:", "AADSTS70003:", "AADSTS90023:", "AADSTS90004:"),
		row(entraCodes, "The account or tenant is of another cloud than the endpoint at which the app signs in.",
			[]string{"AZURE_AUTHORITY_HOST or the app's authority is that of another cloud, such as the public one for a tenant in Azure China"},
			[]string{"az cloud show --query endpoints.activeDirectory -o tsv", "kubectl exec POD -- printenv AZURE_AUTHORITY_HOST"},
			"AADSTS900382:", "AADSTS900432:", "AADSTS900439:", "AADSTS90038:", "AADSTS90051:", "AADSTS50049:", "AADSTS1000104:"),
		row(entraCodes, "The scope of the token request is empty, not valid, or names several services.",
			[]string{"it must be the URL of one service and /.default"}, []string{"use the scope RESOURCE/.default"},
			"AADSTS700022:", "AADSTS700023:", "AADSTS28002:", "AADSTS28003:", "AADSTS901002:"),
		row(entraCodes, "An application of Microsoft, such as az itself, gets no tokens for this service: the service must allow it first.",
			[]string{"az or a tool that uses az's client ID requests a token for an API that has not authorized it"},
			[]string{
				"authorize the client ID in the API's own registration (Expose an API)", "use a managed identity or an application of your own",
			},
			"AADSTS65002:"),
		row(entraCodes, "The app uses a regional endpoint of Entra ID, which serves Microsoft's own applications and managed identities only.",
			[]string{"AZURE_REGIONAL_AUTHORITY_NAME or the library's option for a region is set"},
			[]string{"kubectl exec POD -- printenv AZURE_REGIONAL_AUTHORITY_NAME", "remove the setting"},
			"AADSTS100007:"),
		row(entraCodes, "The client's TLS is too old for Entra ID, which needs TLS 1.2.",
			[]string{"an old runtime, operating system or image, or a setting that limits TLS", "a proxy in between that inspects TLS"},
			[]string{"use a newer image of the runtime", "curl -v https://login.microsoftonline.com, from the pod"},
			"AADSTS1002016:"),
		row(entraCodes, "Entra ID refused the request because it gets too many of them, or had a failure of its own. A later try can succeed.",
			[]string{
				"the app requests a new token for each call and does not keep it", "a failure at Microsoft, which passes",
			},
			[]string{
				"keep one credential object in the app: it caches its tokens", "try again in a minute, and see https://status.azure.com",
			},
			"AADSTS50196:", "AADSTS90033:", "AADSTS90055:", "AADSTS50033:", "AADSTS50000:", "AADSTS90006:", "AADSTS90090:", "AADSTS90091:",
			"AADSTS90024:",
			"AADSTS90012:"),
	}
}

// entraUserRules are the refusals that a person gets who signs in, or a program that uses a person's account.
func entraUserRules() []rule {
	row := rowOf(Identity)
	again := "az login --tenant TENANT-ID --scope https://management.core.windows.net//.default"
	return []rule{
		row(entraCodes, "Entra ID wants a second factor (MFA), which this sign-in did not give.",
			[]string{
				"a policy of the tenant or Azure itself requires MFA for this account, and a program cannot answer it",
				"a pipeline or script signs in with a person's user name and password",
			},
			[]string{again, "for programs: use a managed identity or a service principal, not a person's account"},
			"AADSTS50076:", "AADSTS50079:", "AADSTS50072:", "AADSTS50074:", "AADSTS50078:", "AADSTS50158:", "AADSTS53004:", "AADSTS50125:"),
		row(entraCodes, "A Conditional Access policy, or the tenant's security defaults, blocks the sign-in.",
			[]string{"the policy allows other places, devices, apps or ways to sign in", "the account or the sign-in is rated as risky"},
			[]string{"let the tenant's administrator look up the sign-in by the Correlation ID in the message", entraLookUp},
			"AADSTS53002:", "AADSTS530032:", "AADSTS530034:", "AADSTS530035:", "AADSTS50131:", "AADSTS50005:", "AADSTS53011:",
			"AADSTS50155:", "AADSTS500021:", "AADSTS500022:", "AADSTS50002:", "AADSTS500212:", "AADSTS500213:"),
		row(entraCodes, "The sign-in on which the stored token rests is over: it must be done again.",
			[]string{
				"the refresh token expired, was not used for long, or was revoked, as after a change of the password",
				"the tenant limits how long a sign-in holds",
			},
			[]string{"az logout", again, "for programs: use a managed identity or a service principal"},
			"AADSTS700082:", "AADSTS70043:", "AADSTS50173:", "AADSTS70008:", "AADSTS700084:", "AADSTS700081:", "AADSTS50089:", "AADSTS50132:",
			"AADSTS50133:", "AADSTS50058:", "AADSTS70044:", "AADSTS54005:", "AADSTS70000:"),
		row(entraCodes, "The account that signs in is not a user of this tenant.",
			[]string{
				"the sign-in went to the wrong tenant", "the account is a guest elsewhere, or a personal one", "the user name is misspelled",
			},
			[]string{"az account show --query '{user:user.name,tenant:tenantId}'", "az login --tenant TENANT-ID"},
			"AADSTS50020:", "AADSTS50034:", "AADSTS51004:", "AADSTS90072:", "AADSTS50014:", "AADSTS16000:", "AADSTS16003:", "AADSTS500208:"),
		row(entraCodes, "Entra ID does not accept the user name or password, or the account is locked, disabled or has an expired password.",
			[]string{"the password is wrong or was changed", "the account was disabled, or locked after too many tries"},
			[]string{again, entraLookUp},
			"AADSTS50126:", "AADSTS50053:", "AADSTS50055:", "AADSTS50056:", "AADSTS50057:", "AADSTS50064:", "AADSTS50144:"),
		row(entraCodes, "The sign-in with a device code was not completed: the code was wrong, expired, or not entered yet.",
			[]string{"nobody entered the code in a browser in time", "a program without a person uses this way to sign in"},
			[]string{again, "for programs: use a managed identity or a service principal"},
			"AADSTS70016:", "AADSTS70018:", "AADSTS70019:", "AADSTS90119:", "AADSTS90120:"),
		row(entraCodes, "The application requires that its users are assigned to it, and this one is not.",
			[]string{"neither the user nor one of its groups is assigned to the enterprise application; nested groups do not count"},
			[]string{"assign the user or group to the enterprise application", "az ad sp show --id CLIENT-ID --query appRoleAssignmentRequired"},
			"AADSTS50105:"),
	}
}

// entraRest is any other refusal of Entra ID.
func entraRest() []rule {
	row := rowOf(Identity)
	return []rule{
		row(entraCodes, "Entra ID was reached and refused the sign-in. The number after AADSTS names the reason.",
			[]string{
				"what the app sends does not fit the application or identity: client ID, tenant, token, secret or scope",
				"a policy of the tenant does not allow the sign-in",
			},
			[]string{entraLookUp, "kubectl connectordoctor"},
			"AADSTS").asGeneral(),
	}
}
