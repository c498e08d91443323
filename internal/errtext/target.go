package errtext

// targetRules are what is said of the end of the way: a kubelet, a webhook, the server of an aggregated API, a pod. The
// tunnel carried the answer, or is not to blame before the target has been looked at; only lost packets look alike.
func targetRules() []rule {
	return append(append(deadRules(), lostRules()...), tlsRules()...)
}

// deadRules are targets that are missing or turn us away.
func deadRules() []rule {
	const doctor, inside = "kubectl tunneldoctor", "kubectl insideout svc/NAME"
	return []rule{
		{
			when: []string{
				"no endpoints available for service", "no service port … found for service", "failed calling webhook … service … not found", "service/ … is not present",
				"service/ … have no addresses", "cannot find endpointslices for service/", "service/ … is not listening on port",
			},
			class: NoEndpoints, tunnel: No,
			meaning: "The Service that was to be called has no ready pod behind it, or is missing. No connection was tried.",
			causes:  []string{"its pods are not ready or not there", "its selector matches none", "the Service was deleted and the webhook or APIService was left behind"},
			next:    []string{inside, "kubectl get endpointslices -n NAMESPACE -l kubernetes.io/service-name=NAME"},
			source:  serviceProxy,
		},
		{
			when: []string{"bad status from https://"}, class: ExtensionAPI, tunnel: No,
			meaning: "The server of an aggregated API was reached and turned the API server away.",
			causes:  []string{"403 or 401: it does not accept the front proxy's certificate", "5xx: it fails itself"},
			next:    []string{"kubectl get apiservice", "read the log of the server behind it"}, source: availability,
		},
		{
			when: phrasesOf(CauseDNS), to: []Destination{ToKubelet, ToWebhook, ToExtension, ToService}, class: Unresolved, tunnel: Maybe,
			meaning: "The name of the target was not resolved, by an agent or by the API server.",
			causes:  []string{"custom DNS servers do not know the nodes' names", "a webhook's URL names a host that does not exist"},
			next:    []string{doctor, "kubectl get nodes -o wide"}, source: konnectServer,
		},
		{
			when: []string{"dial tcp: lookup"}, and: phrasesOf(CauseDNS), class: Unresolved, tunnel: Maybe,
			meaning: "A name was not resolved; the text does not tell who asked.",
			causes:  []string{"the DNS servers of the one that asked"}, next: []string{"paste the whole message"}, source: learnTunnel,
		},
		{
			when: []string{"connection refused", "actively refused"}, to: []Destination{ToKubelet}, class: Refused, tunnel: Maybe,
			meaning: "The node refused the connection to its kubelet's port. The way to the node works.",
			causes:  []string{"the kubelet is down or restarting", "a rule on the node rejects 10250", "the node has another address now"},
			next:    []string{"kubectl aksnode run NODE --no-tunnel -- systemctl status kubelet", doctor}, source: learnBackend,
		},
		{
			when: []string{"connection refused", "actively refused"}, to: []Destination{ToWebhook, ToExtension, ToService}, class: Refused, tunnel: Maybe,
			meaning: "The address behind the Service refused the connection: nothing listens at that port of the pod.",
			causes:  []string{"the pod is starting, crashing or gone", "the Service's targetPort is not the pod's port", "a rule rejects"},
			next:    []string{inside, doctor}, source: learnTunnel,
		},
		{
			when: []string{"dial tcp … connection refused", "dial tcp … actively refused"}, class: Refused, tunnel: Maybe,
			meaning: "A connection was refused; the text does not tell who tried.",
			causes:  []string{"nothing listens there", "a rule rejects"}, next: []string{"paste the whole message", doctor}, source: learnTunnel,
		},
		{
			when: phrasesOf(CauseUnreachable), class: Unreachable, tunnel: Maybe,
			meaning: "There is no route to the target's address, or a rule on its node says so.",
			causes:  []string{"a REJECT rule with icmp-host-prohibited on the node", "a route is missing: kubenet's route table, a peering", "the node or pod is gone"},
			next:    []string{doctor, "kubectl get nodes -o wide"}, source: konnectServer,
		},
	}
}

// lost are the texts of a connection or an answer that did not come.
func lost() []string {
	return append(phrasesOf(CauseTimeout), "proxy error from … while dialing … code 504", "timed out waiting for https://")
}

// lostRules are targets that do not answer.
func lostRules() []rule {
	const doctor, inside = "kubectl tunneldoctor", "kubectl insideout svc/NAME"
	return []rule{
		{
			when: []string{"TLS handshake timeout"}, to: []Destination{ToKubelet, ToWebhook, ToExtension, ToService}, class: Timeout, tunnel: Maybe,
			meaning: "The target accepted the connection and then said nothing.",
			causes:  []string{"the target is overloaded", "large packets are lost on the way (MTU)"},
			next:    []string{"kubectl describe node NODE", doctor}, source: learnTunnel,
		},
		{
			when: lost(), to: []Destination{ToKubelet}, class: Timeout, tunnel: Yes,
			meaning: "The kubelet's port did not answer: packets are dropped on the way to the node. With the older tunnels it may be the whole tunnel.",
			causes: []string{
				"an NSG on the nodes' subnet drops 10250 between nodes", "ufw, iptables or nftables on the node drops 10250",
				"an older tunnel (tunnelfront, aks-link) is down", "the node hangs",
			},
			next: []string{doctor, "kubectl aksnode run NODE --no-tunnel -- iptables -S INPUT"}, source: learn10250,
		},
		{
			when: lost(), to: []Destination{ToWebhook}, class: Timeout, tunnel: Maybe,
			meaning: "The webhook did not answer in time.",
			causes:  []string{"its pod is slow, hangs or is gone", "a NetworkPolicy or firewall drops what comes from the agents", "the tunnel: then kubectl logs fails too"},
			next:    []string{"kubectl logs POD, to see whether the tunnel works", inside, doctor}, source: webhookError,
		},
		{
			when: lost(), to: []Destination{ToExtension}, class: Timeout, tunnel: Maybe,
			meaning: "The server of an aggregated API did not answer in time.",
			causes:  []string{"its pod is slow, hangs or is gone", "a NetworkPolicy drops what comes from the agents", "the tunnel: then kubectl logs fails too"},
			next:    []string{"kubectl logs POD, to see whether the tunnel works", "kubectl get pods -n kube-system -l k8s-app=metrics-server", doctor}, source: availability,
		},
		{
			when: lost(), to: []Destination{ToService}, class: Timeout, tunnel: Maybe,
			meaning: "A pod or a Service did not answer the connection that was made to it through the tunnel.",
			causes:  []string{"the pod is gone or hangs", "a NetworkPolicy or firewall drops what comes from the agents"},
			next:    []string{inside, doctor}, source: learnTunnel,
		},
		{
			when: []string{"dial tcp … i/o timeout", "dial tcp … timed out", "dial tcp … did not properly respond", "net/http: TLS handshake timeout"}, class: Timeout, tunnel: Maybe,
			meaning: "A connection got no answer; the text does not tell who tried.",
			causes:  []string{"packets are dropped on the way", "there is no such address"}, next: []string{"paste the whole message", doctor}, source: learnTunnel,
		},
	}
}
