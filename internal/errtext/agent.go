package errtext

// agentRules are lines of the agents' own logs and readiness. klog quotes the message and appends err="...".
func agentRules() []rule {
	rules := append([]rule{unknownAgent(), managementAgent()}, cannotConnect()...)
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
		tunnel:  Yes,
		meaning: "A tunnel agent lost its connection to the API server; it reconnects.",
		causes: []string{
			"the API server was restarted or moved, for example in an upgrade: normal",
			"if it keeps happening: an idle timeout or a firewall cuts the connection",
		},
		next: []string{"check whether \"successfully connected to new proxy server\" follows", "kubectl tunneldoctor"},
	})
	line(rule{
		when: []string{
			"successfully connected to new proxy server", "Connect to server serverID", "Connect to server=",
			"Peer Connection Initiated with [AF_INET",
		},
		class:   AgentConnected,
		meaning: "A tunnel agent connected to the API server: egress, DNS, TLS and ALPN from its node work.",
		causes:  []string{"normal operation"},
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
		meaning: "Agents log this when a connection through the tunnel is closed. By itself it is harmless.",
		causes:  []string{"one side closed the connection first"},
		next:    []string{"nothing; look for \"cannot connect once\" and \"error dialing backend\" instead"},
		source:  "https://github.com/Azure/AKS/issues/4423",
	})
	line(rule{
		when: []string{
			"ProxyServerHost set to", "ProxyServerPort set to", "ALPNProtos set to", "HealthServerPort set to",
			"AdminServerPort set to",
		},
		class:   AgentBenign,
		meaning: "A tunnel agent logs its configuration at startup: the API server it connects to, and its own ports.",
		causes:  []string{"normal operation"},
		next:    []string{"compare the host with the output of kubectl cluster-info"},
		source:  konnect + "cmd/agent/app/options/options.go",
	})
	line(rule{
		when:    []string{"connection read failure", "conn write failure", "write to remote with failure"},
		class:   ConnectionLost,
		tunnel:  Maybe,
		meaning: "An established connection between a tunnel agent and a target was cut.",
		causes:  []string{"the target closed the connection or crashed", "an idle timeout in between"},
		next:    []string{"check whether it is always the same target"},
	})
	line(rule{
		when:    []string{"dialAddress= … connection refused", "connection refused … dialAddress="},
		port:    []string{"10249", "10256", "19100", "20257"},
		class:   AgentBenign,
		meaning: "Something connected through the tunnel to a port of a system component that does not listen on this node.",
		causes:  []string{"probes of kube-proxy, node exporter or node-problem-detector: expected noise"},
		next:    []string{"nothing"},
		source:  "https://github.com/Azure/AKS/issues/4423",
	})
	return rules
}

// unknownAgent is a konnectivity server that does not let an agent in. The agent's own log only says that it got no server ID.
func unknownAgent() rule {
	return rule{
		when: []string{
			"Client authentication failed … agentID", "Failed to validate authentication token", "expected one server ID in the context",
			"failed to retrieve authentication token",
		},
		class: AgentCannotConnect, cause: CauseCredentials, tunnel: Yes,
		meaning: "The konnectivity server does not let the agent in: the agent's token is not accepted, or could not be checked.",
		causes: []string{
			"the konnectivity server does not reach the API server, which has to check the token: a network policy or an external address",
			"the token of the agent's service account expired or is for another audience",
		},
		next:   []string{"kubectl rollout restart deployment/konnectivity-agent -n kube-system", "read the log of the konnectivity server"},
		source: "https://github.com/kubermatic/kubermatic/issues/8718",
	}
}

// managementAgent is an agent of Rancher in a cluster of any kind: its tunnel leads to Rancher, not to the API server.
func managementAgent() rule {
	return rule{
		when:  []string{"/v3/connect", "cattle-cluster-agent", "cattle-system"},
		and:   []string{"proxy error", "Connecting to proxy", "Failed to connect to proxy", "Failed to dial", "websocket:"},
		class: Elsewhere, tunnel: No,
		meaning: "Rancher's agent in the cluster lost its own connection to the Rancher server. It is not the tunnel of the API server.",
		causes: []string{
			"a load balancer or proxy before Rancher cuts WebSocket connections as idle", "the Rancher server was restarted or is not reached",
		},
		next:   []string{"look whether it connects again", "kubectl logs -n cattle-system deploy/cattle-cluster-agent"},
		source: "https://github.com/rancher/remotedialer",
	}
}

// unconnected are the phrases of agents that do not reach their server: of konnectivity, of its versions before structured logs, which
// OpenYurt uses too, and of K3s and RKE2.
func unconnected() []string {
	return []string{
		"cannot connect once", "clientset.go … rpc error: code = Unavailable desc = connection",
		"Remotedialer proxy error", "Failed to connect to proxy … dialer response",
	}
}

// cannotConnect are agents that do not reach the API server, by cause.
func cannotConnect() []rule {
	doctor, run := "kubectl tunneldoctor", "kubectl aksnode run NODE --no-tunnel -- curl -skv https://API-SERVER/healthz"
	var rules []rule
	add := func(c Cause, meaning string, causes, next []string) {
		rules = append(rules, rule{
			when: unconnected(), and: phrasesOf(c), class: AgentCannotConnect, cause: c, tunnel: Yes,
			meaning: meaning, causes: causes, next: append([]string{doctor}, next...),
			source: konnectSync,
		})
	}
	add(CauseCredentials, "The konnectivity server rejects the agent's client certificate.",
		[]string{"the cluster's certificates were rotated and the agent still uses the old one", "the certificates expired"},
		[]string{"kubectl rollout restart deployment/konnectivity-agent -n kube-system"})
	add(CauseDNS, "A tunnel agent cannot resolve the API server's name.",
		[]string{
			"the custom DNS servers are down or do not know the name",
			"the private DNS zone is not linked to their virtual network", "53/UDP is blocked",
		},
		[]string{"kubectl aksnode run NODE --no-tunnel -- nslookup API-SERVER"})
	add(CauseExpired, "A certificate between the agent and the API server has expired or is not valid yet.",
		[]string{"the cluster's certificates expired", "the node's clock is wrong"},
		[]string{"az aks rotate-certs -g GROUP -n CLUSTER (it restarts every node)"})
	add(CauseUntrusted, "The agent does not trust the certificate that was presented for the API server.",
		[]string{"a firewall inspects TLS", "the name resolves to another server"},
		[]string{"exempt the API server's name from TLS inspection", run})
	add(CauseALPN, "TLS to the API server works only in part: konnectivity needs its ALPN protocol to arrive unchanged.",
		[]string{"a firewall strips or rewrites ALPN, or terminates TLS", "an HTTP proxy answers instead"},
		[]string{"allow 443 to the API server by a network rule instead of an application rule"})
	add(CauseTimeout, "A tunnel agent's connection to the API server gets no answer.",
		[]string{
			"egress to the API server on 443 is dropped by an NSG, a route or a firewall",
			"if only some nodes fail at times: SNAT port exhaustion",
		},
		[]string{run})
	add(CauseRefused, "The API server's address refused the tunnel agent's connection.",
		[]string{
			"the API server is restarting, or the cluster is stopped", "a firewall rejects the connection",
			"the name resolves to another address",
		},
		[]string{"az aks show -g GROUP -n CLUSTER --query powerState"})
	add(CauseUnreachable, "The tunnel agent's node has no route to the API server.",
		[]string{"a route table without a default route", "a peering or a private endpoint was deleted"}, []string{run})
	add(CauseReset, "The tunnel agent's connection to the API server was reset at once.",
		[]string{"a firewall resets connections that it does not allow", "the API server is restarting"}, []string{run})
	other := func(tunnel Answer, cause Cause, source string, meaning string, causes []string, next []string, when ...string) {
		rules = append(rules, rule{
			when: when, class: AgentCannotConnect, cause: cause, tunnel: tunnel, meaning: meaning, causes: causes,
			next:   append([]string{doctor}, next...),
			source: source,
		})
	}
	other(Yes, CauseALPN, konnectSync, "TLS to the API server works only in part: konnectivity needs its ALPN protocol to arrive unchanged.",
		[]string{"a firewall strips or rewrites ALPN"}, nil, "missing selected ALPN property")
	other(
		Yes, "", konnectSync, "A tunnel agent does not reach the API server.",
		[]string{"egress, DNS, TLS or ALPN between the node and the API server"}, []string{run}, unconnected()...,
	)
	other(Yes, "", konnectReady, "A tunnel agent is not ready because it has no connection to the API server.",
		[]string{"see its log, after \"cannot connect once\""}, []string{"kubectl get pods -n kube-system -l app=konnectivity-agent"},
		"server-connected failed", "server-connected check failed", "no servers connected")
	other(Yes, "", learnTunnel, "tunnelfront, the oldest tunnel of AKS, has no SSH connection to the API server's side.",
		[]string{"egress on TCP 9000 is blocked", "the cluster runs a tunnel that is no longer supported"},
		[]string{"upgrade the cluster"}, "Ssh to tunnelend is not connected",
		"Was not able to establish connection to tunnelend")
	other(Yes, CauseTimeout, learnTunnel, "aks-link, an older tunnel of AKS, gets no answer to its OpenVPN handshake.",
		[]string{"egress on UDP 1194 is blocked", "the cluster runs a tunnel that is no longer supported"}, []string{"upgrade the cluster"},
		"TLS key negotiation failed", "TLS Error: TLS handshake failed")
	other(Maybe, CauseCredentials, "https://github.com/Azure/AKS/issues/449",
		"An SSH server rejects the key. In tunnelfront's log: the tunnel's keys do not match.",
		[]string{"tunnelfront: its key differs from the API server's", "elsewhere: the node has a different SSH key"},
		[]string{"if it is tunnelfront: upgrade the cluster"},
		"Permission denied (publickey)")
	return rules
}
