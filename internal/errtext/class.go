package errtext

// Class is the kind of an error, by where a connection failed. For a call of a webhook or an aggregated API it is the class of
// the connection to it; Explanation.To is its destination.
type Class string

// The tunnel itself.
const (
	// NoAgentConnected: no tunnel agent is connected to the API server.
	NoAgentConnected Class = "no-agent"
	// TunnelReset: the stream through the tunnel was cut, or the agent that was to dial never answered.
	TunnelReset Class = "tunnel-reset"
	// TunnelServerDown: the API server does not reach its own konnectivity server; on AKS, Microsoft runs both.
	TunnelServerDown Class = "tunnel-server-down"
	// DialFailed: the tunnel failed to reach the target, and the text does not say why.
	DialFailed Class = "dial-failed"
)

// The target, as seen from the agent that dials it (or from the API server if there is no tunnel).
const (
	// Timeout: no answer in time: packets are dropped, or the target is too slow.
	Timeout Class = "timeout"
	// Refused: the target refused at once: nothing listens, or a firewall rule rejects. A response 502 of the konnectivity
	// server is classified as Refused, its most frequent cause, but may also be Unreachable or Unresolved.
	Refused Class = "refused"
	// Unreachable: no route to the target's host or network.
	Unreachable Class = "unreachable"
	// Unresolved: the target's name could not be resolved.
	Unresolved Class = "unresolved"
	// NotTLS: the target answered plain HTTP where TLS was expected.
	NotTLS Class = "not-tls"
	// NoServingCertificate: the target aborted the TLS handshake because it has no certificate.
	NoServingCertificate Class = "no-serving-certificate"
	// CertificateInvalid: one side rejects the other's certificate.
	CertificateInvalid Class = "certificate-invalid"
	// KubeletUnauthorized: the kubelet, not the API server, rejects the API server's credentials or permissions.
	KubeletUnauthorized Class = "kubelet-unauthorized"
	// WrongServer: something other than the pod's kubelet answered.
	WrongServer Class = "wrong-server"
	// NoEndpoints: the Service to call has no ready endpoint, or does not exist.
	NoEndpoints Class = "no-endpoints"
	// WebhookFailed: calling a webhook failed for none of the reasons above.
	WebhookFailed Class = "webhook-failed"
	// ExtensionAPI: an aggregated API, such as the metrics API, is unavailable for none of the reasons above, or an unknown one.
	ExtensionAPI Class = "extension-api"
	// ConnectionLost: an established connection was cut: idle too long, or an agent went away.
	ConnectionLost Class = "connection-lost"
	// NoAddress: the Node object has no address that the API server could connect to.
	NoAddress Class = "no-node-address"
	// KubeletAnswered: the kubelet was reached, and it or the node's container runtime returned an error of its own.
	KubeletAnswered Class = "kubelet-answered"
	// NotRunning: the pod or container does not run; no connection was tried.
	NotRunning Class = "not-running"
	// NotSupported: the kubelet was reached, but the node's runtime does not support the request.
	NotSupported Class = "not-supported"
)

// The client and the API server's own errors: never the tunnel.
const (
	// ClientCannotConnect: this client does not reach the API server; Explanation.Cause is the reason.
	ClientCannotConnect Class = "client-cannot-connect"
	// Proxied: an HTTP proxy or a gateway answered in place of Kubernetes, or could not be used.
	Proxied Class = "proxy"
	// Unauthorized: the API server rejects the client's credentials.
	Unauthorized Class = "unauthorized"
	// Forbidden: the client has no permission.
	Forbidden Class = "forbidden"
	// NotFound: the object or resource type does not exist.
	NotFound Class = "not-found"
	// Answered: the API server returned another error of its own.
	Answered Class = "api-server-answered"
	// PolicyDenied: admission control denied an object.
	PolicyDenied Class = "policy-denied"
	// DryRunUnsupported: the API server may not call a webhook for a dry run, so it refused the dry run.
	DryRunUnsupported Class = "dry-run-unsupported"
	// ConditionFailed: a match condition of a webhook cannot be evaluated, so that the request was rejected.
	ConditionFailed Class = "match-condition-failed"
	// PatchFailed: the JSON patch of a mutating webhook cannot be applied to the object.
	PatchFailed Class = "webhook-patch-failed"
	// CommandInvoke: az aks command invoke could not run its pod.
	CommandInvoke Class = "command-invoke"
)

// Messages of agents, nodes and pods.
const (
	// AgentCannotConnect: a tunnel agent does not reach the API server; Explanation.Cause is the reason.
	AgentCannotConnect Class = "agent-cannot-connect"
	// NodeCannotConnect: a kubelet, or another client on a node, does not reach the API server.
	NodeCannotConnect Class = "node-cannot-connect"
	// AgentDisconnected: a tunnel agent lost its connection and reconnects; normal unless it keeps happening.
	AgentDisconnected Class = "agent-disconnected"
	// AgentConnected: a tunnel agent connected.
	AgentConnected Class = "agent-connected"
	// AgentBenign: a harmless line of an agent's log.
	AgentBenign Class = "agent-benign"
	// Provisioning: a new node's provisioning script failed; the node never joined the cluster.
	Provisioning Class = "provisioning"
	// MetricsServer: a line of metrics-server's log, or a client's about what metrics-server knows.
	MetricsServer Class = "metrics-server"
	// Elsewhere: a connection made by a node or a pod itself, or the result of a command: the tunnel was not involved.
	Elsewhere Class = "elsewhere"
	// Connector: Service Connector's extension could not be installed or changed. Nothing of it is about the tunnel.
	Connector Class = "service-connector"
	// Identity: a pod gets no token for Entra ID, or Entra ID refuses it.
	Identity Class = "workload-identity"
	// KeyVault: the Secrets Store CSI Driver cannot mount what is in a Key Vault.
	KeyVault Class = "key-vault"
	// DataService: a database, cache, storage account or queue of Azure was reached and refused the client.
	DataService Class = "target-service"
	// Harmless: a warning or a note, of whatever wrote it. Nothing failed.
	Harmless Class = "harmless"
	// None: the text contains no known error.
	None Class = "none"
)

// Cause is why an agent or a client does not reach the API server; it is empty for the other classes.
type Cause string

// The causes, in the order in which they are tried.
const (
	CauseCredentials Cause = "credentials" // a key or login was rejected, or could not be obtained
	CauseDNS         Cause = "dns"
	CauseExpired     Cause = "expired-certificate"
	CauseUntrusted   Cause = "untrusted-certificate" // unknown authority or another name: TLS inspection, or another server
	CauseALPN        Cause = "alpn"                  // ALPN was stripped or changed, or TLS is intercepted
	CauseTimeout     Cause = "timeout"
	CauseRefused     Cause = "refused"
	CauseUnreachable Cause = "unreachable"
	CauseReset       Cause = "reset"
	CausePlain       Cause = "plain-http" // one side speaks no TLS; never tried by its phrases
	CauseConfig      Cause = "kubeconfig" // a client's kubeconfig is missing or names no cluster; never tried by its phrases
)

// Answer is yes, no, or unclear.
type Answer string

const (
	Yes   Answer = "yes"
	No    Answer = "no"
	Maybe Answer = "maybe"
)
