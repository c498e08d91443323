package azure

import (
	"context"
	"net/netip"
	"slices"
)

// Outbound is how the cluster's load balancer translates the addresses of connections that leave the virtual network (SNAT).
type Outbound struct {
	LoadBalancer string         `json:"loadBalancer"` // its ID
	Rules        []OutboundRule `json:"rules,omitempty"`
}

// OutboundRule gives each machine of a pool ports of some public addresses. A port is in use once for each destination address, port and
// protocol (https://learn.microsoft.com/azure/load-balancer/load-balancer-outbound-connections).
type OutboundRule struct {
	Name string `json:"name"`
	// Ports is how many each machine has; 0: AutomaticPorts, by the size of the pool.
	Ports int `json:"ports,omitempty"`
	// Addresses are the public ones, whose ports all machines share.
	Addresses []netip.Prefix `json:"addresses"`
	Machines  int            `json:"machines"` // the pool's size
}

// The limits of what a load balancer gives (https://learn.microsoft.com/azure/aks/load-balancer-standard).
const (
	portsOfAddress = 64000 // of one public address, to all machines together
	portStep       = 8     // what a machine has is a multiple of it
)

// PortsOfMachine returns how many ports each machine has.
func (r OutboundRule) PortsOfMachine() int {
	if r.Ports > 0 {
		return r.Ports
	}
	return AutomaticPorts(r.Machines)
}

// MachinesWithPorts returns for how many machines the ports suffice.
func (r OutboundRule) MachinesWithPorts() int {
	return r.CountAddresses() * portsOfAddress / r.PortsOfMachine()
}

// CountAddresses returns how many public addresses there are.
func (r OutboundRule) CountAddresses() int {
	n := 0
	for _, p := range r.Addresses {
		n += 1 << min(16, p.Addr().BitLen()-p.Bits())
	}
	return n
}

// More returns four times as many ports for each machine, at least 1024, and the number of public addresses that this takes for so many
// machines.
func (r OutboundRule) More(machines int) (ports, addresses int) {
	ports = min(portsOfAddress, max(1024, 4*r.PortsOfMachine())/portStep*portStep)
	return ports, (machines*ports + portsOfAddress - 1) / portsOfAddress
}

// AutomaticPorts returns how many ports a load balancer gives each machine of a pool of that size by itself
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-outbound-connections#preallocatedports).
func AutomaticPorts(machines int) int {
	for _, step := range []struct{ machines, ports int }{{50, 1024}, {100, 512}, {200, 256}, {400, 128}, {800, 64}} {
		if machines <= step.machines {
			return step.ports
		}
	}
	return 32
}

// clusterBalancer is the name of the load balancer that AKS makes in the node resource group.
const clusterBalancer = "kubernetes"

const balancerType = "Microsoft.Network/loadBalancers"

// OutboundOf returns the outbound rules of the load balancer that AKS made in the node resource group.
func OutboundOf(ctx context.Context, c *Client, nodeGroup string) (Outbound, error) {
	// https://learn.microsoft.com/rest/api/load-balancer/load-balancers/get
	var raw struct {
		ID         string `json:"id"`
		Properties struct {
			FrontendIPConfigurations []struct {
				ID         string `json:"id"`
				Properties struct {
					PublicIPAddress reference `json:"publicIPAddress"`
					PublicIPPrefix  reference `json:"publicIPPrefix"`
				} `json:"properties"`
			} `json:"frontendIPConfigurations"`
			BackendAddressPools []struct {
				ID         string `json:"id"`
				Properties struct {
					BackendIPConfigurations      []reference `json:"backendIPConfigurations"`
					LoadBalancerBackendAddresses []struct {
						Name string `json:"name"`
					} `json:"loadBalancerBackendAddresses"`
				} `json:"properties"`
			} `json:"backendAddressPools"`
			OutboundRules []struct {
				Name       string `json:"name"`
				Properties struct {
					AllocatedOutboundPorts   int         `json:"allocatedOutboundPorts"`
					BackendAddressPool       reference   `json:"backendAddressPool"`
					FrontendIPConfigurations []reference `json:"frontendIPConfigurations"`
				} `json:"properties"`
			} `json:"outboundRules"`
		} `json:"properties"`
	}
	path := "/subscriptions/" + c.Subscription + "/resourceGroups/" + nodeGroup + "/providers/" + balancerType + "/" + clusterBalancer
	if err := c.get(ctx, path, networkVersion, &raw); err != nil {
		return Outbound{}, err
	}
	o := Outbound{LoadBalancer: raw.ID}
	for _, rule := range raw.Properties.OutboundRules {
		r := OutboundRule{Name: rule.Name, Ports: max(0, rule.Properties.AllocatedOutboundPorts)}
		for _, pool := range raw.Properties.BackendAddressPools {
			if Same(pool.ID, rule.Properties.BackendAddressPool.ID) {
				r.Machines = max(len(pool.Properties.BackendIPConfigurations), len(pool.Properties.LoadBalancerBackendAddresses))
			}
		}
		var addresses, prefixes []string
		for _, f := range raw.Properties.FrontendIPConfigurations {
			if !slices.ContainsFunc(rule.Properties.FrontendIPConfigurations, func(r reference) bool { return Same(r.ID, f.ID) }) {
				continue
			}
			if id := f.Properties.PublicIPAddress.ID; id != "" {
				addresses = append(addresses, id)
			}
			if id := f.Properties.PublicIPPrefix.ID; id != "" {
				prefixes = append(prefixes, id)
			}
		}
		var err error
		if r.Addresses, err = publicAddresses(ctx, c, addresses, prefixes); err != nil {
			return Outbound{}, err
		}
		o.Rules = append(o.Rules, r)
	}
	return o, nil
}
