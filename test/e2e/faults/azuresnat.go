package faults

// snatFaults are nodes without SNAT ports for new connections to the API server, to which agents connect.
func snatFaults() []AzureFault {
	// the lab's API server has a private address, of which it is not documented whether the default rules' tag Internet covers it
	allowed := []AzureRule{outbound("allow-api", 200, "Allow", "Tcp", everything, azureAPI, "443")}
	return []AzureFault{
		{
			Name: "snat-all-nodes-exhausted", Code: noPorts, Ports: 16, Hogs: [2]int{16, 16}, Fix: 1, Managed: allowed,
			Why: "pods on both nodes hold as many connections to the API server as the nodes have SNAT ports",
		},
		{
			Name: "snat-one-node-exhausted", Code: noPorts, Ports: 16, Hogs: [2]int{16, 0}, Degraded: true, Fix: 1, Managed: allowed,
			Why: "a pod on one node holds as many connections to the API server as the node has SNAT ports",
		},
		{
			Name: "snat-api-server-shares-the-ports", Code: noPorts, Ports: 24, Hogs: [2]int{24, 0}, Degraded: true, Fix: 1, Managed: allowed,
			Why: "a controller's connections and the system's share the node's ports to the API server",
		},
	}
}

// healthySNAT are set-ups in which SNAT is odd and suffices.
func healthySNAT() []AzureFault {
	return []AzureFault{
		{Name: "azure-healthy-few-snat-ports", Ports: 64, Why: "each node has few SNAT ports, and they suffice"},
		{
			Name: "azure-healthy-many-connections", Ports: 128, Hogs: [2]int{60, 0},
			Why: "a pod holds many connections to the API server, and ports are left",
		},
	}
}
