package errtext

// targetRules are errors about the target: a kubelet, a webhook, the server of an aggregated API, a pod. Either the tunnel
// transported the answer, or the target has to be checked first; only for lost packets the tunnel is equally likely.
func targetRules() []rule {
	return append(append(deadRules(), lostRules()...), tlsRules()...)
}

// deadRules are targets that do not exist or refuse the connection.
func deadRules() []rule {
	const doctor, inside = "kubectl tunneldoctor", "kubectl insideout svc/NAME"
	return []rule{
		{
			when: []string{
				"no endpoints available for service", "no service port … found for service",
				"failed calling webhook … service … not found", "webhook for … service … not found", ".svc…/convert?… service … not found",
				".svc:443/… service … not found", "service/ … is not present",
				"service/ … have no addresses", "cannot find endpointslices for service/", "service/ … is not listening on port",
			},
			class: NoEndpoints, tunnel: No,
			meaning: "The Service has no ready endpoint or does not exist. No connection was attempted.",
			causes: []string{
				"its pods are not ready or do not exist", "its selector matches no pods",
				"the Service was deleted, but the webhook or APIService that uses it was not",
			},
			next:   []string{inside, "kubectl get endpointslices -n NAMESPACE -l kubernetes.io/service-name=NAME"},
			source: serviceProxy,
		},
		{
			when:  []string{"bad status from https://"},
			class: ExtensionAPI, tunnel: No,
			meaning: "The server of an aggregated API was reached and rejected the API server's request.",
			causes:  []string{"403 or 401: it rejects the certificate of the front proxy", "5xx: an internal error of the server"},
			next:    []string{"kubectl get apiservice", "read the log of the server's pods"},
			source:  availability,
		},
		{
			when:  phrasesOf(CauseDNS),
			to:    []Destination{ToKubelet, ToWebhook, ToExtension, ToService},
			class: Unresolved, tunnel: Maybe,
			meaning: "A tunnel agent or the API server could not resolve the target's name.",
			causes:  []string{"custom DNS servers do not know the nodes' names", "a webhook's URL has a host that does not exist"},
			next:    []string{doctor, "kubectl get nodes -o wide"},
			source:  konnectServer,
		},
		{
			when: []string{"dial tcp: lookup", "dial tcp: i/o timeout"}, and: phrasesOf(CauseDNS),
			class: Unresolved, tunnel: Maybe,
			meaning: "A name could not be resolved; the text does not say who tried.",
			causes:  []string{"the DNS servers of whoever tried"},
			next:    []string{"paste the whole message"},
			source:  learnTunnel,
		},
		{
			when:  []string{"connection refused", "actively refused"},
			to:    []Destination{ToKubelet},
			class: Refused, tunnel: Maybe,
			meaning: "The node refused the connection to its kubelet's port. The network path to the node works.",
			causes: []string{
				"the kubelet is down or restarting", "a firewall rule on the node rejects 10250",
				"the node has a different address now",
			},
			next:   []string{"kubectl aksnode run NODE --no-tunnel -- systemctl status kubelet", doctor},
			source: learnBackend,
		},
		{
			when:  []string{"connection refused", "actively refused"},
			to:    []Destination{ToWebhook, ToExtension, ToService},
			class: Refused, tunnel: Maybe,
			meaning: "The endpoint of the Service refused the connection: nothing listens on that port in the pod.",
			causes: []string{
				"the pod is starting, crashing or deleted", "the Service's targetPort is not the port of the pod",
				"a firewall rule rejects the connection",
			},
			next:   []string{inside, doctor},
			source: learnTunnel,
		},
		{
			when:  []string{"dial tcp … connection refused", "dial tcp … actively refused"},
			class: Refused, tunnel: Maybe,
			meaning: "A connection was refused; the text does not say who tried.",
			causes:  []string{"nothing listens there", "a firewall rule rejects the connection"},
			next:    []string{"paste the whole message", doctor},
			source:  learnTunnel,
		},
		{
			when:  phrasesOf(CauseUnreachable),
			class: Unreachable, tunnel: Maybe,
			meaning: "There is no route to the target's address, or a firewall rule on its node answers so.",
			causes: []string{
				"a REJECT rule with icmp-host-prohibited on the node",
				"a route is missing: in kubenet's route table, or a peering", "the node or pod was deleted",
			},
			next:   []string{doctor, "kubectl get nodes -o wide"},
			source: konnectServer,
		},
	}
}

// lost returns the phrases for a connection or response that timed out.
func lost() []string {
	return append(phrasesOf(CauseTimeout), "proxy error from … while dialing … code 504", "timed out waiting for https://")
}

// lostRules are targets that do not answer.
func lostRules() []rule {
	const doctor, inside = "kubectl tunneldoctor", "kubectl insideout svc/NAME"
	return []rule{
		{
			when:  []string{"TLS handshake timeout"},
			to:    []Destination{ToKubelet, ToWebhook, ToExtension, ToService},
			class: Timeout, tunnel: Maybe,
			meaning: "The target accepted the connection and then sent nothing.",
			causes:  []string{"the target is overloaded", "large packets are lost (MTU)"},
			next:    []string{"kubectl describe node NODE", doctor},
			source:  learnTunnel,
		},
		{
			when:  lost(),
			to:    []Destination{ToKubelet},
			class: Timeout, tunnel: Yes,
			meaning: "The kubelet's port did not answer: packets to the node are dropped. With older tunnels, the tunnel itself may be down.",
			causes: []string{
				"an NSG on the nodes' subnet drops 10250 between nodes", "ufw, iptables or nftables on the node drops 10250",
				"an older tunnel (tunnelfront, aks-link) is down", "the node hangs",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- iptables -S INPUT"},
			source: learn10250,
		},
		{
			when:  lost(),
			to:    []Destination{ToWebhook},
			class: Timeout, tunnel: Maybe,
			meaning: "The webhook did not answer in time.",
			causes: []string{
				"its pod is slow, hangs or was deleted", "a NetworkPolicy or firewall drops the agents' packets",
				"the tunnel is broken: then kubectl logs fails too",
			},
			next:   []string{"check whether the tunnel works: kubectl logs POD", inside, doctor},
			source: webhookError,
		},
		{
			when:  lost(),
			to:    []Destination{ToExtension},
			class: Timeout, tunnel: Maybe,
			meaning: "The server of an aggregated API did not answer in time.",
			causes: []string{
				"its pod is slow, hangs or was deleted", "a NetworkPolicy drops the agents' packets",
				"the tunnel is broken: then kubectl logs fails too",
			},
			next: []string{
				"check whether the tunnel works: kubectl logs POD",
				"kubectl get pods -n kube-system -l k8s-app=metrics-server", doctor,
			},
			source: availability,
		},
		{
			when:  lost(),
			to:    []Destination{ToService},
			class: Timeout, tunnel: Maybe,
			meaning: "A pod or a Service did not answer a connection through the tunnel.",
			causes:  []string{"the pod was deleted or hangs", "a NetworkPolicy or firewall drops the agents' packets"},
			next:    []string{inside, doctor},
			source:  learnTunnel,
		},
		{
			when: []string{
				"dial tcp … i/o timeout", "dial tcp … timed out", "dial tcp … did not properly respond",
				"net/http: TLS handshake timeout",
			},
			class: Timeout, tunnel: Maybe,
			meaning: "A connection got no answer; the text does not say who tried.",
			causes:  []string{"packets are dropped", "the address does not exist"},
			next:    []string{"paste the whole message", doctor},
			source:  learnTunnel,
		},
	}
}
