package azure

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"

	"github.com/akstools/akstools/internal/azure/topology"
)

// Cluster is an AKS cluster as Azure has it.
type Cluster = topology.Cluster

const clusterType = "Microsoft.ContainerService/managedClusters"

// managedCluster is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/aks/managed-clusters/get).
type managedCluster struct {
	ID         string `json:"id"`
	Location   string `json:"location"`
	Properties struct {
		FQDN              string `json:"fqdn"`
		PrivateFQDN       string `json:"privateFQDN"`
		NodeResourceGroup string `json:"nodeResourceGroup"`
		ProvisioningState string `json:"provisioningState"`
		PowerState        struct {
			Code string `json:"code"`
		} `json:"powerState"`
		OIDCIssuerProfile struct {
			Enabled   bool   `json:"enabled"`
			IssuerURL string `json:"issuerURL"`
		} `json:"oidcIssuerProfile"`
		SecurityProfile struct {
			WorkloadIdentity struct {
				Enabled bool `json:"enabled"`
			} `json:"workloadIdentity"`
		} `json:"securityProfile"`
		AddonProfiles map[string]struct {
			Enabled  bool `json:"enabled"`
			Identity struct {
				ClientID string `json:"clientId"`
			} `json:"identity"`
		} `json:"addonProfiles"`
		AgentPoolProfiles []struct {
			Name          string `json:"name"`
			ScaleDownMode string `json:"scaleDownMode"`
			SubnetID      string `json:"vnetSubnetID"`
			PodSubnetID   string `json:"podSubnetID"`
			PublicIP      bool   `json:"enableNodePublicIP"`
		} `json:"agentPoolProfiles"`
		APIServerAccessProfile struct {
			AuthorizedIPRanges   []string `json:"authorizedIPRanges"`
			EnablePrivateCluster bool     `json:"enablePrivateCluster"`
			PrivateDNSZone       string   `json:"privateDNSZone"`
		} `json:"apiServerAccessProfile"`
		NetworkProfile struct {
			NetworkPlugin     string   `json:"networkPlugin"`
			NetworkPluginMode string   `json:"networkPluginMode"`
			PodCIDR           string   `json:"podCidr"`
			PodCIDRs          []string `json:"podCidrs"`
			OutboundType      string   `json:"outboundType"`
			LoadBalancer      outbound `json:"loadBalancerProfile"`
			NATGateway        outbound `json:"natGatewayProfile"`
		} `json:"networkProfile"`
	} `json:"properties"`
}

type outbound struct {
	IPs []reference `json:"effectiveOutboundIPs"`
}

func (m managedCluster) cluster() Cluster {
	p := m.Properties
	c := Cluster{
		ID: m.ID, FQDN: p.FQDN, PrivateFQDN: p.PrivateFQDN, NodeGroup: p.NodeResourceGroup, Location: m.Location,
		NetworkPlugin: p.NetworkProfile.NetworkPlugin, PluginMode: p.NetworkProfile.NetworkPluginMode,
		PodCIDRs: p.NetworkProfile.PodCIDRs, OutboundType: p.NetworkProfile.OutboundType,
		State: p.ProvisioningState, Power: p.PowerState.Code,
		AuthorizedRanges: p.APIServerAccessProfile.AuthorizedIPRanges, Private: p.APIServerAccessProfile.EnablePrivateCluster,
		PrivateZone: m.privateZone(),
	}
	if p.OIDCIssuerProfile.Enabled {
		c.Issuer = p.OIDCIssuerProfile.IssuerURL
	}
	c.WorkloadIdentity = p.SecurityProfile.WorkloadIdentity.Enabled
	for name, addon := range p.AddonProfiles {
		if strings.EqualFold(name, "azureKeyvaultSecretsProvider") && addon.Enabled {
			c.VaultProvider, c.VaultClient = true, strings.ToLower(addon.Identity.ClientID)
		}
	}
	for _, pool := range p.AgentPoolProfiles {
		if strings.EqualFold(pool.ScaleDownMode, "Deallocate") {
			c.Deallocating = append(c.Deallocating, pool.Name)
		}
		c.Pools = append(c.Pools, topology.NodePool{
			Name: pool.Name, Subnet: pool.SubnetID, PodSubnet: pool.PodSubnetID, Public: pool.PublicIP,
		})
	}
	addresses := p.NetworkProfile.LoadBalancer.IPs
	if strings.Contains(strings.ToLower(c.OutboundType), "natgateway") {
		addresses = p.NetworkProfile.NATGateway.IPs
	}
	for _, ip := range addresses {
		c.Outbound = append(c.Outbound, ip.ID)
	}
	if len(c.PodCIDRs) == 0 && p.NetworkProfile.PodCIDR != "" {
		c.PodCIDRs = []string{p.NetworkProfile.PodCIDR}
	}
	return c
}

// privateZone returns the ID of the private DNS zone: the one that the cluster names, or that which AKS made in the node resource group,
// whose name is that of the API server without its first label (https://learn.microsoft.com/azure/aks/private-clusters).
func (m managedCluster) privateZone() string {
	access := m.Properties.APIServerAccessProfile
	own, err := arm.ParseResourceID(m.ID)
	_, zone, named := strings.Cut(m.Properties.PrivateFQDN, ".")
	switch {
	case !access.EnablePrivateCluster || strings.EqualFold(access.PrivateDNSZone, "none"):
		return ""
	case strings.HasPrefix(access.PrivateDNSZone, "/"):
		return access.PrivateDNSZone
	case err != nil || !named:
		return ""
	}
	return "/subscriptions/" + own.SubscriptionID + "/resourceGroups/" + m.Properties.NodeResourceGroup + "/providers/" + zoneType + "/" + zone
}
