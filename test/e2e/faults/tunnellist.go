package faults

// TunnelFault is something that is broken on purpose between the API server and the cluster.
type TunnelFault struct {
	Name string
	// Code is the code of the check that must be tunneldoctor's verdict; Status its status, fail if it is empty.
	Code, Status string
	Dead         bool // nothing at all gets through the tunnel
	Why          string
	// Tunnel is the lab's tunnel, as in `lab up --tunnel`; empty: konnectivity.
	Tunnel string
}

// Tunnel returns the faults with which `kubectl tunneldoctor` is evaluated. It was written before the checks.
func Tunnel() []TunnelFault {
	return []TunnelFault{
		// hop api
		{Name: "api-port-closed", Code: "TUN0101", Dead: true, Why: "this client does not reach the API server: it is not the tunnel"},
		// hop agents
		{Name: "agents-scaled-to-zero", Code: "TUN0202", Dead: true, Why: "the agents' Deployment has 0 replicas"},
		{Name: "agents-over-quota", Code: "TUN0202", Dead: true, Why: "a ResourceQuota prevents creating agents"},
		{
			Name: "agents-denied-by-webhook", Code: "TUN0201", Dead: true,
			Why: "a webhook with failurePolicy Fail that has no server prevents creating the agents: a deadlock",
		},
		{Name: "agents-unschedulable", Code: "TUN0203", Dead: true, Why: "the agents require a node label that no node has"},
		{Name: "agents-image-missing", Code: "TUN0204", Dead: true, Why: "the agents' image cannot be pulled"},
		{
			Name: "agents-secret-missing", Code: "TUN0204", Dead: true,
			Why: "the Secret with the agents' certificates is gone, so their volume is not mounted",
		},
		{Name: "agents-crash", Code: "TUN0205", Dead: true, Why: "the agents do not know one of their flags and exit at once"},
		{Name: "agents-out-of-memory", Code: "TUN0206", Dead: true, Why: "the agents' memory limit is too small: they are killed"},
		{Name: "agents-node-lost", Code: "TUN0207", Dead: true, Why: "all agents are on one node, and that is gone"},
		{Name: "konnectivity-cert-expired", Code: "TUN0208", Dead: true, Why: "the agents' client certificate expired"},
		{
			Name: "konnectivity-cert-wrong", Code: "TUN0209", Dead: true,
			Why: "the agents' client certificate is of another authority: the server refuses it",
		},
		// hop egress
		{Name: "policy-on-agents", Code: "TUN0301", Dead: true, Why: "a NetworkPolicy denies all egress of the agents, and is enforced"},
		{Name: "dns-broken", Code: "TUN0302", Dead: true, Why: "the agents' nodes cannot resolve the API server's name"},
		{Name: "egress-dropped", Code: "TUN0303", Dead: true, Why: "packets from the agents to the API server get lost; kubelets go on"},
		{Name: "egress-rejected-on-node", Code: "TUN0303", Dead: true, Why: "the nodes' own firewalls reject what the agents send to port 443"},
		{Name: "tls-intercepted", Code: "TUN0304", Dead: true, Why: "an appliance terminates TLS with a certificate of its own CA"},
		{Name: "alpn-blocked", Code: "TUN0305", Dead: true, Why: "an appliance cuts what offers the ALPN protocol konnectivity"},
		{Name: "konnectivity-server-down", Code: "TUN0307", Dead: true, Why: "the API server's end of the tunnel is down: DNS, TCP and TLS work"},
		{
			Name: "required-server-blocked", Code: "TUN0308", Status: "warn",
			Why: "a firewall resets connections to one of the servers that AKS needs, by its name in TLS",
		},
		{
			Name: "required-servers-dropped", Code: "TUN0308", Status: "warn",
			Why: "packets to all servers that AKS needs besides the API server get lost",
		},
		{
			Name: "required-servers-inspected", Code: "TUN0308", Status: "warn",
			Why: "an appliance inspects TLS to them, with an authority that the nodes do not trust",
		},
		{Name: "agents-hung", Code: "TUN0306", Dead: true, Why: "the agents hang: their nodes reach the API server"},
		// hop nodes
		{Name: "kubelet-stopped", Code: "TUN0401", Why: "one node's kubelet is stopped"},
		{Name: "kubelet-stopped-everywhere", Code: "TUN0401", Dead: true, Why: "no node's kubelet runs"},
		{Name: "kubelet-hung", Code: "TUN0401", Why: "one node's kubelet hangs"},
		{Name: "kubelet-other-address", Code: "TUN0402", Why: "one node's kubelet listens on 127.0.0.1 only"},
		{Name: "kubelet-serving-certificate-gone", Code: "TUN0403", Why: "one node's kubelet has no serving certificate"},
		// hop firewall
		{Name: "ufw-enabled", Code: "TUN0501", Why: "ufw is enabled with its defaults on one node"},
		{Name: "ufw-enabled-everywhere", Code: "TUN0501", Dead: true, Why: "the same on all nodes"},
		{Name: "ufw-other-ports", Code: "TUN0501", Why: "ufw allows other ports"},
		{Name: "ufw-denies", Code: "TUN0501", Why: "ufw is told to deny the port and to allow all others"},
		{Name: "iptables-drop", Code: "TUN0502", Why: "a rule in INPUT drops the port on one node"},
		{Name: "iptables-drop-everywhere", Code: "TUN0502", Dead: true, Why: "the same on all nodes"},
		{Name: "iptables-reject-everywhere", Code: "TUN0502", Dead: true, Why: "a rule in INPUT rejects the port on all nodes"},
		{Name: "iptables-reset", Code: "TUN0502", Why: "a rule in INPUT rejects the port with a TCP reset, as a stopped kubelet does"},
		{Name: "iptables-legacy-drop", Code: "TUN0502", Why: "a rule that only iptables-legacy shows"},
		{Name: "iptables-legacy-reject-everywhere", Code: "TUN0502", Dead: true, Why: "the same, rejecting, on all nodes"},
		{Name: "iptables-user-chain", Code: "TUN0502", Why: "the rule is in a chain of its own, jumped to from INPUT"},
		{Name: "iptables-raw", Code: "TUN0502", Dead: true, Why: "the rule is in the table raw, on all nodes"},
		{Name: "iptables-policy", Code: "TUN0502", Dead: true, Why: "the policy of INPUT is DROP and nothing accepts the port, on all nodes"},
		{Name: "iptables-one-source", Code: "TUN0502", Why: "the rule drops what comes from one agent only: some tries fail"},
		{Name: "iptables-drop-before-accept", Code: "TUN0502", Why: "a rule accepts the port, behind one that drops it"},
		{Name: "iptables-multiport", Code: "TUN0502", Dead: true, Why: "the port is one of several, on all nodes"},
		{Name: "nft-other-table", Code: "TUN0502", Why: "a table of nftables that iptables does not show drops the port"},
		{Name: "nft-early-priority", Code: "TUN0502", Dead: true, Why: "the same in prerouting, before all else, on all nodes"},
		{Name: "nft-set", Code: "TUN0502", Why: "a set of nftables holds the port"},
		{Name: "forward-drop", Code: "TUN0503", Why: "the agents' nodes drop in FORWARD what their agents send to kubelets"},
		// hop network
		{Name: "switch-drop-one-way", Code: "TUN0601", Why: "between two nodes packets to the port get lost in one direction"},
		{Name: "switch-drop-both-ways", Code: "TUN0601", Why: "the same in both directions"},
		{Name: "switch-drop-replies", Code: "TUN0601", Why: "answers of one node's kubelet get lost"},
		{Name: "mtu-small", Code: "TUN0602", Why: "large packets get lost between the nodes, small ones pass"},
		// hop services
		{Name: "webhook-endpoints-gone", Code: "TUN0701", Why: "a webhook with failurePolicy Fail has no endpoints"},
		{Name: "webhook-slow", Code: "TUN0702", Why: "a webhook with failurePolicy Fail answers later than its timeoutSeconds"},
		{Name: "webhook-cut-off", Code: "TUN0702", Why: "packets to a webhook's pod get lost, as by a policy"},
		{Name: "metrics-server-down", Code: "TUN0703", Why: "metrics-server has no pods"},
		{Name: "metrics-server-cut-off", Code: "TUN0703", Why: "packets to metrics-server's pods get lost, as by a policy"},
		{Name: "aggregated-api-down", Code: "TUN0704", Why: "an APIService refers to a Service without endpoints"},
		// hop capacity
		{Name: "agents-one-replica", Code: "TUN0901", Status: "warn", Why: "the Deployment was scaled down to one agent"},
		{Name: "agents-on-one-node", Code: "TUN0902", Status: "warn", Why: "both agents are on one node"},
		{
			Name: "agents-budget-full", Code: "TUN0903", Status: "warn",
			Why: "the PodDisruptionBudget wants both agents, so no node with one can be drained",
		},
	}
}

// OtherTunnels returns the faults of clusters with other tunnels than konnectivity over HTTP CONNECT, grouped by
// tunnel.
func OtherTunnels() []TunnelFault {
	return []TunnelFault{
		{
			Tunnel: "tunnelfront", Name: "tunnelfront-port-dropped", Code: "TUN0303", Dead: true,
			Why: "packets to port 9000 of the API server get lost outside the nodes",
		},
		{
			Tunnel: "tunnelfront", Name: "tunnelfront-port-rejected-on-node", Code: "TUN0303", Dead: true,
			Why: "the nodes' own firewalls reject TCP 9000",
		},
		{
			Tunnel: "tunnelfront", Name: "tunnelfront-scaled-to-zero", Code: "TUN0202", Dead: true,
			Why: "the Deployment tunnelfront has 0 replicas",
		},
		{
			Tunnel: "tunnelfront", Name: "iptables-drop-everywhere", Code: "TUN0502", Dead: true,
			Why: "the tunnel works, and the nodes drop the kubelet's port",
		},
		{
			Tunnel: "aks-link", Name: "aks-link-port-dropped", Code: "TUN0303", Dead: true,
			Why: "packets to UDP port 1194 of the API server get lost outside the nodes",
		},
		{Tunnel: "aks-link", Name: "aks-link-port-dropped-on-node", Code: "TUN0303", Dead: true, Why: "the nodes' own firewalls drop UDP 1194"},
		{Tunnel: "aks-link", Name: "iptables-drop", Code: "TUN0502", Why: "the tunnel works, and one node drops the kubelet's port"},
		{
			Tunnel: "none", Name: "iptables-drop", Code: "TUN0502",
			Why: "the API server connects to kubelets directly, and one node drops the port",
		},
		{Tunnel: "none", Name: "kubelet-stopped", Code: "TUN0401", Why: "the same, and one kubelet is stopped"},
		{
			Tunnel: "konnectivity-grpc", Name: "agents-scaled-to-zero", Code: "TUN0202", Dead: true,
			Why: "in gRPC mode the API server reports that no agent is available",
		},
		{
			Tunnel: "konnectivity-grpc", Name: "konnectivity-server-down", Code: "TUN0307", Dead: true,
			Why: "in gRPC mode it reports that its connection is refused",
		},
		{Tunnel: "konnectivity-grpc", Name: "iptables-drop", Code: "TUN0502", Why: "in gRPC mode it passes the agent's own words on"},
	}
}

// TunnelHealthy returns set-ups that look odd and must have no finding of severity warning or above from tunneldoctor.
func TunnelHealthy() []Setup {
	return []Setup{
		{"plain", "nothing is done to the cluster"},
		{"agents-three", "three agents on two nodes"},
		{"node-cordoned", "a node takes no new pods"},
		{"node-tainted", "a node has a taint that nothing tolerates"},
		{"iptables-accept-before-drop", "a rule drops the port, behind one that accepts it"},
		{"iptables-drop-other-port", "a rule drops port 10255"},
		{"iptables-drop-other-source", "a rule drops the port for an address that is no agent's"},
		{"iptables-log", "a rule with a rate limit logs the port"},
		{"ufw-lets-port-in", "ufw is enabled and lets the port in"},
		{"nft-accepts", "a table of nftables with the policy drop accepts the port by a set"},
		{"policy-lets-agents-out", "a second NetworkPolicy on the agents allows all"},
		{"webhook-ignore", "a webhook with failurePolicy Ignore has no endpoints"},
		{"webhook-of-other-kind", "a webhook with failurePolicy Fail has no endpoints and is for a kind that nobody makes"},
		{"webhook-answers", "a webhook with failurePolicy Fail answers"},
		{"job-pods", "finished Jobs leave pods in kube-system"},
		{"required-servers", "all servers that AKS needs are asked for, and answer"},
	}
}
