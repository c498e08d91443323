package azure

import (
	"context"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
)

// loadBalancer is the part of Resource Manager's answer that is used
// (https://learn.microsoft.com/rest/api/load-balancer/load-balancers/list).
type loadBalancer struct {
	ID         string `json:"id"`
	Properties struct {
		ProvisioningState        string `json:"provisioningState"`
		FrontendIPConfigurations []struct {
			ID         string `json:"id"`
			Properties struct {
				PrivateIPAddress string    `json:"privateIPAddress"`
				PublicIPAddress  reference `json:"publicIPAddress"`
			} `json:"properties"`
		} `json:"frontendIPConfigurations"`
		BackendAddressPools []struct {
			ID         string `json:"id"`
			Properties struct {
				BackendIPConfigurations      []reference `json:"backendIPConfigurations"`
				LoadBalancerBackendAddresses []struct {
					Properties struct {
						IPAddress string `json:"ipAddress"`
					} `json:"properties"`
				} `json:"loadBalancerBackendAddresses"`
			} `json:"properties"`
		} `json:"backendAddressPools"`
		Probes []struct {
			ID         string `json:"id"`
			Properties struct {
				Protocol    string `json:"protocol"`
				Port        int    `json:"port"`
				RequestPath string `json:"requestPath"`
			} `json:"properties"`
		} `json:"probes"`
		LoadBalancingRules []struct {
			ID         string `json:"id"`
			Properties struct {
				Protocol                string      `json:"protocol"`
				FrontendPort            int         `json:"frontendPort"`
				BackendPort             int         `json:"backendPort"`
				EnableFloatingIP        bool        `json:"enableFloatingIP"`
				FrontendIPConfiguration reference   `json:"frontendIPConfiguration"`
				BackendAddressPool      reference   `json:"backendAddressPool"`
				BackendAddressPools     []reference `json:"backendAddressPools"`
				Probe                   reference   `json:"probe"`
			} `json:"properties"`
		} `json:"loadBalancingRules"`
	} `json:"properties"`
}

// Balancers returns the load balancers of the node resource group, which AKS and its cloud provider make, with the addresses of their
// frontends.
func Balancers(ctx context.Context, c *Client, nodeGroup string) ([]topology.Balancer, error) {
	path := "/subscriptions/" + c.Subscription + "/resourceGroups/" + nodeGroup + "/providers/" + balancerType
	raw, err := list[loadBalancer](ctx, c, path, networkVersion)
	if err != nil {
		return nil, err
	}
	addresses, why := publicAddressesIn(ctx, c, nodeGroup, raw)
	all := make([]topology.Balancer, len(raw))
	for i, b := range raw {
		all[i] = b.balancer()
		for n, f := range all[i].Frontends {
			if f.PublicID == "" || f.Address.IsValid() {
				continue
			}
			key := strings.ToLower(f.PublicID)
			all[i].Frontends[n].Address = addresses[key]
			all[i].Frontends[n].Error = why[key]
		}
	}
	return all, nil
}

// maxElsewhere bounds how many public addresses outside of the node resource group are read.
const maxElsewhere = 10

// publicAddressesIn returns the public IP addresses of frontends by their IDs in lower case, or why they could not be read: those of the
// node resource group by one list, and others one by one.
func publicAddressesIn(
	ctx context.Context, c *Client, nodeGroup string, of []loadBalancer,
) (found map[string]netip.Addr, why map[string]string) {
	found, why = map[string]netip.Addr{}, map[string]string{}
	wanted := map[string]bool{}
	for _, b := range of {
		for _, f := range b.Properties.FrontendIPConfigurations {
			if id := f.Properties.PublicIPAddress.ID; id != "" {
				wanted[strings.ToLower(id)] = true
			}
		}
	}
	if len(wanted) == 0 {
		return found, why
	}
	type address struct {
		ID         string `json:"id"`
		Properties struct {
			IPAddress string `json:"ipAddress"`
		} `json:"properties"`
	}
	path := "/subscriptions/" + c.Subscription + "/resourceGroups/" + nodeGroup + "/providers/" + publicAddressType
	all, err := list[address](ctx, c, path, networkVersion)
	for _, a := range all {
		key := strings.ToLower(a.ID)
		if ip, bad := netip.ParseAddr(a.Properties.IPAddress); bad == nil && wanted[key] {
			found[key] = ip
		}
	}
	own, others := strings.ToLower(path)+"/", 0
	for id := range wanted {
		switch {
		case found[id].IsValid():
		case err != nil && strings.HasPrefix(id, own):
			why[id] = err.Error()
		case strings.HasPrefix(id, own):
			why[id] = "the public IP address does not exist, or has no address"
		case others == maxElsewhere:
			why[id] = "too many public IP addresses are in other resource groups"
		default:
			others++
			elsewhere, err := publicAddresses(ctx, c, []string{id}, nil)
			switch {
			case err != nil:
				why[id] = err.Error()
			case len(elsewhere) == 0:
				why[id] = "the public IP address has no address"
			default:
				found[id] = elsewhere[0].Addr()
			}
		}
	}
	return found, why
}

func (b loadBalancer) balancer() topology.Balancer {
	p := b.Properties
	out := topology.Balancer{ID: b.ID, State: p.ProvisioningState}
	for _, f := range p.FrontendIPConfigurations {
		front := topology.Frontend{ID: f.ID, PublicID: f.Properties.PublicIPAddress.ID}
		if a, err := netip.ParseAddr(f.Properties.PrivateIPAddress); err == nil {
			front.Address = a
		}
		out.Frontends = append(out.Frontends, front)
	}
	for _, raw := range p.BackendAddressPools {
		pool := topology.Pool{ID: raw.ID, Configurations: ids(raw.Properties.BackendIPConfigurations)}
		for _, m := range raw.Properties.LoadBalancerBackendAddresses {
			if a, err := netip.ParseAddr(m.Properties.IPAddress); err == nil {
				pool.Addresses = append(pool.Addresses, a)
			}
		}
		out.Pools = append(out.Pools, pool)
	}
	for _, raw := range p.Probes {
		out.Probes = append(out.Probes, topology.BalancerProbe{
			ID: raw.ID, Protocol: raw.Properties.Protocol, Port: raw.Properties.Port, Path: raw.Properties.RequestPath,
		})
	}
	for _, raw := range p.LoadBalancingRules {
		r := raw.Properties
		pools := ids(r.BackendAddressPools)
		if one := r.BackendAddressPool.ID; one != "" && len(pools) == 0 {
			pools = []string{one}
		}
		out.Rules = append(out.Rules, topology.BalancerRule{
			ID: raw.ID, Protocol: r.Protocol, Port: r.FrontendPort, BackendPort: r.BackendPort, FloatingIP: r.EnableFloatingIP,
			Frontend: r.FrontendIPConfiguration.ID, Pools: pools, Probe: r.Probe.ID,
		})
	}
	return out
}
