// Package seed builds the Azure resources of the lab's cluster, in the SDK's own types, as AKS creates them.
package seed

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerservice/armcontainerservice/v6"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Node is a machine of the scale set.
type Node struct {
	Name     string `json:"name"`
	Instance string `json:"instance"`
	IP       string `json:"ip"`
}

// Cluster is what the lab's cluster looks like.
type Cluster struct {
	Subscription string `json:"subscription"`
	Group        string `json:"group"`     // the cluster's resource group
	Name         string `json:"name"`      // the cluster's name
	NodeGroup    string `json:"nodeGroup"` // the node resource group
	Location     string `json:"location"`
	FQDN         string `json:"fqdn"`
	ScaleSet     string `json:"scaleSet"`
	PodCIDR      string `json:"podCIDR"`
	ServiceCIDR  string `json:"serviceCIDR"`
	DNSServiceIP string `json:"dnsServiceIP"`
	// OutboundIP is the address from which the internet sees the cluster.
	OutboundIP string `json:"outboundIP"`
	// Prefixes are those of the virtual network; the first is the nodes' subnet.
	Prefixes []string `json:"prefixes"`
	Nodes    []Node   `json:"nodes"`
}

// The names of resources that AKS creates in the node resource group; their suffix is a hash of the cluster's.
const (
	suffix        = "12345678"
	Network       = "aks-vnet-" + suffix
	Subnet        = "aks-subnet"
	SecurityGroup = "aks-agentpool-" + suffix + "-nsg"
	LoadBalancer  = "kubernetes"
	OutboundIP    = "9f5e5c3a-6c1f-4f4e-8f3a-5f6d0c0b1a2e" // AKS names its public addresses so
)

func (c Cluster) subscription() string { return "/subscriptions/" + c.Subscription }
func (c Cluster) groupID(name string) string {
	return c.subscription() + "/resourceGroups/" + name
}

// ClusterID returns the managed cluster's ID.
func (c Cluster) ClusterID() string {
	return c.groupID(c.Group) + "/providers/Microsoft.ContainerService/managedClusters/" + c.Name
}

func (c Cluster) network(kind, name string) string {
	return fmt.Sprintf("%s/providers/Microsoft.Network/%s/%s", c.groupID(c.NodeGroup), kind, name)
}

func (c Cluster) scaleSet() string {
	return c.groupID(c.NodeGroup) + "/providers/Microsoft.Compute/virtualMachineScaleSets/" + c.ScaleSet
}

// Resource is one resource to put.
type Resource struct {
	ID   string
	Body any
}

// Resources returns the cluster's resources, parents first.
func (c Cluster) Resources() []Resource {
	location := to.Ptr(c.Location)
	subnet := c.network("virtualNetworks", Network) + "/subnets/" + Subnet
	all := []Resource{
		{c.subscription(), map[string]any{"subscriptionId": c.Subscription, "displayName": "Lab", "state": "Enabled"}},
		{c.groupID(c.Group), map[string]any{"location": c.Location}},
		{c.groupID(c.NodeGroup), map[string]any{"location": c.Location, "managedBy": c.ClusterID()}},
		{c.network("networkSecurityGroups", SecurityGroup), armnetwork.SecurityGroup{
			Location: location, Properties: &armnetwork.SecurityGroupPropertiesFormat{DefaultSecurityRules: DefaultRules()},
		}},
		{c.network("virtualNetworks", Network), armnetwork.VirtualNetwork{
			Location: location, Properties: &armnetwork.VirtualNetworkPropertiesFormat{
				AddressSpace: &armnetwork.AddressSpace{AddressPrefixes: to.SliceOfPtrs(c.Prefixes...)},
				Subnets: []*armnetwork.Subnet{{
					Name: to.Ptr(Subnet), Properties: &armnetwork.SubnetPropertiesFormat{AddressPrefix: to.Ptr(c.Prefixes[0])},
				}},
			},
		}},
		{c.scaleSet(), armcompute.VirtualMachineScaleSet{
			Location: location, SKU: &armcompute.SKU{Name: to.Ptr("Standard_D2s_v5"), Capacity: to.Ptr(int64(len(c.Nodes)))},
			Properties: &armcompute.VirtualMachineScaleSetProperties{
				OrchestrationMode: to.Ptr(armcompute.OrchestrationModeUniform),
				VirtualMachineProfile: &armcompute.VirtualMachineScaleSetVMProfile{
					OSProfile:      &armcompute.VirtualMachineScaleSetOSProfile{ComputerNamePrefix: to.Ptr(c.ScaleSet)},
					NetworkProfile: &armcompute.VirtualMachineScaleSetNetworkProfile{NetworkInterfaceConfigurations: c.interfaces(subnet)},
				},
			},
		}},
		{c.ClusterID(), c.managedCluster()},
	}
	for _, n := range c.Nodes {
		all = append(all, c.machine(n, subnet)...)
	}
	return append(all, c.outbound()...)
}

const outboundPool = "aksOutboundBackendPool"

// interfaces returns the configuration of the NIC of the scale set's machines, which are members of the pool for outbound connections.
func (c Cluster) interfaces(subnet string) []*armcompute.VirtualMachineScaleSetNetworkConfiguration {
	pool := c.network("loadBalancers", LoadBalancer) + "/backendAddressPools/" + outboundPool
	return []*armcompute.VirtualMachineScaleSetNetworkConfiguration{{
		Name: to.Ptr(c.ScaleSet), Properties: &armcompute.VirtualMachineScaleSetNetworkConfigurationProperties{
			Primary: to.Ptr(true), EnableIPForwarding: to.Ptr(true),
			IPConfigurations: []*armcompute.VirtualMachineScaleSetIPConfiguration{{
				Name: to.Ptr("ipconfig1"), Properties: &armcompute.VirtualMachineScaleSetIPConfigurationProperties{
					Primary: to.Ptr(true), Subnet: &armcompute.APIEntityReference{ID: to.Ptr(subnet)},
					LoadBalancerBackendAddressPools: []*armcompute.SubResource{{ID: to.Ptr(pool)}},
				},
			}},
		},
	}}
}

// outbound returns the load balancer of the cluster with its outbound rule, and its public address.
func (c Cluster) outbound() []Resource {
	const frontend, pool, rule = OutboundIP, outboundPool, "aksOutboundRule"
	ip, balancer := c.network("publicIPAddresses", OutboundIP), c.network("loadBalancers", LoadBalancer)
	return []Resource{
		{ip, armnetwork.PublicIPAddress{
			Location: to.Ptr(c.Location), SKU: &armnetwork.PublicIPAddressSKU{Name: to.Ptr(armnetwork.PublicIPAddressSKUNameStandard)},
			Properties: &armnetwork.PublicIPAddressPropertiesFormat{IPAddress: to.Ptr(c.OutboundIP)},
		}},
		{balancer, armnetwork.LoadBalancer{
			Location: to.Ptr(c.Location), SKU: &armnetwork.LoadBalancerSKU{Name: to.Ptr(armnetwork.LoadBalancerSKUNameStandard)},
			Properties: &armnetwork.LoadBalancerPropertiesFormat{
				FrontendIPConfigurations: []*armnetwork.FrontendIPConfiguration{{
					ID: to.Ptr(balancer + "/frontendIPConfigurations/" + frontend), Name: to.Ptr(frontend),
					Properties: &armnetwork.FrontendIPConfigurationPropertiesFormat{PublicIPAddress: &armnetwork.PublicIPAddress{ID: to.Ptr(ip)}},
				}},
				BackendAddressPools: []*armnetwork.BackendAddressPool{{
					ID: to.Ptr(balancer + "/backendAddressPools/" + pool), Name: to.Ptr(pool),
					Properties: &armnetwork.BackendAddressPoolPropertiesFormat{}, // its members are in the machines' configurations
				}},
				OutboundRules: []*armnetwork.OutboundRule{{
					Name: to.Ptr(rule),
					Properties: &armnetwork.OutboundRulePropertiesFormat{
						AllocatedOutboundPorts: to.Ptr(int32(0)), IdleTimeoutInMinutes: to.Ptr(int32(30)), EnableTCPReset: to.Ptr(true),
						Protocol:           to.Ptr(armnetwork.LoadBalancerOutboundRuleProtocolAll),
						BackendAddressPool: &armnetwork.SubResource{ID: to.Ptr(balancer + "/backendAddressPools/" + pool)},
						FrontendIPConfigurations: []*armnetwork.SubResource{
							{ID: to.Ptr(balancer + "/frontendIPConfigurations/" + frontend)},
						},
					},
				}},
			},
		}},
	}
}

func (c Cluster) managedCluster() any {
	return armcontainerservice.ManagedCluster{
		Location: to.Ptr(c.Location),
		SKU: &armcontainerservice.ManagedClusterSKU{
			Name: to.Ptr(armcontainerservice.ManagedClusterSKUNameBase),
			Tier: to.Ptr(armcontainerservice.ManagedClusterSKUTierStandard),
		},
		Properties: &armcontainerservice.ManagedClusterProperties{
			Fqdn: to.Ptr(c.FQDN), NodeResourceGroup: to.Ptr(c.NodeGroup), KubernetesVersion: to.Ptr("1.37"), EnableRBAC: to.Ptr(true),
			ProvisioningState: to.Ptr(
				"Succeeded",
			), PowerState: &armcontainerservice.PowerState{Code: to.Ptr(armcontainerservice.CodeRunning)},
			NetworkProfile: &armcontainerservice.NetworkProfile{
				NetworkPlugin: to.Ptr(
					armcontainerservice.NetworkPluginAzure,
				), NetworkPluginMode: to.Ptr(armcontainerservice.NetworkPluginModeOverlay),
				PodCidr: to.Ptr(c.PodCIDR), ServiceCidr: to.Ptr(c.ServiceCIDR), DNSServiceIP: to.Ptr(c.DNSServiceIP),
				OutboundType: to.Ptr(
					armcontainerservice.OutboundTypeLoadBalancer,
				), LoadBalancerSKU: to.Ptr(armcontainerservice.LoadBalancerSKUStandard),
				LoadBalancerProfile: &armcontainerservice.ManagedClusterLoadBalancerProfile{
					EffectiveOutboundIPs: []*armcontainerservice.ResourceReference{{ID: to.Ptr(c.network("publicIPAddresses", OutboundIP))}},
				},
			},
			AgentPoolProfiles: []*armcontainerservice.ManagedClusterAgentPoolProfile{{
				Name: to.Ptr("nodepool1"), Mode: to.Ptr(armcontainerservice.AgentPoolModeSystem), Count: to.Ptr(int32(len(c.Nodes))),
				Type: to.Ptr(armcontainerservice.AgentPoolTypeVirtualMachineScaleSets), ProvisioningState: to.Ptr("Succeeded"),
				PowerState: &armcontainerservice.PowerState{
					Code: to.Ptr(armcontainerservice.CodeRunning),
				}, OSType: to.Ptr(armcontainerservice.OSTypeLinux),
			}},
		},
	}
}

// machine returns an instance of the scale set and its NIC. As Azure does, it writes the group's name in capitals there.
func (c Cluster) machine(n Node, subnet string) []Resource {
	vm := c.scaleSet() + "/virtualMachines/" + n.Instance
	nic := vm + "/networkInterfaces/" + c.ScaleSet
	upper := strings.Replace(c.network("networkSecurityGroups", SecurityGroup), c.NodeGroup, strings.ToUpper(c.NodeGroup), 1)
	return []Resource{
		{vm, armcompute.VirtualMachineScaleSetVM{
			InstanceID: to.Ptr(n.Instance), Location: to.Ptr(c.Location), SKU: &armcompute.SKU{Name: to.Ptr("Standard_D2s_v5")},
			Properties: &armcompute.VirtualMachineScaleSetVMProperties{
				OSProfile:      &armcompute.OSProfile{ComputerName: to.Ptr(n.Name)},
				NetworkProfile: &armcompute.NetworkProfile{NetworkInterfaces: []*armcompute.NetworkInterfaceReference{{ID: to.Ptr(nic)}}},
				NetworkProfileConfiguration: &armcompute.VirtualMachineScaleSetVMNetworkProfileConfiguration{
					NetworkInterfaceConfigurations: c.interfaces(subnet),
				},
				ProvisioningState: to.Ptr("Succeeded"),
				InstanceView: &armcompute.VirtualMachineScaleSetVMInstanceView{
					Statuses: []*armcompute.InstanceViewStatus{{Code: to.Ptr("PowerState/running")}},
				},
			},
		}},
		{nic, armnetwork.Interface{Properties: &armnetwork.InterfacePropertiesFormat{
			Primary: to.Ptr(true), EnableIPForwarding: to.Ptr(true), NetworkSecurityGroup: &armnetwork.SecurityGroup{ID: to.Ptr(upper)},
			VirtualMachine: &armnetwork.SubResource{ID: to.Ptr(vm)},
			IPConfigurations: []*armnetwork.InterfaceIPConfiguration{{
				Name: to.Ptr("ipconfig1"), Properties: &armnetwork.InterfaceIPConfigurationPropertiesFormat{
					Primary: to.Ptr(true), PrivateIPAddress: to.Ptr(n.IP), PrivateIPAddressVersion: to.Ptr(armnetwork.IPVersionIPv4),
					Subnet: &armnetwork.Subnet{ID: to.Ptr(subnet)},
				},
			}},
		}}},
	}
}

// Object returns the body as the store keeps it.
func (r Resource) Object() (store.Object, error) {
	b, err := json.Marshal(r.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.ID, err)
	}
	var o store.Object
	return o, json.Unmarshal(b, &o)
}
