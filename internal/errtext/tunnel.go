package errtext

// tunnelRules are errors of the API server about its tunnel, of three generations: tunnelfront and aks-link (the dial errors in
// target.go), konnectivity in gRPC mode, and konnectivity in http-connect mode, which only reports a status code.
func tunnelRules() []rule {
	const doctor = "kubectl tunneldoctor"
	return []rule{
		{
			when:    []string{"No SSH tunnels currently open", "no SSH tunnels"},
			class:   NoAgentConnected,
			tunnel:  Yes,
			meaning: "The API server has no SSH tunnel to any node, so it reaches nothing in the cluster: an older kind of tunnel is down.",
			causes:  []string{"a firewall drops port 22 from the control plane to the nodes", "the nodes do not hold the control plane's SSH key"},
			next:    []string{doctor, "upgrade the cluster: current versions use konnectivity"},
			source:  "https://kubernetes.io/docs/concepts/architecture/control-plane-node-communication/#ssh-tunnels",
		},
		{
			when:    []string{"failed to find Session for client", "streamserver.go … can not find … session", "No backend available"},
			class:   NoAgentConnected,
			tunnel:  Yes,
			meaning: "The agent of that node has no connection to the tunnel's server, so nothing reaches the node. It is not a tunnel of AKS.",
			causes: []string{
				"the agent on the node is down or was restarted a moment ago: of K3s, RKE2, Rancher, KubeEdge or OpenYurt",
				"with several servers: the agent is connected to another one", "the node's way to the server's port is cut",
			},
			next:   []string{"read the log of the agent on that node, such as journalctl -u k3s-agent", "kubectl get nodes -o wide"},
			source: "https://github.com/rancher/remotedialer/blob/master/session_manager.go",
		},
		{
			when:    []string{"No agent available", "no tunnels available", "proxy error from … while dialing … code 500"},
			class:   NoAgentConnected,
			tunnel:  Yes,
			meaning: "No tunnel agent is connected to the API server, so it reaches nothing in the cluster. Nodes stay Ready.",
			causes: []string{
				"the konnectivity-agent pods do not run: no room on the nodes, a failing webhook that rejects them, no ready node",
				"they run, but their egress to the API server on 443 is blocked, or DNS on their nodes fails",
				"a firewall in between strips ALPN or inspects TLS",
			},
			next:   []string{doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent -o wide"},
			source: konnectBackend,
		},
		{
			when: []string{
				"dialing proxy … failed", "Error while dialing: dial unix", "Error while dialing dial unix",
				"error dialing backend: dial unix", ": dial unix … tunnel",
				": dial unix … konnectivity", "^dial unix … tunnel", "^dial unix … konnectivity",
			},
			not:     []string{"containerd.sock", "docker.sock", "crio.sock", "csi.sock"},
			class:   TunnelServerDown,
			tunnel:  Yes,
			meaning: "The API server does not reach its own end of the tunnel. On AKS, Microsoft runs both: nothing in the cluster can fix it.",
			causes:  []string{"the konnectivity server next to the API server is down or restarting"},
			next: []string{
				"try again in a few minutes", "az aks show -g GROUP -n CLUSTER --query powerState",
				"open a support case with the time of the error",
			},
			source: egressSelector,
		},
		{
			when:    []string{"proxy error from … while dialing … code 504"},
			and:     []string{":10250"},
			class:   Timeout,
			tunnel:  Yes,
			meaning: "A tunnel agent got no answer from the kubelet's port, or did not answer itself: packets to the node are dropped.",
			causes: []string{
				"an NSG on the nodes' subnet drops 10250 between nodes",
				"ufw, iptables or nftables on the node drops 10250",
				"the node hangs, or the agent that was to connect is dead",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- iptables -S INPUT"},
			source: konnectServer,
		},
		{
			when:    []string{"proxy error from … while dialing … code 502"},
			class:   Refused,
			tunnel:  Maybe,
			meaning: "The target refused a tunnel agent's connection at once. The tunnel itself works.",
			causes: []string{
				"nothing listens there: on 10250 the kubelet is down, on other ports the pod",
				"a firewall rule on the node rejects the connection",
				"there is no route to the node, or the agent's node cannot resolve its name",
				"the agent that was to connect went away",
			},
			next:   []string{doctor, "kubectl aksnode run NODE --no-tunnel -- ss -ltn"},
			source: konnectServer,
		},
		{
			when:    []string{"proxy error from … while dialing … code 503"},
			class:   DialFailed,
			tunnel:  Yes,
			meaning: "A tunnel agent could not connect to the target; older konnectivity servers return 503 for any reason.",
			causes: []string{
				"packets to the target are dropped: by an NSG, ufw or iptables",
				"the target refuses the connection: the kubelet or pod is down",
				"with a newer server (agents since v0.31.4, except 0.32.0 and 0.33.0): the agent ran out of file descriptors",
			},
			next:   []string{doctor, "check whether other targets fail too: kubectl top nodes"},
			source: konnectServer,
		},
		{
			when: []string{
				"dial timeout, backstop", "dial timeout, context", "tunnel closed", "tunnel is closed", "dial closed",
				"https://…: dial timeout", "error dialing backend: dial timeout", "timed out waiting for backend dial",
				"Backend context error", "fail to setup the tunnel", "TLS handshake through the Tunnel",
			},
			class:   TunnelReset,
			tunnel:  Yes,
			meaning: "An agent was asked to connect, and no answer came back through the tunnel.",
			causes:  []string{"the agent is dead or its connection hangs", "the agents or their server are overloaded or out of memory"},
			next: []string{
				doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent",
				"kubectl rollout restart deployment/konnectivity-agent -n kube-system",
			},
			source: konnectClient,
		},
		{
			when: []string{
				"unix @->/tunnel-uds/", "unix @->/ … tunnel … broken pipe", "unix @->/ … tunnel … connection reset by peer",
				"unix @->/ … konnectivity … broken pipe", "unix @->/ … konnectivity … connection reset by peer",
				"error dialing backend: write unix", "error dialing backend: read unix", "https://… : write unix", "https://… : read unix",
				"error dialing backend: EOF", "error dialing backend: unexpected EOF", "from CONNECT to … via proxy … failed",
			},
			class:   TunnelReset,
			tunnel:  Yes,
			meaning: "The API server's connection into the tunnel was cut.",
			causes: []string{
				"agents restarted: out of memory, evicted, an upgrade",
				"a firewall or load balancer in between cut the agent's connection to the API server as idle",
				"the konnectivity server restarted: temporary",
			},
			next:   []string{"try again: it is intermittent", doctor, "kubectl get pods -n kube-system -l app=konnectivity-agent"},
			source: "https://github.com/Azure/AKS/issues/3773",
		},
	}
}
