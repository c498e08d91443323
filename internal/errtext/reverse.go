package errtext

// reverseRules are logs of reverse proxies that people run: ingress controllers, gateways, access proxies. What they forward to pods
// never uses the tunnel.
func reverseRules() []rule {
	upstream := func(meaning string, causes []string, when ...string) rule {
		return rule{
			when: when, class: Elsewhere, tunnel: No, meaning: meaning, causes: causes,
			next: []string{"kubectl insideout svc/NAME", "kubectl get endpointslices -n NAMESPACE"}, source: nginxErrors,
		}
	}
	slow := upstream("nginx, often as ingress controller, waited in vain for the app's pod: it did not connect or did not answer in time.",
		[]string{
			"the pod is gone, or its node or network hangs: while connecting", "the app is slow: while reading the response header",
			"a NetworkPolicy or a firewall drops the packets",
		}, "upstream timed out")
	refused := upstream("nginx, often as ingress controller, reached the pod's address, and nothing accepts connections there.",
		[]string{"the app listens on another port or only on localhost", "the app is starting or crashed"},
		"connect() failed … upstream", "no live upstreams while connecting to upstream")
	cut := upstream("nginx, often as ingress controller, reached the app, which ended the connection or answered what nginx does not accept.",
		[]string{"the app crashed or was restarted", "the app closes idle connections sooner than nginx", "the app's headers are too large"},
		"upstream prematurely closed connection", "upstream sent", "recv() failed … upstream", "writev() failed … upstream")
	envoy := upstream("Envoy, as in Istio and gateways, could not pass the request on to the app's pod.",
		[]string{
			"the app does not listen on that port, is starting, or closed the connection",
			"one side of the mesh uses mutual TLS and the other does not",
			"a NetworkPolicy or a firewall drops the packets",
		}, "upstream connect error or disconnect/reset before headers", "no healthy upstream")
	envoy.source = "https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage"
	upgrade := rule{
		when:  []string{"http2: invalid Upgrade request header", "http2: unsupported scheme", "http2: invalid Connection request header"},
		class: Proxied, tunnel: No,
		meaning: "An access proxy before the API server could not pass exec or port-forward on: it speaks HTTP/2, which has no such upgrade.",
		causes:  []string{"the proxy does not keep to HTTP/1.1 for requests that are upgraded"},
		next:    []string{"use the API server's own address", "update the proxy"},
		source:  spdyUpgrade,
	}
	own := rule{ // net/http/httputil.ReverseProxy
		when:  []string{"http: proxy error:"},
		class: Proxied, tunnel: Maybe,
		meaning: "The log of a proxy written in Go: it could not pass a request on. What it is a proxy for, the text does not tell.",
		causes:  []string{"what stands behind the proxy is down or not reached", "the client went away: context canceled"},
		next:    []string{"look at which program logs this, and what it forwards to"},
		source:  "https://pkg.go.dev/net/http/httputil#ReverseProxy",
	}
	blackHole := rule{
		when:  []string{"UH … BlackHoleCluster"},
		class: Proxied, tunnel: No,
		meaning: "The sidecar of Istio denies egress to hosts that it does not know: the mesh is set to REGISTRY_ONLY.",
		causes: []string{
			"no ServiceEntry names the host", "a Sidecar object or the mesh's outboundTrafficPolicy restricts what the pod may reach",
		},
		next:   []string{"add a ServiceEntry for the host and its port", "kubectl get serviceentries,sidecars -A"},
		source: "https://istio.io/latest/docs/tasks/traffic-management/egress/egress-control/",
	}
	return []rule{upgrade, slow, refused, cut, envoy, own, blackHole}
}
