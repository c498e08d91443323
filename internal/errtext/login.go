package errtext

// loginRules are clients that cannot log in, or do not know where: nothing was sent to the API server.
func loginRules() []rule {
	row := func(meaning string, causes, next []string, when ...string) rule {
		return rule{
			when: when, class: ClientCannotConnect, cause: CauseCredentials, tunnel: No, meaning: meaning, causes: causes, next: next,
			source: kubelogin,
		}
	}
	config := row("The kubeconfig is missing or names no such cluster or context: this client does not know which API server to ask.",
		[]string{"KUBECONFIG points to another file, or the job has no kubeconfig", "the context was renamed or deleted"},
		[]string{"kubectl config get-contexts", "az aks get-credentials -g GROUP -n CLUSTER"},
		"no configuration has been provided", "context … does not exist", "current-context is not set", "no context exists with the name",
		"error loading config file", "Invalid kube-config", "Missing or incomplete configuration info")
	config.cause = CauseConfig
	config.source = "https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/"
	misunderstood := row(
		"The credential plugin does not know a flag or command that the kubeconfig gives it. Nothing was sent to the API server.",
		[]string{
			"another program of that name comes first in the PATH: kubelogin is Azure's and also that of int128 for OIDC",
			"the plugin is an old version",
		},
		[]string{
			"kubelogin --version",
			"az aks install-cli",
			"kubectl config view --minify",
		},
		"getting credentials: exec",
		"exec: executable",
	)
	misunderstood.and = []string{
		"unknown flag:", "unknown shorthand flag", "flag provided but not defined", "unknown command", "unrecognized arguments", "Invalid choice",
		"No such option", "is misspelled or not recognized by the system",
	}
	alone := misunderstood // the line of the plugin itself
	alone.and = nil
	alone.when = []string{"unknown flag: --server-id", "unknown command get-token for kubelogin"}
	option := row("The kubectl that az starts does not know a flag that az gives it: it is too old. Nothing was sent.",
		[]string{"another, older kubectl comes first in the PATH"}, []string{"kubectl version --client", "az aks install-cli"},
		"unknown flag: --address")
	option.source = "https://kubernetes.io/releases/version-skew-policy/"
	missing := row("The credential plugin that the kubeconfig names cannot be started. Nothing was sent to the API server.",
		[]string{
			"it is not installed, or not in the PATH of this program: a desktop app and a pipeline have another PATH than the shell",
			"it is built for another system or processor",
		},
		[]string{"az aks install-cli", "kubectl config view --minify"},
		"exec: executable … not found", "credential plugin that is not installed", "getting credentials: exec: fork/exec",
		"getting credentials: exec: … executable file not found")
	missing.not = []string{"failed with exit code"}
	missing.source, misunderstood.source, alone.source = execPlugin, execPlugin, execPlugin
	secret := row("Entra ID does not accept the secret of the application that logs in. The cluster was not asked.",
		[]string{"the secret of a service connection or service principal expired", "the secret's ID was given in place of its value"},
		[]string{"az ad app credential list --id APPLICATION", "renew the secret of the service connection, or use workload identity federation"},
		"AADSTS7000215:", "AADSTS7000222:", "Invalid client secret provided")
	secret.source = "https://learn.microsoft.com/entra/identity-platform/reference-error-codes"
	convert := row("az wrote the kubeconfig and could not start kubelogin to convert it. Nothing was sent to the API server.",
		[]string{"kubelogin is not installed, or az does not find it"},
		[]string{"az aks install-cli", "kubelogin convert-kubeconfig -l azurecli"},
		"Error running kubelogin")
	device := row("Conditional Access does not let this device log in: it must be managed or compliant. The API server was not asked.",
		[]string{"a login with a device code cannot prove which device it is for", "the device is not enrolled, or not compliant"},
		[]string{"kubelogin convert-kubeconfig -l azurecli", "log in on the device itself: -l interactive"},
		"requires the device requesting access", "AADSTS53000:", "AADSTS53001:", "AADSTS50097:")
	device.source = "https://learn.microsoft.com/entra/identity/conditional-access/policy-all-users-device-compliance"
	files := config
	files.meaning = "The kubeconfig names a certificate or key that this client cannot read. Nothing was sent to the API server."
	files.causes = []string{
		"the kubeconfig was copied from another computer without the files that it names", "a file or an entry was cut off when it was copied",
	}
	files.next = []string{"kubectl config view --minify --flatten", "az aks get-credentials -g GROUP -n CLUSTER"}
	files.when = []string{
		"unable to read client-cert", "unable to read client-key", "unable to read certificate-authority", "unable to load root certificates",
	}
	return []rule{
		alone,
		row("This kubeconfig logs in by a credential plugin that was removed from kubectl.",
			[]string{"the kubeconfig is from before kubelogin"},
			[]string{"kubelogin convert-kubeconfig -l azurecli", "az aks get-credentials -g GROUP -n CLUSTER"},
			"auth plugin has been removed", "auth plugin is deprecated", "no Auth Provider found for name"),
		row("The credential plugin of this kubeconfig and this kubectl do not fit together.",
			[]string{"kubelogin, aws or gke-gcloud-auth-plugin is too old or too new"},
			[]string{"az aks install-cli", "kubelogin convert-kubeconfig -l azurecli"},
			"exec plugin: invalid apiVersion", "exec plugin is configured to use API version", "exec plugin cannot support"),
		option, misunderstood, convert, missing, secret, device,
		row("kubectl got no credentials: the login by kubelogin was not completed. Nothing was sent to the API server.",
			[]string{
				"the login expired, or the code was not entered in time", "az is not signed in, or is in another tenant",
				"Conditional Access denies this way to log in",
				"the kubelogin in the PATH is another program or an old version, if it complains of a flag",
			},
			[]string{"az login", "kubelogin remove-tokens", "kubelogin convert-kubeconfig -l azurecli"},
			"DeviceCodeCredential", "AzureCLICredential", "InteractiveBrowserCredential", "failed to get token", "failed to authenticate:",
			"unable to get token", "exec: executable kubelogin", "adal/", "device code authentication", "acquiring a new fresh token"),
		config, files,
		{
			when: []string{
				"cluster unreachable: the server has asked for the client to provide credentials", "cluster unreachable: Unauthorized",
				"server API group list: the server has asked for the client to provide credentials", "server API group list: Unauthorized",
			},
			class: Unauthorized, tunnel: No,
			meaning: "The API server rejects this client's credentials: it was reached.",
			causes: []string{
				"the token expired while the tool ran, or when its state was written", "the identity of the pipeline has no access to the cluster",
			},
			next: []string{
				"az login",
				"az aks get-credentials -g GROUP -n CLUSTER",
				"let the tool get a new token on each run",
			}, source: apiErrors,
		},
		{
			when: []string{"Unable to authenticate the request"}, class: Unauthorized, tunnel: No,
			meaning: "The API server's log: it rejects the credential of a client, such as an expired client certificate or token.",
			causes:  []string{"the client certificate of a kubeconfig or a component expired", "a clock is wrong"},
			next: []string{
				"az aks get-credentials -g GROUP -n CLUSTER", "az aks rotate-certs -g GROUP -n CLUSTER, if the cluster's own certificates expired",
			},
			source: apiErrors,
		},
		{
			when: []string{"does not have authorization to perform action"}, class: Forbidden, tunnel: No,
			meaning: "Azure answered: this user may not do that in Azure. The cluster was not asked.",
			causes: []string{
				"a role assignment is missing, such as Azure Kubernetes Service Cluster User Role", "the role was assigned a moment ago: sign in again",
			},
			next:   []string{"az role assignment list --assignee USER --scope RESOURCE-ID --include-inherited", "az account show"},
			source: "https://learn.microsoft.com/azure/aks/control-kubeconfig-access",
		},
	}
}
