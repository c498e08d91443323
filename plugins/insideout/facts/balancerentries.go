package facts

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/azurelb"
)

// Entry is a port of the Service at an address, and what the load balancer has for it.
type Entry struct {
	Address  netip.Addr
	Port     azurelb.Rule
	Balancer *topology.Balancer     // nil: none is known to have the address
	Frontend *topology.Frontend     // nil: as above
	Rule     *topology.BalancerRule // nil: there is none
}

// Entries returns what load balancers have for the Service's addresses and ports. An error says what is not known of the others.
func (i BalancerInfo) Entries(s ServiceInfo) (all []Entry, err error) {
	if i.BalancersError != "" {
		return nil, errors.New(i.BalancersError)
	}
	for _, text := range s.LoadBalancer.Addresses {
		a, bad := netip.ParseAddr(text)
		if bad != nil {
			continue // a host name is none of Azure's
		}
		at := Entry{Address: a}
		for n, b := range i.Balancers {
			f, unknown := b.Frontend(a)
			switch {
			case f != nil:
				at.Balancer, at.Frontend = &i.Balancers[n], f
			case len(unknown) > 0 && err == nil:
				err = fmt.Errorf("the address of frontend %s of load balancer %s is unknown: %s", topology.NameOf(unknown[0].ID),
					topology.NameOf(b.ID), unknown[0].Error)
			}
		}
		if at.Balancer == nil && err != nil {
			return nil, err
		}
		for _, port := range s.LoadBalancer.Rules {
			e := at
			if e.Port = port; e.Balancer != nil {
				e.Rule = e.Balancer.Rule(*e.Frontend, port.Protocol, int(port.Port))
			}
			all = append(all, e)
		}
	}
	return all, nil
}
