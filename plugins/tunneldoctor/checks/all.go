// Package checks holds what `kubectl tunneldoctor` decides: one check a file, in the order in which causes are blamed, from
// this client to the symptoms.
package checks

import "github.com/akstools/akstools/internal/check"

// The hops, in the order in which they are blamed.
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

// All returns the checks in the order in which they are blamed. To add one: a file, a line here, its fixtures in testdata.
func All() []*check.Check {
	return []*check.Check{
		APIServerAnswers,

		WebhooksAllowAgents,
		AgentsAreCreated,
		AgentsAreScheduled,
		AgentsStart,
		AgentsKeepRunning,
		AgentsFitInMemory,
		AgentNodesAreReady,
		AgentCertificateIsCurrent,
		AgentCertificateIsAccepted,

		TunnelServerAnswers,
		PoliciesAllowAgentEgress,
		APINameResolves,
		APIPortIsReached,
		TLSIsNotIntercepted,
		ALPNIsKept,
		AgentsAreConnected,
		RequiredServersAreReached,

		NodesReport,

		UfwAllowsKubeletPort,
		FirewallAllowsKubeletPort,
		FirewallAllowsAgentEgress,

		KubeletListens,
		KubeletHasServingCertificate,
		KubeletAnswers,

		KubeletPortIsReached,
		LargePacketsPass,

		WebhooksHaveEndpoints,
		WebhooksAnswer,
		MetricsAPIAnswers,
		AggregatedAPIsAnswer,

		LogsCanBeRead,
		ExecWorks,
		PortForwardWorks,

		AgentsAreEnough,
		AgentsAreSpread,
		AgentsCanBeEvicted,
	}
}
