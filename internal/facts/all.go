package facts

// All returns every fact: by it a bundle is read.
func All() []Known {
	return []Known{
		Service, Pods, Slices, Later, Workloads, PodEvents, WorkloadEvents, Logs, Nodes, Answers, Policies, OtherPolicies, ClusterIP, KubeProxy,
		ServiceEvents, HealthProbes, InCluster, ClusterDNS, PublicNames, FromHere,
		Ingresses, IngressRivals, Grants, Controllers, FromIngresses, IngressNames, IngressesFromHere, ControllerLogs, ControllerPassages, AbsentSecrets,
		NodeProbes, Origin, OnwardNames, Onward, OnwardPolicies,
		APIServer, Tunnel, Agents, AgentEvents, AgentPolicies, AgentBudgets, ClusterNodes, LogTries, Entries, AgentSides, KubeletSides, Arrivals,
		Webhooks, DryRuns, AggregatedAPIs,
	}
}
