package errtext

// tunnelRules are what the API server says of its tunnel, of three generations: tunnelfront and aks-link (the dial errors
// of target.go), konnectivity in gRPC mode, and konnectivity in http-connect mode, where only a code is left of the cause.
func tunnelRules() []rule {
	const doctor = "kubectl tunneldoctor"
	return []rule{
		{
			when:    []string{"No agent available", "no tunnels available", "proxy error from … while dialing … code 500"},
			class:   NoAgentConnected,
			tunnel:  Yes,
			meaning: "No tunnel agent is connected to the API server, so it reaches nothing in the cluster. Nodes stay Ready.",
			causes: []string{
				"the konnectivity-agent pods do not run: no room, a failing webhook that stops them, no node ready",
				"they run and their egress to the API server on 443 is blocked, or DNS fails on their nodes",
				"a firewall on their way strips ALPN or inspects TLS",
			},
			next:   []string{doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent -o wide"},
			source: konnectBackend,
		},
		{
			when: []string{
				"dialing proxy … failed", "Error while dialing: dial unix", "Error while dialing dial unix", "error dialing backend: dial unix", ": dial unix … tunnel",
				": dial unix … konnectivity", "^dial unix … tunnel", "^dial unix … konnectivity",
			},
			not:     []string{"containerd.sock", "docker.sock", "crio.sock", "csi.sock"},
			class:   TunnelServerDown,
			tunnel:  Yes,
			meaning: "The API server does not reach its own end of the tunnel. On AKS both are Microsoft's, and nothing in the cluster can mend it.",
			causes:  []string{"the konnectivity server beside the API server is down or restarting"},
			next:    []string{"try again in some minutes", "az aks show -g GROUP -n CLUSTER --query powerState", "open a support case with the time of the error"},
			source:  egressSelector,
		},
		{
			when:    []string{"proxy error from … while dialing … code 504"},
			and:     []string{":10250"},
			class:   Timeout,
			tunnel:  Yes,
			meaning: "A tunnel agent got no answer from the kubelet's port, or did not answer itself: packets are dropped on the way to the node.",
			causes: []string{
				"an NSG on the nodes' subnet drops 10250 between nodes",
				"ufw, iptables or nftables on the node drops 10250",
				"the node hangs, or the agent that was asked is dead",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- iptables -S INPUT"},
			source: konnectServer,
		},
		{
			when:    []string{"proxy error from … while dialing … code 502"},
			class:   Refused,
			tunnel:  Maybe,
			meaning: "A tunnel agent was turned away at once when it dialled the target. The tunnel itself works.",
			causes: []string{
				"nothing listens there: at 10250 the kubelet is down, elsewhere the pod",
				"a rule on the node rejects",
				"no route to the node, or its name does not resolve on the agent's node",
				"the agent that was asked went away meanwhile",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- ss -ltn"},
			source: konnectServer,
		},
		{
			when:    []string{"proxy error from … while dialing … code 503"},
			class:   DialFailed,
			tunnel:  Yes,
			meaning: "A tunnel agent could not connect to the target; older konnectivity servers say 503 whatever the reason.",
			causes: []string{
				"packets to the target are dropped: an NSG, ufw, iptables",
				"the target refuses: kubelet or pod down",
				"with a newer server (agents from v0.31.4 on, but for 0.32.0 and 0.33.0): the agent ran out of file descriptors",
			},
			next:   []string{doctor, "kubectl top nodes, to see whether other targets fail too"},
			source: konnectServer,
		},
		{
			when: []string{
				"dial timeout, backstop", "dial timeout, context", "tunnel closed", "tunnel is closed", "dial closed", "timed out waiting for backend dial", "Backend context error",
			},
			class:   TunnelReset,
			tunnel:  Yes,
			meaning: "An agent was asked to connect and no answer came back through the tunnel.",
			causes:  []string{"the agent is dead or its connection hangs", "the agents or their server are overloaded or out of memory"},
			next:    []string{doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent", "kubectl rollout restart deployment/konnectivity-agent -n kube-system"},
			source:  konnectClient,
		},
		{
			when: []string{
				"unix @->/tunnel-uds/", "unix @->/ … tunnel … broken pipe", "unix @->/ … tunnel … connection reset by peer", "unix @->/ … konnectivity … broken pipe", "unix @->/ … konnectivity … connection reset by peer",
				"error dialing backend: write unix", "error dialing backend: read unix", "https://… : write unix", "https://… : read unix",
				"error dialing backend: EOF", "error dialing backend: unexpected EOF", "from CONNECT to … via proxy … failed",
			},
			class:   TunnelReset,
			tunnel:  Yes,
			meaning: "The stream from the API server into the tunnel was cut.",
			causes: []string{
				"agents restart: out of memory, evicted, an upgrade",
				"the connection to the API server was idle too long for a firewall or load balancer on the way",
				"the konnectivity server restarts; then it passes",
			},
			next:   []string{"try again: it comes and goes", doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent"},
			source: "https://github.com/Azure/AKS/issues/3773",
		},
	}
}
