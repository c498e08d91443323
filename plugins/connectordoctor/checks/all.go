// Package checks holds the checks of `kubectl connectordoctor`, one a file. Their order is that in which causes are reported: from Azure
// and the agents that install the extension to the identity of the pods that use a connection.
package checks

import "github.com/akstools/akstools/internal/check"

// The hops, in evaluation order.
const (
	hopAzure     = "azure"
	hopExtension = "extension"
	hopJob       = "job"
	hopResources = "resources"
	hopConsumers = "consumers"
	hopIdentity  = "identity"
	hopTarget    = "target"
	hopTrial     = "connecting"
	hopPods      = "pods"
)

// All returns the checks of a connection in evaluation order: the first that fails is the verdict. To add one, add a file, a line here
// and its fixtures in testdata.
func All() []*check.Check { return append(upToTarget(), PodsRun, LogsShowNoError) }

// upToTarget returns the checks of a connection but for the last hop, before which `validate` tries the target.
func upToTarget() []*check.Check {
	return append(
		Cluster(),

		SecretExists,
		SecretHasKeys,
		SecretNameIsUnique,
		ServiceAccountsAreAnnotated,
		ProviderClassesAreComplete,
		CSIDriverRuns,

		ConsumersAreInNamespace,
		KeysExist,
		KeysAreVariableNames,
		SecretsAreMounted,
		FilesAreReadable,
		ReferencesComeLater,
		LaterSourcesKeepKeys,
		MountedFilesExist,
		ReferencesAreDefined,
		PodsAreUpdated,
		ValuesAreCurrent,

		WebhookIsInstalled,
		WebhookRuns,
		PodsAreLabelled,
		PodsUseServiceAccount,
		PodsAreCreated,
		TokenIsInjected,
		ClientIDIsCurrent,
		TokenFileIsForEntra,
		TokenIsTried,
		IdentityExists,
		CredentialMatches,

		ClusterDNSRuns,
		NamesAreNotPinned,
		PoliciesAllowEgress,
		TargetExists,
		RoleIsAssigned,
		VaultPolicyAllowsGet,
		DataAccessIsGranted,
		TargetAllowsCluster,
		TargetAcceptsSignIn,
	)
}

// Cluster returns the checks of what all connections share: the extension of Service Connector and its Job.
func Cluster() []*check.Check {
	return []*check.Check{
		ProvidersAreRegistered,
		ClusterIsReady,
		ConnectionIsInAzure,
		IdentityIsEnabled,
		VaultProviderIsEnabled,
		ExtensionIsInAzure,

		AgentsAreInstalled,
		AgentsAreScheduled,
		AgentsStart,
		AgentsKeepRunning,
		AgentsAreReady,
		ExtensionIsConfigured,

		JobCreatesPods,
		JobIsScheduled,
		JobImageIsPulled,
		JobStarts,
		PoliciesAllowJob,
		JobSucceeds,
		ReleaseIsDeployed,
		ExtensionSucceeds,
		ExtensionSucceedsInAzure,
		ConnectionSucceedsInAzure,
	}
}
