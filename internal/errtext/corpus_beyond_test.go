package errtext

// beyondSamples are texts of programs before, beside and behind the API server: Azure Resource Manager, reverse proxies, the konnectivity
// server, Rancher's agent.
func beyondSamples() []sample {
	arm := func(text string) sample { return sample{text: text, class: Elsewhere, tunnel: No} }
	return []sample{
		arm(`(OperationNotAllowed) Operation is not allowed: Another operation (pool1 - Scaling) is in progress, please wait for it to finish.`),
		arm(`Code="OperationPreempted" Message="The operation has been preempted by a more recent request"`),
		arm(`(QuotaExceeded) Operation could not be completed as it results in exceeding approved standardDSv5Family Cores quota.`),
		arm(`Code="SkuNotAvailable" Message="The requested size Standard_D8s_v5 is currently not available in location 'eastus'."`),
		arm(`(RequestDisallowedByPolicy) Resource 'lab' was disallowed by policy.`),
		arm(`Code="SubnetIsFull" Message="Subnet aks-subnet with address prefix 10.0.0.0/27 does not have enough capacity for 5 IP addresses."`),
		arm(`(OperationNotAllowed) This operation is not allowed on a stopped managed cluster.`),
		arm(`level=error msg="Failed to connect to proxy. Empty dialer response" url="wss://rancher.example.com/v3/connect"`),
		arm(`[error] 31#31: *7 upstream timed out (110: Operation timed out) while reading response header from upstream, upstream: "http://{ip}:80/"`),
		arm(`[error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, upstream: "http://{ip}:80/"`),
		arm(`[error] 31#31: *7 upstream prematurely closed connection while reading response header from upstream`),
		arm(`upstream connect error or disconnect/reset before headers. reset reason: connection failure`),
		{text: `http: proxy error: http2: invalid Upgrade request header: ["SPDY/3.1"]`, class: Proxied, tunnel: No},
		{text: `http: proxy error: context canceled`, class: Proxied, tunnel: Maybe},
		{text: `"Failed to get a backend" err="no backend of that kind" dialID=7`, class: NoAgentConnected, tunnel: Yes},
		{text: `"DIAL_REQ to Backend failed" err="transport is closing" dialID=7`, class: TunnelReset, tunnel: Yes},
		{text: `"could not get frontend client" err="can't find connID 2 in the frontends[x]" connectionID=2`, class: ConnectionLost, tunnel: Maybe},
		{text: `http: TLS handshake error from {ip}:4711: no serving certificate available for the kubelet`, class: NoServingCertificate, tunnel: No},
		{
			text: `Error from server: Get "https://{node}:10250/containerLogs/{ns}/{pod}/{ctr}": dial timeout`, class: TunnelReset, tunnel: Yes,
			to: ToKubelet, target: "{node}:10250",
		},
		{
			text:  `failed to download artifact from http://source-controller.flux-system.svc.cluster.local./x.tar.gz: dial tcp {ip}:80: i/o timeout`,
			class: Elsewhere, tunnel: No, target: "{ip}:80",
		},
		{
			text:  `error making HTTP request to https://{node}:10250/metrics: Get https://{node}:10250/metrics: net/http: request canceled`,
			class: Elsewhere, tunnel: No, to: ToKubelet, target: "{node}:10250",
		},
		{text: `websocket._exceptions.WebSocketBadStatusException: Handshake status 200 OK`, class: Proxied, tunnel: No},
		{text: `java.net.ProtocolException: Expected HTTP 101 response but was '400 Bad Request'`, class: Proxied, tunnel: Maybe},
		{
			text:  `error dialing backend: dial tcp {ip}:443: connectex: A connection attempt failed`,
			class: Proxied, tunnel: No, to: ToService, target: "{ip}:443",
		},
		{text: `server.go:290] >>> DIAL_REQ sent to backend`, class: AgentBenign, tunnel: Maybe},
		{
			text:  `Post https://cert-manager-webhook.{ns}.svc:443/convert?timeout=30s: service "cert-manager-webhook" not found`,
			class: NoEndpoints, tunnel: No, to: ToWebhook, target: "cert-manager-webhook.{ns}.svc:443",
		},
		{text: `WRN: Was not able to establish connection to tunnelend`, class: AgentCannotConnect, tunnel: Yes},
		{
			text: `error: error upgrading connection: pods "{pod}" is forbidden: User "a@example.com" cannot create resource "pods/portforward" ` +
				`in API group "" in the namespace "{ns}": User does not have access to the resource in Azure.`,
			class: Forbidden, tunnel: No,
		},
		{
			text:  `failed calling webhook "validate.example.com": failed to call webhook: Post "https://kyverno-svc.{ns}.svc:443/validate?timeout=10s"`,
			class: WebhookFailed, tunnel: Maybe, to: ToWebhook, target: "kyverno-svc.{ns}.svc:443", hook: "validate.example.com",
		},
		{text: `kubectl logs -f ends after ten minutes with "error: unexpected EOF"`, class: ConnectionLost, tunnel: Maybe},
		{text: `java.io.EOFException: null at okhttp3.internal.ws.WebSocketReader.readHeader`, class: ConnectionLost, tunnel: Maybe},
		{text: `rpc error: code = 14 desc = grpc: the connection is unavailable`, class: KubeletAnswered, tunnel: No},
		{
			text:  `Error running kubelogin: [Errno 2] No such file or directory: ''`,
			class: ClientCannotConnect, cause: CauseCredentials, tunnel: No,
		},
		{text: `Press CTRL+C to close the tunnel... Error: unknown flag: --address`, class: ClientCannotConnect, cause: CauseCredentials, tunnel: No},
		{
			text:  `Your sign-in was successful but your admin requires the device requesting access to be managed by Contoso`,
			class: ClientCannotConnect, cause: CauseCredentials, tunnel: No,
		},
		{
			text: `https://hook.{ns}.svc:443/mutations?timeout=30s": net/http: request canceled while waiting for connection ` +
				`(Client.Timeout exceeded while awaiting headers)`,
			class: Timeout, tunnel: Maybe, to: ToWebhook,
		},
		{
			text:  `Failed to acquire a token: initialing the device code authentication: autorest/adal/devicetoken: Error HTTP status != 200`,
			class: ClientCannotConnect, cause: CauseCredentials, tunnel: No,
		},
	}
}
