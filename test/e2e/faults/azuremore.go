package faults

// toMembers returns the rule with the members of the application security group as its destinations.
func toMembers(r AzureRule) AzureRule {
	r.Destinations, r.ToMembers = nil, true
	return r
}

// moreFaults are rules by application security groups and by the ranges of subnets.
func moreFaults() []AzureFault {
	return []AzureFault{
		{
			Name: "nsg-asg-denies-kubelet", Code: deniedKubelets, Decides: "nsg-nodes/deny-members", Members: []int{0},
			Why:    "a rule denies port 10250 of an application security group, in which one node's NIC is",
			Subnet: []AzureRule{toMembers(inbound("deny-members", 250, "Deny", "Tcp", everything, nil, "10250"))},
		},
		{
			Name: "nsg-asg-membership-lost", Code: deniedKubelets, Decides: "nsg-nodes/deny-kubelets", Members: []int{0},
			Why: "only members of an application security group may be reached on port 10250, and one node's NIC is none",
			Subnet: []AzureRule{
				toMembers(inbound("allow-members", 100, "Allow", "Tcp", everything, nil, "10250")),
				inbound("deny-kubelets", 200, "Deny", "Tcp", everything, everything, "10250"),
			},
		},
		{
			Name: "nsg-second-pool-range-missed", Code: deniedKubelets, Decides: "nsg-nodes/deny-kubelet",
			Why: "the list allows the first pool's address only, and the second pool came later",
			Subnet: []AzureRule{
				inbound("allow-first-pool", 200, "Allow", "Tcp", []string{"10.220.0.20/32", "10.244.0.0/24"}, everything, "10250"),
				inbound("deny-kubelet", 300, "Deny", "Tcp", everything, everything, "10250"),
			},
		},
	}
}

// moreHealthy are odd set-ups in which everything works.
func moreHealthy() []AzureFault {
	return []AzureFault{
		{
			Name: "azure-healthy-asg-with-all-nics", Members: []int{0, 1},
			Why: "only members of an application security group are allowed, and all nodes are",
			Subnet: []AzureRule{
				toMembers(inbound("allow-members", 100, "Allow", "Tcp", everything, nil, "10250")),
				inbound("deny-kubelets", 200, "Deny", "Tcp", everything, everything, "10250"),
			},
		},
		{
			Name: "azure-healthy-deny-of-another-range", Why: "a rule denies a range in which nobody is",
			Subnet: []AzureRule{inbound("deny-office", 200, "Deny", "*", []string{"10.221.0.0/16"}, everything, "*")},
		},
		{
			Name: "azure-healthy-route-of-a-gone-node", Why: "a route leads to the pods of a node that does not exist any more",
			Routes: []AzureRoute{{"gone", "10.244.7.0/24", virtualAppliance, "10.220.0.29"}},
		},
	}
}
