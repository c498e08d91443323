// Package checks holds the checks of `kubectl insideout`: one a file, ordered along the path from the pod outwards.
package checks

import "github.com/akstools/akstools/internal/check"

// The hops of the path, from the inside outwards.
const (
	hopPod       = "pod"
	hopApp       = "app"
	hopService   = "service"
	hopPolicy    = "network-policy"
	hopClusterIP = "cluster-ip"

	hopLoadBalancer = "load-balancer"
	hopIngress      = "ingress"
	hopDNS          = "dns"
	hopClient       = "client"
)

// All returns the checks in evaluation order; the first failure is the verdict. To add one: a file, a line here, its fixtures
// in testdata.
func All() []*check.Check {
	return []*check.Check{
		SelectorMatchesPods,
		PodsAreMade,
		PodsFollowTemplate,
		PodsAreScheduled,
		NodesAreReady,
		ImagesArePulled,
		ContainersAreCreated,
		VolumesAreMounted,
		InitContainersComplete,
		ContainersKeepRunning,
		ContainersFitInMemory,
		LivenessProbesPass,
		StartupProbesPass,
		ReadinessProbesPass,
		ReadinessGatesAreTrue,
		PodsAreReady,

		AppListens,
		AppListensOnPodAddress,
		PodAddressIsReached,
		AppAnswers,
		AppSpeaksExpectedProtocol,
		AppAnswersWithoutError,
		CertificateIsCurrent,

		TargetPortIsListenedOn,
		TargetPortNameExists,
		ProtocolMatches,
		EndpointsExist,
		EndpointsMatchPods,

		NetworkPoliciesLetClientIn,

		ClusterIPAnswers,
		NodesReachClusterIP,

		LoadBalancerHasAddress,
		HealthProbesAreAnswered,
		AzureHasLoadBalancerRules,
		AzureProbesReachNodes,
		AzureAllowsClients,
		AzureRoutesReplies,

		IngressLeadsToPort,
		IngressBackendsExist,
		IngressClassIsServed,
		GatewayClassIsAccepted,
		GatewayIsProgrammed,
		RouteIsAttached,
		RouteReferencesResolve,
		IngressIsUncontested,
		TLSSecretExists,
		IngressCertificateFits,
		IngressAnswers,

		ClusterDNSAnswers,
		PublicNameLeadsToAddress,
		IngressHostLeadsToAddress,

		ClientReachesLoadBalancer,
		ClientReachesIngress,
	}
}
