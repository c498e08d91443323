// Package balancing reads load-balancing rules from Resource Manager for the lab's load balancer, and answers for the health of the
// machines behind them
// (https://learn.microsoft.com/azure/load-balancer/components).
package balancing

import (
	"encoding/json"
	"net/netip"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/network/armnetwork/v9"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Rule is a load-balancing rule with all that it refers to.
type Rule struct {
	ID       string `json:"id"`
	Frontend string `json:"frontend"` // its address
	Protocol string `json:"protocol"` // tcp, udp or all
	Port     int32  `json:"port"`     // 0: all
	Sticky   bool   `json:"sticky"`   // flows of one client go to one member
	// Probe is what decides which members get flows; nil: all do.
	Probe   *Probe   `json:"probe,omitempty"`
	Members []Member `json:"members"`
}

// Probe is a health probe.
type Probe struct {
	Protocol  string `json:"protocol"` // tcp, http or https
	Port      int32  `json:"port"`
	Path      string `json:"path,omitempty"`
	Seconds   int32  `json:"seconds"`   // between two
	Threshold int32  `json:"threshold"` // consecutive answers that change a member's state
}

// Rules returns the rules that forward packets. Those of which a part is missing do not, nor does one without floating IP, which the lab
// does not have.
func Rules(s *store.Store) []Rule {
	rules := []Rule{}
	all, _ := s.List("", "Microsoft.Network/loadBalancers") // of such a kind there is no parent that could be missing
	for _, o := range all {
		b, err := decode[armnetwork.LoadBalancer](o)
		if err != nil || b.Properties == nil {
			continue
		}
		for _, r := range b.Properties.LoadBalancingRules {
			if rule, ok := newRule(s, b.Properties, r); ok {
				rules = append(rules, rule)
			}
		}
	}
	return rules
}

func newRule(s *store.Store, b *armnetwork.LoadBalancerPropertiesFormat, r *armnetwork.LoadBalancingRule) (rule Rule, ok bool) {
	p := r.Properties
	if p == nil || !value(p.EnableFloatingIP) {
		return rule, false
	}
	frontend, ok := find(
		b.FrontendIPConfigurations, p.FrontendIPConfiguration, func(f *armnetwork.FrontendIPConfiguration) *string { return f.ID })
	if !ok {
		return rule, false
	}
	address := frontendAddress(s, frontend)
	if !address.IsValid() {
		return rule, false
	}
	rule = Rule{
		ID: value(r.ID), Frontend: address.String(), Protocol: strings.ToLower(string(value(p.Protocol))), Port: value(p.FrontendPort),
		Sticky: value(p.LoadDistribution) != "" && value(p.LoadDistribution) != armnetwork.LoadDistributionDefault, Members: []Member{},
	}
	if p.Probe != nil {
		probe, ok := find(b.Probes, p.Probe, func(p *armnetwork.Probe) *string { return p.ID })
		if !ok || probe.Properties == nil {
			return rule, false
		}
		rule.Probe = newProbe(probe.Properties)
	}
	pools := p.BackendAddressPools
	if len(pools) == 0 {
		pools = []*armnetwork.SubResource{p.BackendAddressPool}
	}
	for _, ref := range pools {
		pool, ok := find(b.BackendAddressPools, ref, func(p *armnetwork.BackendAddressPool) *string { return p.ID })
		if !ok || pool.Properties == nil {
			return rule, false
		}
		rule.Members = append(rule.Members, members(s, pool.Properties)...)
	}
	return rule, true
}

// newProbe fills in Azure's defaults (https://learn.microsoft.com/rest/api/load-balancer/load-balancers/create-or-update#probe).
func newProbe(p *armnetwork.ProbePropertiesFormat) *Probe {
	probe := &Probe{
		Protocol: strings.ToLower(string(value(p.Protocol))), Port: value(p.Port), Path: value(p.RequestPath),
		Seconds: value(p.IntervalInSeconds), Threshold: value(p.ProbeThreshold),
	}
	if probe.Seconds == 0 {
		probe.Seconds = 15
	}
	if probe.Threshold == 0 {
		probe.Threshold = max(1, value(p.NumberOfProbes))
	}
	return probe
}

// frontendAddress returns the frontend's private address or that of its public address; not valid: it has none.
func frontendAddress(s *store.Store, f *armnetwork.FrontendIPConfiguration) netip.Addr {
	if f.Properties == nil {
		return netip.Addr{}
	}
	text := value(f.Properties.PrivateIPAddress)
	if ref := f.Properties.PublicIPAddress; ref != nil {
		o, err := s.Get(value(ref.ID))
		if err != nil {
			return netip.Addr{}
		}
		ip, err := decode[armnetwork.PublicIPAddress](o)
		if err != nil || ip.Properties == nil {
			return netip.Addr{}
		}
		text = value(ip.Properties.IPAddress)
	}
	a, _ := netip.ParseAddr(text)
	return a
}

// find returns the member of the list to which the reference leads.
func find[T any](list []*T, ref *armnetwork.SubResource, id func(*T) *string) (found *T, ok bool) {
	if ref == nil {
		return nil, false
	}
	for _, e := range list {
		if strings.EqualFold(value(id(e)), value(ref.ID)) {
			return e, true
		}
	}
	return nil, false
}

func value[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func decode[T any](o store.Object) (*T, error) {
	b, err := json.Marshal(o)
	if err != nil {
		return nil, err
	}
	v := new(T)
	return v, json.Unmarshal(b, v)
}
