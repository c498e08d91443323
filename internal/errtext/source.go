package errtext

// The sources of the table.
const (
	learn   = "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/"
	aks     = "https://learn.microsoft.com/azure/aks/"
	konnect = "https://github.com/kubernetes-sigs/apiserver-network-proxy/blob/v0.36.0/"
	kube    = "https://github.com/kubernetes/kubernetes/blob/v1.37.1/"
	staging = kube + "staging/src/k8s.io/"

	learnTunnel    = learn + "connectivity/tunnel-connectivity-issues"
	learn10250     = learn + "connectivity/tcp-timeouts-dial-tcp-nodeip-10250-io-timeout"
	learnBackend   = learn + "connectivity/error-from-server-error-dialing-backend-dial-tcp"
	learnAPIServer = learn + "connectivity/troubleshoot-cluster-connection-issues-api-server"
	learnRanges    = learn + "connectivity/client-ip-address-cannot-access-api-server"
	learnInvoke    = learn + "connectivity/resolve-az-aks-command-invoke-failures"
	learnOutbound  = learn + "error-codes/vmextensionerror-outboundconnfail"
	learnAPIConn   = learn + "error-codes/vmextensionerror-k8sapiserverconnfail"
	learnAPIDNS    = learn + "error-codes/vmextensionerror-k8sapiserverdnslookupfail"
	learnExpired   = aks + "certificate-rotation"
	learnEgress    = aks + "outbound-rules-control-egress"

	konnectServer  = konnect + "pkg/server/server.go" // mapDialErrorToHTTPStatus
	konnectBackend = konnect + "pkg/server/backend_manager.go"
	konnectClient  = konnect + "konnectivity-client/pkg/client/client.go"
	konnectAgent   = konnect + "pkg/agent/client.go"
	konnectSync    = konnect + "pkg/agent/clientset.go"
	konnectReady   = konnect + "pkg/agent/readiness.go"

	egressSelector = staging + "apiserver/pkg/server/egressselector/egress_selector.go"
	upgradeAware   = staging + "apimachinery/pkg/util/proxy/upgradeaware.go"
	serviceProxy   = staging + "apiserver/pkg/util/proxy/proxy.go"
	apiErrors      = staging + "apimachinery/pkg/api/errors/errors.go"
	webhookError   = staging + "apiserver/pkg/util/webhook/error.go"
	webhookDenial  = staging + "apiserver/pkg/admission/plugin/webhook/errors/statuserror.go"
	validating     = staging + "apiserver/pkg/admission/plugin/policy/validating/dispatcher.go"
	podSecurity    = staging + "pod-security-admission/admission/admission.go"
	availability   = staging + "kube-aggregator/pkg/controllers/status/remote/remote_available_controller.go"
	kubectlHelpers = staging + "kubectl/pkg/cmd/util/helpers.go"
	kubectlTop     = staging + "kubectl/pkg/cmd/top/top_node.go"
	portForward    = staging + "client-go/tools/portforward/portforward.go"
	spdyUpgrade    = staging + "streaming/pkg/httpstream/spdy/roundtripper.go"
	kubeletServer  = kube + "pkg/kubelet/server/server.go"
	kubeletTLS     = "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/#certificate-rotation"
)
