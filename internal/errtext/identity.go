package errtext

// identityRules are errors of workload identity: of its webhook, of Entra ID and of the Azure libraries in apps.
func identityRules() []rule {
	const entra = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
	const workload = "https://azure.github.io/azure-workload-identity/docs/troubleshooting.html"
	row := func(source, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: Identity, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	doctor := "kubectl connectordoctor"
	credentials := "az identity federated-credential list -g GROUP --identity-name IDENTITY"
	issuer := "az aks show -g GROUP -n CLUSTER --query oidcIssuerProfile.issuerUrl -o tsv"
	mutate := "mutation.azure-workload-identity.io … "
	return []rule{
		row(workload, "The webhook of workload identity refuses the pod: its ServiceAccount does not exist in the pod's namespace.",
			[]string{"the pod runs in another namespace than that of the connection", "serviceAccountName is misspelled"},
			[]string{doctor, "kubectl get serviceaccounts -n NAMESPACE"},
			mutate+"serviceaccounts … not found"),
		row(workload, "The webhook of workload identity refuses the pod: the lifetime of the token is not between 3600 and 86400 seconds.",
			[]string{"the annotation azure.workload.identity/service-account-token-expiration has another value"},
			[]string{"kubectl get serviceaccount NAME -n NAMESPACE -o yaml"},
			mutate+"token expiration"),
		row(entra, "The issuer in the token is not that of any federated credential of the identity.",
			[]string{
				"the issuer URL differs, often only by the slash at its end", "the token is of another cluster, or the cluster was created again",
				"the client ID is that of another identity",
			},
			[]string{credentials, issuer, "compare both byte for byte"},
			"AADSTS700211"),
		row(entra, "The audience in the token is not that of the federated credential.",
			[]string{
				"the app sends the default token of its ServiceAccount, not the projected one",
				"the credential has another audience than api://AzureADTokenExchange",
			},
			[]string{credentials, doctor},
			"AADSTS700212"),
		row(entra, "The subject in the token is not that of any federated credential of the identity.",
			[]string{
				"the pod uses another ServiceAccount or runs in another namespace than the credential names",
				"upper and lower case differ: the comparison is exact",
			},
			[]string{credentials, "compare with system:serviceaccount:NAMESPACE:SERVICEACCOUNT", doctor},
			"AADSTS700213"),
		row(entra, "No federated credential of the identity fits the token: its issuer, subject or audience differs.",
			[]string{
				"the issuer URL lacks the slash at its end", "namespace or ServiceAccount differ from the subject",
				"the credential was created seconds ago",
			},
			[]string{credentials, issuer, doctor},
			"AADSTS70021:", "AADSTS70021 ", "No matching federated identity record found"),
		row("https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
			"The identity has a federated credential with this issuer and subject already: each pair is allowed once.",
			[]string{"it was made by an earlier connection or by hand, under another name"},
			[]string{credentials + ", then use that credential, or delete it before you create another"},
			"combination of issuer and subject must be unique", "Issuer and subject combination already exists"),
		row(entra, "Entra ID does not know the application in this tenant.",
			[]string{
				"the client ID or tenant is wrong",
				"the identity was deleted and created again: it has a new client ID, and the ServiceAccount names the old one",
			},
			[]string{"az identity show -g GROUP -n IDENTITY --query '{client:clientId,tenant:tenantId}'", doctor},
			"AADSTS700016"),
		row(entra, "Entra ID does not find the key that signed the token among those of the issuer.",
			[]string{
				"the issuer is new: Entra ID keeps its metadata for up to 30 minutes", "the signing key was rotated, and the pod has an old token",
				"the cluster was created again under the same name",
			},
			[]string{"wait 30 minutes", "restart the pod", issuer},
			"AADSTS7000272", "AADSTS5000272"),
		row(entra, "Entra ID could not reach the cluster's issuer URL.",
			[]string{"the issuer is not public, or not reachable at this moment"}, []string{issuer, "az aks update -g GROUP -n CLUSTER"},
			"AADSTS90061", "AADSTS900610"),
		row(entra, "The token that the app sends is not valid at this time.",
			[]string{"the app read the token's file once and keeps an expired token", "the node's clock is wrong"},
			[]string{"update the Azure library of the app, which reads the file again", "restart the pod"},
			"AADSTS700024"),
		row(entra, "The signature of the token that the app sends is not valid.",
			[]string{"it is not a token of a ServiceAccount", "the certificate of a service principal does not match"},
			[]string{doctor},
			"AADSTS700027"),
		row(entra, "Entra ID does not accept a token that it issued itself as the proof of an identity.",
			[]string{"the app exchanges a token of Entra ID in place of that of its ServiceAccount"},
			[]string{"read the token from the file in AZURE_FEDERATED_TOKEN_FILE"},
			"AADSTS700222", "AADSTS700223"),
		row(entra, "The service for which a token is requested does not exist in the tenant.",
			[]string{"the scope is wrong", "the tenant is not that of the target"}, []string{"use the scope RESOURCE/.default"},
			"AADSTS500011", "AADSTS50011"),
		row(entra, "The scope of the token request is not valid.",
			[]string{"it must be the URL of the service and /.default"}, []string{"use the scope RESOURCE/.default"},
			"AADSTS70011", "AADSTS1002012"),
		row(entra, "A Conditional Access policy for workload identities blocks the sign-in.",
			[]string{"the policy allows other addresses than the cluster's outbound ones"},
			[]string{"ask the tenant's administrator for the policy's name"},
			"AADSTS53003"),
		row(workload, "The app found no token: the webhook of workload identity injected nothing into its pod.",
			[]string{
				"the label azure.workload.identity/use: \"true\" is not on the pod template",
				"the pod is older than the webhook, or the webhook is not installed",
				"the container is one that the webhook is told to skip",
			},
			[]string{doctor},
			"failed to read service account token", "failed to read the service account token", "AZURE_FEDERATED_TOKEN_FILE … not",
			"AZURE_CLIENT_ID environment variable is not set", "no token file specified. Check pod configuration",
			"WorkloadIdentityCredential authentication unavailable",
			"no client ID specified. Check pod configuration", "azure-identity-token: no such file"),
		row(workload, "The app has no permission to read the token's file.",
			[]string{"it runs as a user other than root, and the pod has no fsGroup"}, []string{"set securityContext.fsGroup in the pod template"},
			"azure-identity-token: permission denied"),
		row("https://learn.microsoft.com/azure/aks/imds-restriction",
			"The node's instance metadata service (IMDS) did not answer the request for a token of a managed identity.",
			[]string{
				"a NetworkPolicy or a rule of a CNI plugin blocks 169.254.169.254 for pods", "the cluster restricts IMDS for pods",
				"rests of aad-pod-identity on the node take the requests",
			},
			[]string{
				"with workload identity, label the pod template azure.workload.identity/use: \"true\": then IMDS is not asked",
				"kubectl get networkpolicies -n NAMESPACE", doctor,
			},
			"MSI endpoint is not available", "169.254.169.254/metadata/identity … deadline exceeded",
			"169.254.169.254/metadata/identity … connection refused", "169.254.169.254/metadata/identity … timeout"),
		row(workload, "The app asked the node's metadata service for a token, not its own identity: workload identity is not used.",
			[]string{
				"the pod has no injected token, and the library falls back to the identities of the node",
				"the client ID is that of an identity which the nodes do not have",
			},
			[]string{doctor},
			"Multiple user assigned identities exist", "Identity not found", "ManagedIdentityCredential authentication unavailable"),
	}
}
