// Package checks holds the checks of `kubectl tunneldoctor`, one a file. Their order is that in which causes are reported: from this
// client to the symptoms.
package checks

import "github.com/akstools/akstools/internal/check"

// The hops, in evaluation order.
const (
	hopAPI      = "api"
	hopAgents   = "agents"
	hopEgress   = "egress"
	hopNodes    = "nodes"
	hopFirewall = "firewall"
	hopKubelet  = "kubelet"
	hopNetwork  = "network"
	hopServices = "services"
	hopSymptoms = "symptoms"
	hopCapacity = "capacity"
)

// All returns the checks in evaluation order: the first that fails is the verdict. To add one, add a file, a line here and its
// fixtures in testdata.
func All() []*check.Check {
	return []*check.Check{
		ClusterRuns,
		AuthorizedRangesAllowClient,
		PrivateClusterIsReached,
		APIServerAnswers,

		WebhooksAllowAgents,
		AgentsAreCreated,
		WebhooksAllowPods,
		AgentsAreScheduled,
		AgentsStart,
		AgentsKeepRunning,
		AgentsFitInMemory,
		MachinesRun,
		AuthorizedRangesAllowNodes,
		AzureConnectsNodes,
		AgentNodesAreReady,
		NodesStartPods,
		AgentCertificateIsCurrent,
		AgentCertificateIsAccepted,

		TunnelServerAnswers,
		PoliciesAllowAgentEgress,
		AgentsBypassProxy,
		NodesForwardPackets,
		APINameResolves,
		SecurityGroupsAllowAPI,
		APIRoutesAreOpen,
		SNATPortsSuffice,
		APIPortIsReached,
		TLSIsNotIntercepted,
		ALPNIsKept,
		LongHellosPass,
		AgentsAreConnected,
		AgentsStayConnected,
		RequiredServersAreReached,

		NodesHaveOwnAddresses,
		NodesReport,

		PoliciesAllowAgentsToKubelets,
		UfwAllowsKubeletPort,
		FirewallAllowsKubeletPort,
		FirewallAllowsAgentEgress,
		ConnectionTablesHaveRoom,

		KubeletsKeepRunning,
		KubeletListens,
		KubeletHasServingCertificate,
		KubeletAnswers,
		KubeletsFollowLogs,
		IdleSessionsLast,

		SecurityGroupsAllowKubelets,
		KubeletRoutesAreDirect,
		KubeletPortIsReached,
		BridgesPassRules,
		LargePacketsPass,
		AgentsPassConnectionsOn,

		KubeProxyRuns,
		WebhooksHaveEndpoints,
		ServicesAreReached,
		WebhooksAnswer,
		ConversionWebhooksHaveEndpoints,
		MetricsAPIAnswers,
		AggregatedAPIsAnswer,

		LogsCanBeRead,
		ExecWorks,
		PortForwardWorks,
		TerminalsOpen,

		AgentsAreEnough,
		AgentsAreSpread,
		AgentsCanBeEvicted,
	}
}
