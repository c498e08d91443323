package faults

// healthyAzure returns what is healthy, but odd.
func healthyAzure() []AzureFault {
	return []AzureFault{
		{
			Name: "azure-healthy-loose-group", Why: "a group that denies everything is on no subnet and no NIC",
			Loose: []AzureRule{inbound("deny-all", 100, "Deny", "*", everything, everything, "*")},
		},
		{
			Name: "azure-healthy-tag-covers-nodes", Why: "the tag VirtualNetwork is allowed, and everything else denied",
			Subnet: []AzureRule{
				inbound("allow-vnet", 200, "Allow", "*", []string{"VirtualNetwork"}, []string{"VirtualNetwork"}, "*"),
				inbound("allow-load-balancer", 210, "Allow", "*", []string{"AzureLoadBalancer"}, everything, "*"),
				inbound("allow-jump-host", 220, "Allow", "*", []string{"10.220.0.30"}, everything, "*"),
				inbound("deny-all", 300, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "azure-healthy-egress-by-tags", Why: "outbound, only a service tag that has the API server's address is allowed",
			Tags: map[string][]string{"AzureCloud.eastus": {"10.220.0.8/29"}},
			Subnet: []AzureRule{
				outbound("allow-nodes", 100, "Allow", "*", azureAll, azureAll, "*"),
				outbound("allow-cloud", 110, "Allow", "Tcp", everything, []string{"AzureCloud.eastus"}, "443"),
				outbound("allow-jump-host", 120, "Allow", "*", everything, []string{"10.220.0.30"}, "*"),
				outbound("deny-all-outbound", 4000, "Deny", "*", everything, everything, "*"),
			},
		},
		{Name: "azure-healthy-no-groups", Why: "neither subnet nor NICs have a group", Bare: true},
		{
			Name: "azure-healthy-second-pool", Why: "the second pool's subnet has a group that allows what AKS requires",
			Pool2: []AzureRule{
				inbound("allow-nodes", 100, "Allow", "*", azureAll, everything, "*"),
				inbound("allow-load-balancer", 110, "Allow", "*", []string{"AzureLoadBalancer"}, everything, "*"),
				inbound("allow-jump-host", 120, "Allow", "*", []string{"10.220.0.30"}, everything, "*"),
				inbound("deny-all", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "azure-healthy-route-for-firewall-address", Why: "the firewall's own address has a route to the internet, as Microsoft asks for",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}, {"fw-internet", "203.0.113.40/32", "Internet", ""}},
		},
		{
			Name: "azure-healthy-icmp-denied", Why: "ICMP is denied",
			Subnet: []AzureRule{inbound("deny-icmp", 100, "Deny", "Icmp", everything, everything, "*")},
		},
		{Name: "azure-healthy-failed-operation", Why: "the last operation on the cluster failed, and it works", State: "Failed"},
		{Name: "azure-healthy-updating", Why: "an operation on the cluster is in progress", State: "Updating"},
		{
			Name: "azure-healthy-ranges-hold-firewall", Why: "the authorized IP ranges contain the firewall's public address",
			Ranges: []string{"198.51.100.0/24", "203.0.113.40/32"}, Firewall: true,
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}},
		},
		{
			Name: "azure-healthy-ranges-of-others", Why: "the authorized IP ranges have other addresses only, and the load balancer's is authorized",
			Ranges: []string{"198.51.100.0/24"},
		},
		{
			Name: "azure-healthy-default-to-appliance", Why: "egress goes through an applianceIP that forwards it",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}},
		},
		{
			Name: "azure-healthy-route-for-others", Why: "a route drops what nobody sends",
			Routes: []AzureRoute{{"black-hole", "192.0.2.0/24", dropping, ""}},
		},
		{
			Name: "azure-healthy-plain", Why: "only the group that AKS manages",
		},
		{
			Name: "azure-healthy-deny-all-after-allows", Why: "everything is denied at the end, and what AKS requires is allowed before",
			Subnet: []AzureRule{
				inbound("allow-nodes", 100, "Allow", "*", azureAll, everything, "*"),
				inbound("allow-load-balancer", 110, "Allow", "*", []string{"AzureLoadBalancer"}, everything, "*"),
				inbound("allow-jump-host", 120, "Allow", "*", []string{"10.220.0.30"}, everything, "*"),
				inbound("deny-all", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "azure-healthy-deny-of-another-port", Why: "a rule denies a port that nobody uses",
			Subnet: []AzureRule{inbound("deny-10251", 200, "Deny", "Tcp", everything, everything, "10251")},
		},
		{
			Name: "azure-healthy-udp-denied", Why: "port 10250 is denied for UDP only",
			Subnet: []AzureRule{inbound("deny-udp", 200, "Deny", "Udp", everything, everything, "10250")},
		},
		{
			Name: "azure-healthy-deny-internet", Why: "everything from the internet is denied",
			Subnet: []AzureRule{inbound("deny-internet", 200, "Deny", "*", []string{"203.0.113.0/24", "198.51.100.0/24"}, everything, "*")},
		},
		{
			Name: "azure-healthy-deny-shadowed", Why: "the rule that denies the kubelets' port comes after one that allows it",
			Subnet: []AzureRule{
				inbound("allow-kubelet", 200, "Allow", "Tcp", azureAll, everything, "10250"),
				inbound("deny-kubelet", 300, "Deny", "Tcp", everything, everything, "10250"),
			},
		},
	}
}
