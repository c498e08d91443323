package errtext

// Class says where a connection broke. Where a webhook or an aggregated API was being called, the class is that of the
// connection to it, and Explanation.To says what it led to.
type Class string

// The tunnel itself.
const (
	// NoAgentConnected: no tunnel agent is connected to the API server.
	NoAgentConnected Class = "no-agent"
	// TunnelReset: the stream through the tunnel was dropped, or the agent that was asked to dial never answered.
	TunnelReset Class = "tunnel-reset"
	// TunnelServerDown: the API server does not reach its own konnectivity server; both are Microsoft's on AKS.
	TunnelServerDown Class = "tunnel-server-down"
	// DialFailed: the tunnel tried and failed to reach the target, and the text does not tell why.
	DialFailed Class = "dial-failed"
)

// The target, seen from the agent that dials it (or from the API server where there is no tunnel).
const (
	// Timeout: no answer in time: packets are dropped, or the target is too slow.
	Timeout Class = "timeout"
	// Refused: the target refused at once: nothing listens, or a rule rejects. An answer 502 of the konnectivity server is
	// told as Refused, its most frequent cause, and may as well be Unreachable or Unresolved.
	Refused Class = "refused"
	// Unreachable: no route to the target's host or network.
	Unreachable Class = "unreachable"
	// Unresolved: the target's name was not resolved.
	Unresolved Class = "unresolved"
	// NotTLS: the target answered plain HTTP where TLS was expected.
	NotTLS Class = "not-tls"
	// NoServingCertificate: the target ended the TLS handshake for lack of a certificate.
	NoServingCertificate Class = "no-serving-certificate"
	// CertificateInvalid: one side does not accept the other's certificate.
	CertificateInvalid Class = "certificate-invalid"
	// KubeletUnauthorized: the kubelet, not the API server, refuses the API server's credentials or rights.
	KubeletUnauthorized Class = "kubelet-unauthorized"
	// WrongServer: something answered that is not the kubelet of that pod.
	WrongServer Class = "wrong-server"
	// NoEndpoints: the Service that was to be called has no ready endpoint, or is missing.
	NoEndpoints Class = "no-endpoints"
	// WebhookFailed: calling a webhook failed for a reason that is none of the above.
	WebhookFailed Class = "webhook-failed"
	// ExtensionAPI: an aggregated API, such as that of metrics, does not serve; a reason that is none of the above, or none.
	ExtensionAPI Class = "extension-api"
	// ConnectionLost: a connection that stood was cut: idle too long, or an agent went away.
	ConnectionLost Class = "connection-lost"
	// NotSupported: the kubelet was reached, the node's runtime cannot do what was asked.
	NotSupported Class = "not-supported"
)

// The client and the API server's own answers: never the tunnel.
const (
	// ClientCannotConnect: this client does not reach the API server; Explanation.Cause says why.
	ClientCannotConnect Class = "client-cannot-connect"
	// Unauthorized: the API server does not accept the client's credentials.
	Unauthorized Class = "unauthorized"
	// Forbidden: the API server denies the client the right.
	Forbidden Class = "forbidden"
	// NotFound: the API server does not have the object or the resource type.
	NotFound Class = "not-found"
	// Answered: the API server gave another answer of its own.
	Answered Class = "api-server-answered"
	// PolicyDenied: admission control denied an object.
	PolicyDenied Class = "policy-denied"
	// CommandInvoke: az aks command invoke could not run its pod.
	CommandInvoke Class = "command-invoke"
)

// What agents, nodes and pods say of themselves.
const (
	// AgentCannotConnect: a tunnel agent does not reach the API server; Explanation.Cause says why.
	AgentCannotConnect Class = "agent-cannot-connect"
	// AgentDisconnected: a tunnel agent lost its connection and makes a new one; normal unless it goes on.
	AgentDisconnected Class = "agent-disconnected"
	// AgentConnected: a tunnel agent connected.
	AgentConnected Class = "agent-connected"
	// AgentBenign: a line of an agent's log that is no fault.
	AgentBenign Class = "agent-benign"
	// Provisioning: a new node's set-up script failed; the node never joined.
	Provisioning Class = "provisioning"
	// Elsewhere: a connection that a node or a pod made by itself, or the outcome of a command: the tunnel had no part.
	Elsewhere Class = "elsewhere"
	// None: nothing known is in the text.
	None Class = "none"
)

// Cause says why an agent or a client did not reach the API server; it is empty for the other classes.
type Cause string

// The causes, in the order in which they are looked for.
const (
	CauseCredentials Cause = "credentials" // a key or login was refused, or could not be had
	CauseDNS         Cause = "dns"
	CauseExpired     Cause = "expired-certificate"
	CauseUntrusted   Cause = "untrusted-certificate" // of an unknown authority or for another name: TLS inspection, or another server
	CauseALPN        Cause = "alpn"                  // ALPN was stripped or changed, or TLS is intercepted
	CauseTimeout     Cause = "timeout"
	CauseRefused     Cause = "refused"
	CauseUnreachable Cause = "unreachable"
	CauseReset       Cause = "reset"
)

// Answer is an answer that may be open.
type Answer string

const (
	Yes   Answer = "yes"
	No    Answer = "no"
	Maybe Answer = "maybe"
)
