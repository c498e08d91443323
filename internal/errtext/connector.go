package errtext

// connectorRules are errors of Service Connector on AKS: of its extension, of the agents and Helm that install it, and of az.
func connectorRules() []rule {
	row := func(meaning, source string, causes, next []string, when ...string) rule {
		return rule{when: when, class: Connector, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	doctor := "kubectl connectordoctor"
	show := "az k8s-extension show -g GROUP -c CLUSTER -t managedClusters -n sc-extension"
	operator := "kubectl logs -n kube-system deploy/extension-operator"
	agent := "kubectl logs -n kube-system deploy/extension-agent"
	closed := row("The image of Service Connector's Job is in a registry that was closed: the extension is an old version.",
		"https://github.com/Azure/AKS/issues/5493",
		[]string{"sc-extension 0.1.0 names scaksextension.azurecr.io; nodes that have the image run it, new nodes cannot pull it"},
		[]string{
			"az k8s-extension update -g GROUP -c CLUSTER -t managedClusters -n sc-extension --auto-upgrade-minor-version true", doctor,
		},
		"scaksextension.azurecr.io … not found", "scaksextension.azurecr.io … 401 Unauth",
		"scaksextension.azurecr.io … status code 401", "scaksextension.azurecr.io … unauthorized",
		"scaksextension.azurecr.io … pull")
	policy := row("An Azure Policy forbids what Service Connector creates.",
		"https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-policy-requestdisallowedbypolicy",
		[]string{"a policy assignment with the effect deny: the message names it"},
		[]string{"exempt the extension or the linker in the assignment", "az policy assignment list --scope SCOPE"},
		"was disallowed by policy")
	policy.and = []string{"Policy identifiers", "KubernetesConfiguration", "ServiceLinker"}
	gone := row("The registry has no such version of the extension's chart.", scTrouble,
		[]string{
			"the version was withdrawn, or was never published for this release train or cloud", "the extension is pinned to an old version",
		},
		[]string{
			"az k8s-extension extension-types list-versions-by-cluster --help",
			"az k8s-extension update -g GROUP -c CLUSTER -t managedClusters -n EXTENSION --auto-upgrade-minor-version true", doctor,
		},
		"failed to setup Helm client … not found", "Unable to pull helm chart … not found", "Unable to download the Helm chart … not found")
	installer := row("The ServiceAccount that installs the extension lacks a permission in the cluster.", scTrouble,
		[]string{
			"its ClusterRole or ClusterRoleBinding was changed or removed",
			"the chart needs permissions that this version of the agents does not grant",
		},
		[]string{
			"kubectl auth can-i VERB RESOURCE --as system:serviceaccount:NAMESPACE:NAME, with what the message names",
			"kubectl get clusterrolebindings -o wide | grep NAME", show,
		},
		"ExtensionOperationFailed … is forbidden: User \"system:serviceaccount:")
	return []rule{
		closed, policy, gone, installer,
		row("The extension agents in the cluster have not acted on what Azure sent: the status of the extension is empty.", scTrouble,
			[]string{
				"extension-operator does not run", "the identity of the agents gets no token: aad-pod-identity takes their requests",
				"the agents do not reach dp.kubernetesconfiguration.azure.com of the region",
			},
			[]string{doctor, operator, agent},
			"status not populated", "Unable to get the status from the local CRD"),
		row("Azure refuses the extension agents: it does not accept their identity when they request their configuration.", scTrouble,
			[]string{
				"the identity of the agents was replaced or lost its rights, as after a change of the cluster's identity",
				"a token of another identity was sent: aad-pod-identity or a proxy answers their requests for tokens",
			},
			[]string{agent, "kubectl rollout restart -n kube-system deploy/extension-agent deploy/extension-operator", doctor},
			"GET configurations returned response code {401}", "GET configurations returned response code {403}",
			"configurations returned response code 401", "configurations returned response code 403"),
		row("Azure got no response from the extension agents in the cluster.", scTrouble,
			[]string{
				"extension-agent or extension-operator does not run: no node takes them, or their images cannot be pulled",
				"a firewall does not allow dp.kubernetesconfiguration.azure.com of the region, login.microsoftonline.com or mcr.microsoft.com",
			},
			[]string{doctor, "kubectl get pods -n kube-system | grep extension-", agent},
			"Unable to get a response from the agent in time", "Unable to get response from the Agent in time"),
		row("No node takes the extension's pods: all node pools have the taint CriticalAddonsOnly.", scTrouble,
			[]string{"the cluster has system node pools only, and these are tainted"},
			[]string{"az aks nodepool add -g GROUP --cluster-name CLUSTER -n user1 --mode User", doctor},
			"can't be scheduled if all the node pools in the cluster are CriticalAddonsOnly", "node pools … CriticalAddonsOnly tainted"),
		row("extension-operator could not download the Helm chart of the extension.", scTrouble,
			[]string{
				"a firewall does not allow mcr.microsoft.com and *.data.mcr.microsoft.com from the nodes",
				"the nodes cannot resolve the registry's name",
			},
			[]string{"kubectl tunneldoctor --egress", operator},
			"Unable to download the Helm chart", "failed to setup Helm client", "Unable to pull helm chart"),
		row("Helm rendered the extension's chart and it failed with the values that Azure sent.", scTrouble,
			[]string{"the extension is too old for what Service Connector sends", "a defect of the chart"},
			[]string{"az k8s-extension update -g GROUP -c CLUSTER -t managedClusters -n sc-extension --auto-upgrade-minor-version true", show},
			"Helm chart rendering failed"),
		row("An object that Helm is to create exists already, and Helm did not create it.", scTrouble,
			[]string{
				"it is left from a connection that was deleted: Service Connector does not remove Secrets and ServiceAccounts",
				"someone created it by the same name",
			},
			[]string{
				"kubectl connectordoctor list -A, to see what uses it", "delete it if nothing does, then repeat the operation",
			},
			"rendered manifests contain a resource that already exists", "exists and cannot be imported into the current release",
			"invalid ownership metadata", "Resource already exists in your cluster"),
		row("Helm refuses an operation on the extension because another one seems to be in progress.", scTrouble,
			[]string{
				"another connection is being created or deleted at this moment",
				"an operation was interrupted, such as by a restart of extension-operator, and its record stayed",
			},
			[]string{"wait 10 minutes and try again", doctor},
			"another operation (install/upgrade/rollback) is in progress", "Operation is already in progress for Helm",
			"another operation … is in progress … helm"),
		row("Helm waited for the extension's Job or pods and gave up.", scTrouble,
			[]string{
				"the pod of Job sc-system/sc-job fails, waits for a node or for its image, or is rejected by a policy or quota",
			},
			[]string{doctor, "kubectl describe job sc-job -n sc-system", "kubectl logs -n sc-system job/sc-job"},
			"Timed out waiting for resource readiness", "Timed out waiting for the resource to come to a ready", "job sc-job failed"),
		row("Azure finds no version of the extension for the given values.", scTrouble,
			[]string{"the release train or version does not exist in the region", "automatic upgrades and a version were both given"},
			[]string{show, "az k8s-extension extension-types list-versions-by-cluster --help"},
			"Failed to resolve the extension version from the given values", "ExtensionTypeNotFound",
			"ExtensionTypeRegistrationGetFailed", "extension type … is not found", "extension type … not registered"),
		row("A resource provider is not registered in a subscription.",
			"https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider",
			[]string{
				"Microsoft.ServiceLinker or Microsoft.KubernetesConfiguration is not registered in the cluster's subscription",
				"the target's subscription lacks the registration: both subscriptions need it",
			},
			[]string{
				"az provider register -n Microsoft.ServiceLinker --subscription ID",
				"az provider register -n Microsoft.KubernetesConfiguration --subscription ID",
			},
			"is not registered to use namespace", "SubscriptionNotRegistered", "MissingSubscriptionRegistration"),
		row("Azure refuses the operation because of a conflict, and does not say with what.",
			"https://github.com/Azure/azure-cli/issues/30296",
			[]string{
				"the cluster is being updated, or its last update failed", "another connection of the cluster is being changed",
				"Microsoft.KubernetesConfiguration is not registered in the cluster's subscription",
			},
			[]string{
				"az aks show -g GROUP -n CLUSTER --query provisioningState",
				"az provider show -n Microsoft.KubernetesConfiguration --query registrationState",
				show,
			},
			"Operation returned an invalid status Conflict", "Operation returned an invalid status code: Conflict",
			"Operation returned an invalid status code 'Conflict'"),
		row("Service Connector acts with your permissions, and one at the target or the cluster is missing.",
			"https://learn.microsoft.com/azure/service-connector/concept-permission",
			[]string{"you have no role at the target's scope that contains the action", "the role was assigned a moment ago"},
			[]string{"az login, if it was assigned lately", "ask for the action at the scope that the message names"},
			"You do not have permission to perform … refresh your credentials", "do not have permission to perform … on the target"),
		row("A lock forbids the change.", "https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources",
			[]string{"a lock of kind ReadOnly or CanNotDelete on the cluster, the target or their resource groups"},
			[]string{"az lock list -g GROUP"},
			"following scope(s) are locked"),
		row("The extension belongs to AKS, which changes it itself.", "https://learn.microsoft.com/azure/aks/cluster-extensions",
			[]string{"its name begins with aks-managed-"}, []string{"use the command of az aks for that feature"},
			"Access denied: write operation is not allowed"),
		row("Azure gives the error of an extension's operation; the innermost part of the message is Helm's own.", scTrouble,
			[]string{
				"a hook of the chart fails: in Service Connector's, the Job sc-job", "the chart or an image cannot be pulled",
				"a policy denies what the chart creates",
				"it is another extension than Service Connector's, if the message names the release or the link of another",
			},
			[]string{doctor, show},
			"ExtensionOperationFailed", "ExtensionCreationFailed", "The extension operation failed with the following error"),
		row("The command line refuses the parameters of the connection. Nothing was changed.",
			"https://learn.microsoft.com/azure/service-connector/how-to-troubleshoot-front-end-error",
			[]string{
				"see the message: authentication is given twice or not at all, or an ID is wrong",
				"the target's ID ends at a server or account: for a database it must name that too, as in .../databases/NAME",
			},
			[]string{"az aks connection create --help"},
			"TargetTypeNotSupported", "Target resource type … is not supported",
			"Only one auth info is needed", "Auth info argument should be provided", "The source resource ID is invalid",
			"Target resource ID is invalid",
			"Connection ID is invalid", "please create the target resource manually", "Either client type or … is needed"),
	}
}

const scTrouble = "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/extensions/cluster-extension-deployment-errors"
