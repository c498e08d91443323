// Package layout has what the lab's parts must agree on: names, addresses and directories.
package layout

import (
	"os"
	"path/filepath"
)

// Name is the name of everything of the lab outside the checkout: the cgroup, the state directory, the prefix of the
// namespaces.
const Name = "akstools-lab"

// State is the directory of the running lab. There is one lab per machine, whatever the checkout, so that any checkout
// finds another one's lab and can remove it.
const State = "/var/lib/" + Name

// Addresses. They only exist in the lab's own network namespaces.
const (
	ControlPlaneIP = "10.220.0.10"
	ClientIP       = "10.220.0.30"
	ApplianceIP    = "10.220.0.40"
	LoadBalancerIP = "10.220.0.50"
	AzureIP        = "168.63.129.16"   // Azure's DNS, and source of health probes, as nodes see it
	MetadataIP     = "169.254.169.254" // the Instance Metadata Service, in a lab with Azure
	ServiceCIDR    = "10.96.0.0/16"
	ServiceIP      = "10.96.0.1"
	DNSServiceIP   = "10.96.0.10"
	ClusterCIDR    = "10.244.0.0/16"
	TunnelIP       = "10.221.0.1"        // the control plane's end of an old tunnel
	TunnelPodIP    = "10.221.0.2"        // its pod's end
	FrontendCIDR   = "10.220.1.0/24"     // addresses of Services of type LoadBalancer; no machine has one of them
	AppsZone       = "apps.example.com"  // the public DNS zone of the apps
	PublicCIDR     = "203.0.113.0/24"    // in a lab with --azure, the public addresses that Azure gives
	InternetCIDR   = "198.51.100.0/24"   // in a lab with --azure, the rest of the internet
	InternetIP     = "198.51.100.7"      // the client's address there
	TargetCIDR     = "198.51.100.128/25" // the addresses of data services there, in a lab with targets
	OutboundIP     = "203.0.113.50"      // in a lab with --azure, the cluster's address in the internet
	// FQDN is the API server's name, in AKS's format.
	FQDN = "aks-lab-12345678.hcp.eastus.azmk8s.io"
	// ARMPort is the port on the host's loopback on which Azure Resource Manager is published in a lab with --azure.
	ARMPort = "16444"
)

// The cluster in Azure. Group and Cluster are the managed cluster's resource group and name; AKS created the node
// resource group. VNet is the virtual network: its first prefix is the subnet of the nodes, the second that of an
// appliance. The API server is outside, as is that of a public AKS cluster.
const (
	Subscription = "00000000-0000-0000-0000-000000000000"
	Tenant       = "11111111-1111-1111-1111-111111111111"
	// Issuer is that of the tokens of ServiceAccounts: the OIDC issuer URL of the cluster, of AKS's form.
	Issuer        = "https://eastus.oic.prod-aks.azure.com/" + Tenant + "/99999999-8888-7777-6666-555555555555/"
	Location      = "eastus"
	ResourceGroup = "lab"
	Cluster       = "lab"
	NodeGroup     = "mc_lab_lab_eastus"
	ScaleSet      = "aks-nodepool1-12345678-vmss"
	NodeSubnet    = "10.220.0.16/28"
	OtherSubnet   = "10.220.0.32/28"
)

// The ports of the control plane that the pods of the old tunnels connect to, over TCP and over UDP
// (https://learn.microsoft.com/azure/aks/outbound-rules-control-egress).
const (
	TunnelfrontPort = 9000
	AksLinkPort     = 1194
)

// Node is a machine that runs a kubelet.
type Node struct {
	Name    string
	IP      string
	PodCIDR string
	NetNS   string
	// Instance is the node's instance ID in its scale set.
	Instance string
}

// Nodes returns the lab's nodes in order.
func Nodes() []Node {
	return []Node{
		{Name: "aks-nodepool1-12345678-vmss000000", IP: "10.220.0.20", PodCIDR: "10.244.0.0/24", NetNS: Name + "-n0", Instance: "0"},
		{Name: "aks-nodepool1-12345678-vmss000001", IP: "10.220.0.21", PodCIDR: "10.244.1.0/24", NetNS: Name + "-n1", Instance: "1"},
	}
}

// Windows is the machine of a Windows node, which only `lab windows start` adds; no kubelet runs on it. WindowsIP is
// its address, and WindowsNS its network namespace.
const (
	Windows   = "aksnpwin000000"
	WindowsIP = "10.220.0.22"
	WindowsNS = Name + "-w0"
)

// Outbound returns the names of the servers outside the cluster that AKS nodes need to reach.
func Outbound() []string {
	return []string{
		"mcr.microsoft.com", "eastus.data.mcr.microsoft.com", "management.azure.com", "login.microsoftonline.com",
		"packages.microsoft.com", "packages.aks.azure.com",
	}
}

// FindNode returns the node of the name; ok is false if there is none.
func FindNode(name string) (n Node, ok bool) {
	for _, n := range Nodes() {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// The machines other than nodes, by their names for `lab exec`: the control plane; Azure's own services, which nodes
// reach at AzureIP; an operator's jump host with routes to nodes, pods and Services; the bridge that connects all of
// them; a middlebox that faults put between the nodes and the API server; and the load balancer in front of the nodes.
const (
	ControlPlane = "control-plane"
	Azure        = "azure"
	Client       = "client"
	Switch       = "switch"
	Appliance    = "appliance"
	LoadBalancer = "loadbalancer"
)

// The network namespaces of these machines.
const (
	SwitchNS       = Name + "-sw"
	ControlPlaneNS = Name + "-cp"
	ClientNS       = Name + "-client"
	AzureNS        = Name + "-azure"
	ApplianceNS    = Name + "-appl"
	LoadBalancerNS = Name + "-lb"
)

// Machines returns the network namespace of each machine that is not a node. Only a lab with apps has a load balancer.
func Machines(apps bool) map[string]string {
	m := map[string]string{ControlPlane: ControlPlaneNS, Azure: AzureNS, Client: ClientNS, Switch: SwitchNS, Appliance: ApplianceNS}
	if apps {
		m[LoadBalancer] = LoadBalancerNS
	}
	return m
}

// In returns a path below State.
func In(parts ...string) string {
	return filepath.Join(append([]string{State}, parts...)...)
}

// PKI returns a path in the directory of the certificates and kubeconfigs.
func PKI(name string) string { return In("pki", name) }

// NodeDir returns the directory of a node's own files on the host.
func NodeDir(node string, parts ...string) string {
	return filepath.Join(append([]string{State, "nodes", node}, parts...)...)
}

// Self returns the path of the running lab binary.
func Self() string {
	p, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return p
}
