package errtext

// installerRules are errors of the agents that install extensions in a cluster, and of pods whose ServiceAccount is missing.
func installerRules() []rule {
	const account = "https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/"
	row := rowOf(Connector)
	operator := "kubectl logs -n kube-system deploy/extension-operator"
	agent := "kubectl logs -n kube-system deploy/extension-agent"
	return []rule{
		rowOf(NotRunning)(account, "The pod's ServiceAccount does not exist in its namespace, so that the pod is not created or not started.",
			[]string{
				"the pod runs in another namespace than that of the connection, or serviceAccountName is misspelled",
				"the ServiceAccount was deleted, such as with its connection",
			},
			[]string{"kubectl get serviceaccounts -n NAMESPACE", "kubectl connectordoctor"},
			"error looking up service account … not found", "failed to fetch token: serviceaccounts … not found"),
		row(scTrouble, "The extension agents in the cluster get no token for Azure.",
			[]string{
				"the identity of the agents is not assigned to the nodes, or aad-pod-identity takes their requests",
				"a firewall does not allow login.microsoftonline.com",
			},
			[]string{agent, operator, "kubectl connectordoctor"},
			"extension-agent … token", "extension-operator … token", "config-agent … token", "failed to get token from MSI"),
		row(scTrouble, "The extension agents in the cluster do not reach the service that tells them what to install, or are refused by it.",
			[]string{
				"a firewall or proxy does not allow dp.kubernetesconfiguration.azure.com of the region", "the name cannot be resolved",
				"the identity of the agents gets no token",
			},
			[]string{"kubectl tunneldoctor --egress", agent, operator},
			"dp.kubernetesconfiguration.azure.com"),
		row(scTrouble, "An extension of that name or type is installed already, with other settings.",
			[]string{
				"Azure or another person installed it: each type can be installed once in a cluster",
				"the scope or the namespace of a release cannot be changed by an update",
			},
			[]string{"az k8s-extension list -g GROUP -c CLUSTER -t managedClusters -o table", "delete it first, or use its name and namespace"},
			"already exists with a different release namespace", "Extension with name … already exists", "ExtensionAlreadyExists",
			"another extension of type … installed", "Only one instance of extension"),
	}
}
