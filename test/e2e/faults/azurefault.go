package faults

// AzureRule is a rule of a network security group in the words of Azure, but with lists.
type AzureRule struct {
	Name, Direction, Access, Protocol string
	Priority                          int
	Sources, Destinations, Ports      []string
	// ToMembers is true if the destinations are the members of the application security group asg-nodes.
	ToMembers bool
}

// AzureRoute is a user-defined route. IP is that of a VirtualAppliance.
type AzureRoute struct{ Name, Prefix, NextHop, IP string }

// AzureFault is something that is wrong in Azure, or only odd there. AZURE.md says where it was reported.
type AzureFault struct {
	Name string
	// Code is the code of the check that must be tunneldoctor's verdict; empty: it must find nothing.
	Code string
	Why  string
	// Subnet are the rules of the group nsg-nodes on the nodes' subnet, NIC those of a group on the NIC of the node that the seed
	// chooses; nil: there is no group besides that of AKS.
	Subnet, NIC []AzureRule
	// Managed are rules that somebody added to the group that AKS manages.
	Managed []AzureRule
	// Routes are those of the table rt-nodes of the nodes' subnet; nil: it has none.
	Routes []AzureRoute
	// Pool2 are the rules of the group nsg-pool2, and Pool2Routes the routes of the table rt-pool2, of a subnet of its own to which node 1
	// belongs; nil: it has none. Both nil: both nodes are in one subnet.
	Pool2       []AzureRule
	Pool2Routes []AzureRoute
	// Loose are the rules of a group that is on no subnet and no NIC.
	Loose []AzureRule
	// Members are the nodes whose NICs are in the application security group asg-nodes: 0 is the node that the seed chooses, 1 the other.
	Members []int
	// Tags are what is behind service tags.
	Tags map[string][]string
	// Deallocated is true if node 1's machine is deallocated.
	Deallocated bool
	// Bare takes AKS's group from the NICs.
	Bare bool
	// Appliance is what the appliance drops, as a match of nft.
	Appliance string
	// State is the cluster's provisioning state; empty: Succeeded.
	State string
	// Ranges are the cluster's authorized IP ranges; nil: it has none.
	Ranges []string
	// Firewall makes the appliance an Azure Firewall, through which the nodes' egress goes from its public address 203.0.113.40.
	Firewall bool
	// Ports is how many SNAT ports the outbound rule gives each node; 0: the usual ones.
	Ports int
	// Hogs is how many connections to the API server a pod holds, on the node that the seed chooses and on the other one. Where it holds
	// any, the node's agent is then restarted.
	Hogs [2]int
	// Degraded is true if the verdict is a warning: another agent still works.
	Degraded bool
	// Decides is the rule whose counter must move and which the verdict must name, as GROUP/RULE.
	Decides string
	// Fix is the index of the printed fix that heals.
	Fix int
}

// CutsOff reports whether the kubelets lose the API server, so that their nodes become NotReady.
func (f AzureFault) CutsOff() bool { return f.Code == cutOff || f.Code == outOfRanges || f.Code == off }

var everything = []string{"*"}

func inbound(name string, priority int, access, protocol string, sources, destinations []string, ports ...string) AzureRule {
	return AzureRule{
		Name: name, Direction: "Inbound", Access: access, Protocol: protocol, Priority: priority, Sources: sources,
		Destinations: destinations, Ports: ports,
	}
}

func outbound(name string, priority int, access, protocol string, sources, destinations []string, ports ...string) AzureRule {
	r := inbound(name, priority, access, protocol, sources, destinations, ports...)
	r.Direction = "Outbound"
	return r
}

// The addresses of the lab in Azure: the subnet of the nodes, the pods, the API server.
var (
	azureNodes = []string{"10.220.0.16/28"}
	azureAll   = []string{"10.220.0.16/28", "10.244.0.0/16"}
	azureAPI   = []string{"10.220.0.10"}
)

// The verdicts about the kubelets' port and about the way to the API server, and what routes lead to.
const (
	deniedKubelets = "TUN0604"
	routedKubelets = "TUN0605"
	cutOff         = "TUN0211" // the kubelets lose the API server with the agents
	outOfRanges    = "TUN0212"
	off            = "TUN0213"
	noPorts        = "TUN0313"

	applianceIP, deadApplianceIP = "10.220.0.40", "10.220.0.41"
	virtualAppliance, dropping   = "VirtualAppliance", "None"
)
