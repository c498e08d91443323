package errtext

// agentRules are the lines of the agents' own logs and readiness; klog's text is quoted and followed by err="...".
func agentRules() []rule {
	rules := cannotConnect()
	line := func(r rule) {
		if r.tunnel == "" {
			r.tunnel = No
		}
		if r.source == "" {
			r.source = konnectAgent
		}
		rules = append(rules, r)
	}
	line(rule{
		when:    []string{"could not read stream", "received EOF, exit", "Removing client used for server connection", "stream canceled"},
		class:   AgentDisconnected,
		tunnel:  Maybe,
		meaning: "An agent's connection to the API server ended; the agent makes a new one.",
		causes:  []string{"the API server was restarted or moved, as in an upgrade: normal", "an idle limit or a firewall cuts the connection, where it goes on"},
		next:    []string{"look whether \"successfully connected to new proxy server\" follows", "kubectl tunneldoctor"},
	})
	line(rule{
		when:    []string{"successfully connected to new proxy server", "Connect to server serverID", "Connect to server=", "Peer Connection Initiated with [AF_INET"},
		class:   AgentConnected,
		meaning: "A tunnel agent connected to the API server: egress, DNS, TLS and ALPN work from its node.",
		causes:  []string{"no fault"},
		next:    []string{"nothing"},
		source:  konnectSync,
	})
	line(rule{
		when: []string{
			"connection read failure … use of closed network connection", "conn write failure … use of closed network connection",
			"close response failure", "remote connection EOF", "failed to close gRPC connection", "received DATA for unrecognized connection",
			"duplicate server connection attempt",
		},
		class:   AgentBenign,
		meaning: "A line that agents write when a connection through the tunnel ends. It is no fault by itself.",
		causes:  []string{"one side closed first"},
		next:    []string{"nothing; look for \"cannot connect once\" and \"error dialing backend\" instead"},
		source:  "https://github.com/Azure/AKS/issues/4423",
	})
	line(rule{
		when:    []string{"ProxyServerHost set to", "ProxyServerPort set to", "ALPNProtos set to", "HealthServerPort set to", "AdminServerPort set to"},
		class:   AgentBenign,
		meaning: "An agent says at its start how it is set up: which API server it connects to, and its own ports.",
		causes:  []string{"no fault"},
		next:    []string{"compare the host with kubectl cluster-info"},
		source:  konnect + "cmd/agent/app/options/options.go",
	})
	line(rule{
		when:    []string{"connection read failure", "conn write failure", "write to remote with failure"},
		class:   ConnectionLost,
		tunnel:  Maybe,
		meaning: "A connection between an agent and a target that stood was cut.",
		causes:  []string{"the target closed or crashed", "an idle limit on the way"},
		next:    []string{"see whether one target is named again and again"},
	})
	line(rule{
		when:    []string{"dialAddress= … connection refused", "connection refused … dialAddress="},
		port:    []string{"10249", "10256", "19100", "20257"},
		class:   AgentBenign,
		meaning: "Something asked the tunnel for a port of a system component that does not listen there on this node.",
		causes:  []string{"probes of kube-proxy, node exporter or node-problem-detector: expected noise"},
		next:    []string{"nothing"},
		source:  "https://github.com/Azure/AKS/issues/4423",
	})
	return rules
}

// cannotConnect are the rows of agents that do not reach the API server, by cause.
func cannotConnect() []rule {
	doctor, run := "kubectl tunneldoctor", "kubectl aksnode run NODE --no-tunnel -- curl -skv https://API-SERVER/healthz"
	var rules []rule
	add := func(c Cause, meaning string, causes, next []string) {
		rules = append(rules, rule{
			when: []string{"cannot connect once"}, and: phrasesOf(c), class: AgentCannotConnect, cause: c, tunnel: Yes,
			meaning: meaning, causes: causes, next: append([]string{doctor}, next...), source: konnectSync,
		})
	}
	add(CauseCredentials, "The server does not accept the agent's client certificate.",
		[]string{"the cluster's certificates were rotated and the agent still holds the old one", "they expired"},
		[]string{"kubectl rollout restart deployment/konnectivity-agent -n kube-system"})
	add(CauseDNS, "An agent cannot resolve the API server's name.",
		[]string{"the custom DNS servers fail or do not know the name", "the private DNS zone is not linked to their network", "53/UDP is blocked"},
		[]string{"kubectl aksnode run NODE --no-tunnel -- nslookup API-SERVER"})
	add(CauseExpired, "A certificate between the agent and the API server is out of its time.",
		[]string{"the cluster's certificates expired", "the node's clock is wrong"},
		[]string{"az aks rotate-certs -g GROUP -n CLUSTER (it restarts every node)"})
	add(CauseUntrusted, "The agent does not trust the certificate that it was shown for the API server.",
		[]string{"a firewall inspects TLS", "the name leads to another server"},
		[]string{"take the API server's name out of TLS inspection", run})
	add(CauseALPN, "TLS to the API server works only in part: konnectivity needs its ALPN protocol untouched.",
		[]string{"a firewall strips or rewrites ALPN, or ends TLS", "an HTTP proxy answers instead"},
		[]string{"let a network rule, not an application rule, pass 443 to the API server"})
	add(CauseTimeout, "An agent's packets to the API server get no answer.",
		[]string{"egress to the API server on 443 is dropped by an NSG, a route or a firewall", "SNAT ports ran out, where some nodes fail some of the time"},
		[]string{run})
	add(CauseRefused, "The API server's address refused the agent.",
		[]string{"the API server is restarting, or the cluster is stopped", "a firewall rejects", "the name leads to another address"},
		[]string{"az aks show -g GROUP -n CLUSTER --query powerState"})
	add(CauseUnreachable, "The agent's node has no route to the API server.",
		[]string{"a route table without a way out", "a peering or a private endpoint is gone"}, []string{run})
	add(CauseReset, "The agent's connection to the API server was cut at once.",
		[]string{"a firewall resets what it does not allow", "the API server is restarting"}, []string{run})
	other := func(tunnel Answer, cause Cause, source string, meaning string, causes []string, next []string, when ...string) {
		rules = append(rules, rule{
			when: when, class: AgentCannotConnect, cause: cause, tunnel: tunnel, meaning: meaning, causes: causes, next: append([]string{doctor}, next...), source: source,
		})
	}
	other(Yes, CauseALPN, konnectSync, "TLS to the API server works only in part: konnectivity needs its ALPN protocol untouched.",
		[]string{"a firewall strips or rewrites ALPN"}, nil, "missing selected ALPN property")
	other(Yes, "", konnectSync, "An agent does not reach the API server.", []string{"egress, DNS, TLS or ALPN on the way to it"}, []string{run}, "cannot connect once")
	other(Yes, "", konnectReady, "An agent says that it has no connection to the API server, and is not ready for that reason.",
		[]string{"its log says why, after \"cannot connect once\""}, []string{"kubectl get pods -n kube-system -l app=konnectivity-agent"},
		"server-connected failed", "server-connected check failed", "no servers connected")
	other(Yes, "", learnTunnel, "tunnelfront, the oldest tunnel of AKS, has no SSH connection to the API server's side.",
		[]string{"egress on TCP 9000 is blocked", "the cluster runs a tunnel that is no longer supported"}, []string{"upgrade the cluster"}, "Ssh to tunnelend is not connected")
	other(Yes, CauseTimeout, learnTunnel, "aks-link, an older tunnel of AKS, gets no answer to its OpenVPN handshake.",
		[]string{"egress on UDP 1194 is blocked", "the cluster runs a tunnel that is no longer supported"}, []string{"upgrade the cluster"},
		"TLS key negotiation failed", "TLS Error: TLS handshake failed")
	other(Maybe, CauseCredentials, "https://github.com/Azure/AKS/issues/449",
		"An SSH server does not accept the key. In tunnelfront's log: the tunnel's key does not fit.",
		[]string{"tunnelfront: its key and the API server's differ", "elsewhere: the node has another SSH key"}, []string{"upgrade the cluster, where it is tunnelfront"},
		"Permission denied (publickey)")
	return rules
}
