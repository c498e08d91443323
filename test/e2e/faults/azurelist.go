package faults

import (
	"slices"
	"strconv"
)

// AzureTunnel returns what `kubectl tunneldoctor --azure=auto` is tried on, by the names of AZURE.md.
func AzureTunnel() []AzureFault {
	return append([]AzureFault{
		{
			Name: "nsg-subnet-in-denies-kubelet", Code: deniedKubelets, Decides: "nsg-nodes/deny-kubelet",
			Why:    "an inbound rule of the subnet's group denies port 10250",
			Subnet: []AzureRule{inbound("deny-kubelet", 200, "Deny", "Tcp", everything, everything, "10250")},
		},
		{
			Name: "nsg-subnet-out-denies-kubelet", Code: deniedKubelets, Decides: "nsg-nodes/deny-kubelet",
			Why:    "an outbound rule of the subnet's group denies port 10250 of the nodes",
			Subnet: []AzureRule{outbound("deny-kubelet", 200, "Deny", "Tcp", everything, azureNodes, "10250")},
		},
		{
			Name: "nsg-nic-in-denies-kubelet-on-one-node", Code: deniedKubelets, Decides: "nsg-nic/deny-kubelet",
			Why: "an inbound rule of one NIC's group denies port 10250",
			NIC: []AzureRule{inbound("deny-kubelet", 300, "Deny", "Tcp", everything, everything, "10250")},
		},
		{
			Name: "nsg-nic-out-denies-kubelet-on-one-node", Code: deniedKubelets, Decides: "nsg-nic/deny-kubelet",
			Why: "an outbound rule of one NIC's group denies port 10250",
			NIC: []AzureRule{outbound("deny-kubelet", 300, "Deny", "Tcp", everything, everything, "10250")},
		},
		{
			Name: "nsg-port-list-holds-kubelet", Code: deniedKubelets, Decides: "nsg-nodes/deny-odd-ports",
			Why:    "a range of a rule's ports contains 10250",
			Subnet: []AzureRule{inbound("deny-odd-ports", 210, "Deny", "Tcp", azureAll, everything, "22", "8443", "10240-10260")},
		},
		{
			Name: "nsg-tag-denies-virtual-network", Code: deniedKubelets, Decides: "nsg-nodes/deny-vnet",
			Why: "a rule denies the tag VirtualNetwork before the default rule allows it, for the kubelets' port",
			Subnet: []AzureRule{
				inbound("deny-vnet", 3000, "Deny", "*", []string{"VirtualNetwork"}, []string{"VirtualNetwork"}, "10250"),
			},
		},
		{
			Name: "nsg-allow-shadowed-by-deny", Code: deniedKubelets, Decides: "nsg-nodes/deny-all-tcp",
			Why: "the rule that allows the kubelets' port comes after one that denies it",
			Subnet: []AzureRule{
				inbound("deny-all-tcp", 200, "Deny", "Tcp", everything, azureNodes, "10000-11000"),
				inbound("allow-kubelet", 300, "Allow", "Tcp", azureAll, azureNodes, "10250"),
			},
		},
		{
			Name: "nsg-managed-group-edited", Code: deniedKubelets, Decides: "aks-agentpool-12345678-nsg/deny-kubelet", Fix: 0,
			Why:     "somebody added a rule to the group that AKS manages",
			Managed: []AzureRule{inbound("deny-kubelet", 400, "Deny", "Tcp", everything, everything, "10250")},
		},
		{
			Name: "nsg-allow-list-without-nodes", Code: deniedKubelets, Decides: "nsg-nodes/deny-all",
			Why: "everything but SSH and DNS is denied at the end of the list, so also the traffic between nodes",
			Subnet: []AzureRule{
				inbound("allow-ssh", 100, "Allow", "Tcp", []string{"10.0.0.0/8"}, everything, "22"),
				inbound("allow-dns", 110, "Allow", "*", azureAll, everything, "53"),
				inbound("allow-load-balancer", 120, "Allow", "*", []string{"AzureLoadBalancer"}, everything, "*"),
				inbound("deny-all", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "nsg-subnet-out-denies-api", Code: cutOff, Decides: "nsg-nodes/deny-api",
			Why:    "an outbound rule of the subnet's group denies the API server's port",
			Subnet: []AzureRule{outbound("deny-api", 200, "Deny", "Tcp", everything, azureAPI, "443")},
		},
		{
			Name: "nsg-out-denies-everything", Code: cutOff, Decides: "nsg-nodes/deny-all-outbound",
			Why: "only the traffic between nodes and pods is allowed to leave",
			Subnet: []AzureRule{
				outbound("allow-nodes", 100, "Allow", "*", azureAll, azureAll, "*"),
				outbound("deny-all-outbound", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "route-subnet-to-dead-appliance", Code: routedKubelets, Decides: "rt-nodes/to-firewall", Fix: 1,
			Why:    "a route sends the traffic between the nodes to an applianceIP that does not exist",
			Routes: []AzureRoute{{"to-firewall", "10.220.0.16/28", virtualAppliance, deadApplianceIP}},
		},
		{
			Name: "route-none-for-api", Code: cutOff, Decides: "rt-nodes/black-hole", Why: "a route drops what goes to the API server",
			Routes: []AzureRoute{{"black-hole", "10.220.0.0/28", dropping, ""}},
		},
		{
			Name: "route-default-to-dead-appliance", Code: cutOff, Decides: "rt-nodes/default", Fix: 1,
			Why:    "the default route leads to an applianceIP that does not exist",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, deadApplianceIP}},
		},
		{
			Name: "nsg-source-list-holds-one-node", Code: deniedKubelets, Decides: "nsg-nodes/deny-some",
			Why: "a rule's list of sources has the addresses of one node and its pods",
			Subnet: []AzureRule{
				inbound("deny-some", 220, "Deny", "*", []string{"10.9.0.0/16", "10.220.0.21/32", "10.244.1.0/24"}, azureNodes, "10250"),
			},
		},
		{
			Name: "nsg-nic-denies-what-subnet-allows", Code: deniedKubelets, Decides: "nsg-nic/deny-kubelet",
			Why:    "the subnet's group allows everything, and the group of one NIC denies port 10250",
			Subnet: []AzureRule{inbound("allow-all", 100, "Allow", "*", everything, everything, "*")},
			NIC:    []AzureRule{inbound("deny-kubelet", 400, "Deny", "Tcp", everything, everything, "10250")},
		},
		{
			Name: "nsg-denies-zero-prefix", Code: deniedKubelets, Decides: "nsg-nodes/deny-kubelet",
			Why:    "a rule denies 0.0.0.0/0, which is everything",
			Subnet: []AzureRule{inbound("deny-kubelet", 500, "Deny", "Tcp", []string{"0.0.0.0/0"}, []string{"0.0.0.0/0"}, "10000-65535")},
		},
		{
			Name: "nsg-second-pool-closed", Code: deniedKubelets, Decides: "nsg-pool2/deny-first-pool",
			Why: "the second pool's subnet has a group of its own, which denies the first pool",
			Pool2: []AzureRule{
				inbound("deny-first-pool", 4000, "Deny", "*", []string{"10.220.0.20/32", "10.244.0.0/24"}, everything, "10250"),
			},
		},
		{
			Name: "nsg-out-denies-service-tag", Code: cutOff, Decides: "nsg-nodes/deny-cloud",
			Why:  "an outbound rule denies a service tag that has the API server's address",
			Tags: map[string][]string{"AzureCloud.eastus": {"10.220.0.8/29"}, "AzureCloud.westus": {"192.0.2.0/24"}},
			Subnet: []AzureRule{
				outbound("allow-west", 200, "Allow", "Tcp", everything, []string{"AzureCloud.westus"}, "443"),
				outbound("deny-cloud", 300, "Deny", "*", everything, []string{"AzureCloud.eastus"}, "*"),
			},
		},
		{
			Name: "nsg-out-allows-tag-of-another-region", Code: cutOff, Decides: "nsg-nodes/deny-all-outbound",
			Why:  "outbound, only the service tag of another region than the API server's is allowed",
			Tags: map[string][]string{"AzureCloud.eastus": {"10.220.0.8/29"}, "AzureCloud.westus": {"192.0.2.0/24"}},
			Subnet: []AzureRule{
				outbound("allow-nodes", 100, "Allow", "*", azureAll, azureAll, "*"),
				outbound("allow-west", 200, "Allow", "Tcp", everything, []string{"AzureCloud.westus"}, "443"),
				outbound("deny-all-outbound", 4096, "Deny", "*", everything, everything, "*"),
			},
		},
		{
			Name: "nsg-nic-out-denies-api-on-one-node", Code: cutOff, Decides: "nsg-nic/deny-api",
			Why: "an outbound rule of one NIC's group denies the API server's port",
			NIC: []AzureRule{outbound("deny-api", 300, "Deny", "Tcp", everything, azureAPI, "443")},
		},
		{
			Name: "route-default-none", Code: cutOff, Decides: "rt-nodes/default", Why: "the default route drops everything",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", dropping, ""}},
		},
		{
			Name: "route-api-address-none", Code: cutOff, Decides: "rt-nodes/api", Why: "a route for the API server's address alone drops",
			Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}, {"api", "10.220.0.10/32", dropping, ""}},
		},
		{
			Name: "route-on-second-pool-only", Code: cutOff, Decides: "rt-pool2/default", Fix: 1,
			Why:         "the second pool's subnet has a route table of its own, whose default route leads to an applianceIP that does not exist",
			Pool2Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, deadApplianceIP}},
		},
		{
			Name: "route-subnet-to-appliance-that-drops", Code: routedKubelets, Decides: "rt-nodes/to-firewall", Fix: 1,
			Why:    "a route sends the traffic between the nodes to an applianceIP, which drops the kubelets' port",
			Routes: []AzureRoute{{"to-firewall", "10.220.0.16/28", virtualAppliance, applianceIP}}, Appliance: "tcp dport 10250",
		},
		{Name: "pool-vm-deallocated", Code: off, Why: "the machine of node 1 is deallocated in the portal", Deallocated: true},
		{
			Name: "authorized-ranges-hold-former-address", Code: outOfRanges, Decides: "access/authorized-ranges",
			Why:    "the authorized IP ranges contain the address that the firewall had before",
			Ranges: []string{"203.0.113.41/32"}, Firewall: true, Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}},
		},
		{
			Name: "authorized-ranges-lack-firewall", Code: outOfRanges, Decides: "access/authorized-ranges",
			Why:    "the nodes' egress goes through a firewall whose public address is not authorized",
			Ranges: []string{"198.51.100.0/24"}, Firewall: true, Routes: []AzureRoute{{"default", "0.0.0.0/0", virtualAppliance, applianceIP}},
		},
	}, slices.Concat(snatFaults(), moreFaults(), healthyAzure(), healthySNAT(), moreHealthy())...)
}

// DeniesPort is a network security group of the nodes' subnet that denies TCP to the port, between the nodes too.
func DeniesPort(port int32) AzureFault {
	return AzureFault{
		Name:   "nsg-denies-port",
		Subnet: []AzureRule{inbound("deny-port", 210, "Deny", "Tcp", azureAll, everything, strconv.Itoa(int(port)))},
	}
}
