package facts

import "github.com/akstools/akstools/internal/fact"

// All returns all facts of connectordoctor. Bundles hold no others.
func All() []fact.Any {
	return []fact.Any{
		Connection,
		Agents, AgentEvents, AgentLogs, NodeTaints, SystemNamespace, ExtensionConfigs, Release,
		Job, JobPods, JobToken, JobEvents, JobLog, JobPolicies,
		Secret, SecretElsewhere, ServiceAccounts, ProviderClasses, CSIDriver,
		Consumers, ConsumersElsewhere, ConsumerPods, ConsumerEvents, ConsumerLogs, LaterConfigs, ClusterDNS, Egress, Enforcement,
		Webhooks, WebhookPods, WebhookPolicies, WebhookScope,
		AzureCluster, AzureConnections, AzureExtension, AzureRegistrations, AzureIdentity, AzureTarget, AzureEgress,
		TargetAddress, TargetNames, TargetAnswer,
	}
}
