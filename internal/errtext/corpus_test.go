package errtext

// sample is an error as observed or as its source formats it, with {placeholders} for what varies (see fill).
type sample struct {
	text   string
	class  Class
	tunnel Answer
	to     Destination
	target string // with placeholders
	cause  Cause
	hook   string // with placeholders
}

const (
	kubelet = "{ip}:10250"
	logs    = `Get "https://{ip}:10250/containerLogs/{ns}/{pod}/{ctr}?timestamps=true": `
)

// tunnelSamples are errors of konnectivity as observed (http-connect and gRPC), of its older servers, and of earlier tunnels.
func tunnelSamples() []sample {
	no := func(text string, to Destination, target string) sample {
		return sample{text: text, class: NoAgentConnected, tunnel: Yes, to: to, target: target}
	}
	cut := func(text string, tunnel Answer, to Destination, target string) sample {
		return sample{text: text, class: TunnelReset, tunnel: tunnel, to: to, target: target}
	}
	down := func(text string, to Destination, target string) sample {
		return sample{text: text, class: TunnelServerDown, tunnel: Yes, to: to, target: target}
	}
	code := func(text string, c Class, tunnel Answer) sample {
		return sample{text: text, class: c, tunnel: tunnel, to: ToKubelet, target: kubelet}
	}
	return []sample{
		no(`HTTP/1.1 500 Internal Server Error … currently no tunnels available: No agent available`, "", ""),
		no(`proxy error from {sock} while dialing {ip}:10250, code 500: 500 Internal Server Error`, ToKubelet, kubelet),
		no(`error: unable to upgrade connection: error dialing backend: proxy error from {sock} while dialing {ip}:10250, code 500: 500 Internal Server Error`, ToKubelet, kubelet),
		no(`Error from server: `+logs+`proxy error from {sock} while dialing {ip}:10250, code 500: 500 Internal Server Error`, ToKubelet, kubelet),
		no(`No agent available`, "", ""),
		no(`Error from server: error dialing backend: No agent available`, ToService, ""),
		no(`Error from server: `+logs+`No agent available`, ToKubelet, kubelet),
		no(`error: unable to upgrade connection: error dialing backend: No agent available`, ToService, ""),
		no(`Error from server (ServiceUnavailable): error trying to reach service: No agent available`, ToService, ""),
		no(`error: Internal error occurred: error sending request: Post "https://{ip}:10250/exec/{ns}/{pod}/{ctr}?command=sh&error=1": No agent available`, ToKubelet, kubelet),
		no(`Error attaching, falling back to logs: error dialing backend: No agent available`, ToService, ""),
		no(`E{klog} server.go:{line}] "Failed to get a backend" err="No agent available" dialID=723`, "", ""),
		no(`E{klog} tunnel.go:{line}] "no tunnels available" err="No agent available"`, "", ""),
		no(`v1beta1.metrics.k8s.io failed with: failing or missing response from https://{ip}:4443/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:4443/apis/metrics.k8s.io/v1beta1": No agent available`, ToExtension, "{ip}:4443"),
		no(`failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:{port}/apis/metrics.k8s.io/v1beta1": proxy error from {sock} while dialing {ip}:{port}, code 500: 500 Internal Server Error`, ToExtension, "{ip}:{port}"),

		code(`error dialing backend: proxy error from {sock} while dialing {ip}:10250, code 502: 502 Bad Gateway`, Refused, Maybe),
		code(`Error from server: `+logs+`proxy error from {sock} while dialing {ip}:10250, code 502: 502 Bad Gateway`, Refused, Maybe),
		code(`error dialing backend: proxy error from {sock} while dialing {ip}:10250, code 503: 503 Service Unavailable`, DialFailed, Yes),
		code(`proxy error from {sock} while dialing {ip}:10250, code 503: 503 Service Unavailable`, DialFailed, Yes),
		code(`error: unable to upgrade connection: error dialing backend: proxy error from {sock} while dialing {ip}:10250, code 504: 504 Gateway Timeout`, Timeout, Yes),
		code(`Error from server: `+logs+`proxy error from {sock} while dialing {ip}:10250, code 504: 504 Gateway Timeout`, Timeout, Yes),
		code(`E{klog} tunnel.go:{line}] "DIAL_RSP contains failure" err="dial tcp {ip}:10250: i/o timeout" dialID=81 agentID="{node}"`, Timeout, Yes),

		cut(`dial timeout, context`, Yes, "", ""),
		cut(`dial timeout, backstop`, Yes, "", ""),
		cut(`Error from server: error dialing backend: dial timeout, backstop`, Yes, ToService, ""),
		cut(`Error from server: `+logs+`dial timeout, backstop`, Yes, ToKubelet, kubelet),
		cut(`tunnel closed`, Yes, "", ""),
		cut(`error dialing backend: tunnel closed`, Yes, ToService, ""),
		cut(`dial closed`, Yes, "", ""),
		cut(`timed out waiting for backend dial`, Yes, "", ""),
		cut(`error dialing backend: EOF`, Yes, ToService, ""),
		cut(`Error from server: error dialing backend: EOF`, Yes, ToService, ""),
		cut(`write unix @->{uds}: write: broken pipe`, Yes, "", ""),
		cut(`read unix @->{uds}: read: connection reset by peer`, Yes, "", ""),
		cut(`Error from server: `+logs+`write unix @->{uds}: write: broken pipe`, Yes, ToKubelet, kubelet),
		cut(`read unix @->/tunnel-uds/{svc}: read: connection timed out`, Yes, "", ""),
		cut(`error dialing backend: read unix @->{uds}: read: connection reset by peer`, Yes, ToService, ""),
		cut(`{"message":"error dialing backend: write unix @-\u003e{uds}: write: broken pipe"}`, Yes, ToService, ""),
		cut(`reading HTTP response from CONNECT to {ip}:10250 via proxy {sock} failed: EOF`, Yes, ToKubelet, kubelet),
		cut(`error dialing backend: reading HTTP response from CONNECT to {ip}:10250 via proxy {sock} failed: unexpected EOF`, Yes, ToKubelet, kubelet),
		cut(`Error from server: `+logs+`EOF`, Maybe, ToKubelet, kubelet),
		cut(`Error from server: `+logs+`read tcp {local}:43210->{ip}:10250: read: connection reset by peer`, Maybe, ToKubelet, kubelet),
		cut(`v1beta1.metrics.k8s.io failed with: failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:{port}/apis/metrics.k8s.io/v1beta1": write unix @->{uds}: write: broken pipe`, Yes, ToExtension, "{ip}:{port}"),

		down(`dialing proxy "{sock}" failed: dial unix {sock}: connect: connection refused`, ToService, ""),
		down(`error: unable to upgrade connection: error dialing backend: dialing proxy "{sock}" failed: dial unix {sock}: connect: no such file or directory`, ToService, ""),
		down(`Error from server: `+logs+`dial unix {uds}: connect: connection refused`, ToKubelet, kubelet),
		down(`dial unix {uds}: connect: connection refused`, "", ""),
		down(`Error from server: `+logs+`context deadline exceeded: connection error: desc = "transport: Error while dialing: dial unix {sock}: connect: connection refused"`, ToKubelet, kubelet),
	}
}

// targetSamples are errors about a kubelet, a webhook, an aggregated API or a Service.
func targetSamples() []sample {
	node := func(text string, c Class, tunnel Answer) sample {
		return sample{text: text, class: c, tunnel: tunnel, to: ToKubelet, target: kubelet}
	}
	some := func(text string, c Class, tunnel Answer, to Destination, target string) sample {
		return sample{text: text, class: c, tunnel: tunnel, to: to, target: target}
	}
	return []sample{
		node(`Error from server: `+logs+`dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`Error from server: Get "https://{node}:10250/containerLogs/{ns}/{pod}/{ctr}": dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`Error from server: error dialing backend: dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`Error from server: error dialing backend: dial tcp {ip}:10250: getsockopt: connection timed out`, Timeout, Yes),
		node(`error: error upgrading connection: error dialing backend: dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`error: unable to upgrade connection: error dialing backend: dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`Error: forwarding ports: error upgrading connection: error dialing backend: dial tcp {ip}:10250: getsockopt: connection timed out`, Timeout, Yes),
		node(`dial tcp {ip}:10250: i/o timeout`, Timeout, Yes),
		node(`Error from server: `+logs+`context deadline exceeded`, Timeout, Yes),
		node(`Error from server: `+logs+`net/http: TLS handshake timeout`, Timeout, Maybe),
		node(`I{klog} client.go:{line}] "error dialing backend" error="dial tcp {ip}:10250: i/o timeout" dialID=4{line} connectionID=17 dialAddress="{ip}:10250"`, Timeout, Yes),
		node(`Error from server: `+logs+`dial tcp {ip}:10250: connect: connection refused`, Refused, Maybe),
		node(`error: unable to upgrade connection: error dialing backend: dial tcp {ip}:10250: connect: connection refused`, Refused, Maybe),
		node(`error dialing backend: dial tcp {ip}:10250: getsockopt: connection refused`, Refused, Maybe),
		node(`I{klog} client.go:{line}] "error dialing backend" error="dial tcp {ip}:10250: connect: connection refused" dialID=4{line} connectionID=17 dialAddress="{ip}:10250"`, Refused, Maybe),
		node(`error dialing backend: dial tcp {ip}:10250: connect: no route to host`, Unreachable, Maybe),
		node(`"error dialing backend" error="dial tcp {ip}:10250: connect: network is unreachable" dialAddress="{ip}:10250"`, Unreachable, Maybe),
		node(`Error from server: `+logs+`http: server gave HTTP response to HTTPS client`, NotTLS, Maybe),
		node(`Error from server: `+logs+`remote error: tls: internal error`, NoServingCertificate, No),
		node(`Error from server: `+logs+`x509: certificate signed by unknown authority`, CertificateInvalid, No),
		node(`Error from server: `+logs+`tls: failed to verify certificate: x509: certificate is valid for {local}, not {ip}`, CertificateInvalid, No),
		some(`error dialing backend: remote error: tls: internal error`, NoServingCertificate, No, ToService, ""),
		some(`error dialing backend: dial tcp: lookup {node} on {dns}:53: no such host`, Unresolved, Maybe, ToService, "{node}"),
		some(`HTTP/1.1 502 Bad Gateway … dial tcp: lookup {node} on {dns}:53: no such host`, Unresolved, Maybe, "", "{node}"),
		some(`HTTP/1.1 502 Bad Gateway … dial tcp {ip}:19999: connect: connection refused`, Refused, Maybe, "", "{ip}:19999"),
		some(`"error dialing backend" error="dial tcp {ip}:{port}: i/o timeout" dialID=17 dialAddress="{ip}:{port}"`, Timeout, Maybe, ToService, "{ip}:{port}"),
		some(`"error dialing backend" error="dial tcp {ip}:{port}: connect: connection refused" dialID=17 dialAddress="{ip}:{port}"`, Refused, Maybe, ToService, "{ip}:{port}"),
		some(`Error from server (ServiceUnavailable): error trying to reach service: dial tcp {ip}:{port}: i/o timeout`, Timeout, Maybe, ToService, "{ip}:{port}"),
		some(`Error from server (ServiceUnavailable): error trying to reach service: dial tcp {ip}:{port}: connect: connection refused`, Refused, Maybe, ToService, "{ip}:{port}"),
		some(`Error from server (ServiceUnavailable): error trying to reach service: proxy error from {sock} while dialing {ip}:{port}, code 504: 504 Gateway Timeout`, Timeout, Maybe, ToService, "{ip}:{port}"),
		some(`Error from server (ServiceUnavailable): no endpoints available for service "{svc}"`, NoEndpoints, No, "", ""),
		some(`Error from server: error dialing backend: something that nobody knows`, DialFailed, Maybe, ToService, ""),
		some(`dial tcp {ip}:{port}: i/o timeout`, Timeout, Maybe, "", "{ip}:{port}"),
		some(`dial tcp {ip}:16443: connect: connection refused`, Refused, Maybe, "", "{ip}:16443"),

		some(`error: Metrics API not available`, ExtensionAPI, Maybe, "", ""),
		some(`error: metrics not available yet`, ExtensionAPI, No, "", ""),
		some(`Error from server (ServiceUnavailable): the server is currently unable to handle the request (get nodes.metrics.k8s.io)`, ExtensionAPI, Maybe, "", ""),
		some(`E{klog} memcache.go:{line}] couldn't get resource list for metrics.k8s.io/v1beta1: the server is currently unable to handle the request`, ExtensionAPI, Maybe, ToExtension, ""),
		some(`failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: bad status from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: 403`, ExtensionAPI, No, ToExtension, "{ip}:{port}"),
		some(`v1beta1.metrics.k8s.io failed with: failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:{port}/apis/metrics.k8s.io/v1beta1": context deadline exceeded`, Timeout, Maybe, ToExtension, "{ip}:{port}"),
		some(`failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:{port}/apis/metrics.k8s.io/v1beta1": dial tcp {ip}:{port}: i/o timeout`, Timeout, Maybe, ToExtension, "{ip}:{port}"),
		some(`failing or missing response from https://{ip}:{port}/apis/metrics.k8s.io/v1beta1: Get "https://{ip}:{port}/apis/metrics.k8s.io/v1beta1": dial tcp {ip}:{port}: connect: connection refused`, Refused, Maybe, ToExtension, "{ip}:{port}"),
		some(`timed out waiting for https://{ip}:{port}/apis/metrics.k8s.io/v1beta1`, Timeout, Maybe, ToExtension, "{ip}:{port}"),
		some(`service/metrics-server in "kube-system" is not present`, NoEndpoints, No, "", ""),
		some(`endpoints for service/{svc} in "{ns}" have no addresses with port name "https"`, NoEndpoints, No, "", ""),
	}
}
