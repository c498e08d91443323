package facts

import "github.com/akstools/akstools/internal/fact"

// All returns all facts of tunneldoctor. Bundles hold no others.
func All() []fact.Any {
	return []fact.Any{
		APIServer, AzureClusterState,
		Tunnel, Agents, AgentEvents, AgentPolicies, AgentBudgets,
		ClusterNodes, KubeProxy, LogAttempts, ExecAttempts, TerminalAttempts, RecentKubeletStarts,
		Webhooks, AggregatedAPIs, CalledServices,
		AgentNodeReports, KubeletNodeReports, KubeletConnectionCounts, NodeConnections, AzureNetwork,
		DryRuns, Backends, EmptyServices, AddressTakers, MetricsServer, NodeMetrics, Conversions,
	}
}
