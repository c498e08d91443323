package facts

import "github.com/akstools/akstools/internal/fact"

// All returns every fact of insideout. A bundle holds no others.
func All() []fact.Any {
	return []fact.Any{
		Service, Pods, OldRevisions, Slices, SliceServices, Recheck, Workloads, PodEvents, WorkloadEvents, Logs, Nodes, NodeTaints,
		Answers, Policies, OtherPolicies, DNSPolicies, ClusterIP, KubeProxy,
		ServiceEvents, HealthProbes, InCluster, ClusterDNS, PublicNames, FromHere, AzureBalancer,
		Ingresses, ConflictingIngresses, Grants, Controllers, FromIngresses, IngressNames, IngressesFromHere, ControllerLogs,
		ControllerPolicies, AbsentSecrets,
		NodeProbes, Origin, OnwardNames, NamedService, Onward, OnwardPolicies, Packets,
	}
}
