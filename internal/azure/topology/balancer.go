package topology

import (
	"net/netip"
	"slices"
	"strings"
)

// Balancer is a Standard Load Balancer in the node resource group
// (https://learn.microsoft.com/rest/api/load-balancer/load-balancers/get).
type Balancer struct {
	ID        string          `json:"id"`
	State     string          `json:"state,omitempty"` // of the last operation on it, such as Succeeded or Failed
	Frontends []Frontend      `json:"frontends,omitempty"`
	Pools     []Pool          `json:"pools,omitempty"`
	Probes    []BalancerProbe `json:"probes,omitempty"`
	Rules     []BalancerRule  `json:"rules,omitempty"`
}

// Frontend is an address of a load balancer.
type Frontend struct {
	ID       string     `json:"id"`
	Address  netip.Addr `json:"address,omitzero"`   // not valid: it is unknown
	PublicID string     `json:"publicID,omitempty"` // the ID of its public IP address; empty: it is internal
	Error    string     `json:"error,omitempty"`    // why its address is unknown
}

// Pool is a backend pool: its members are addresses or, of the other kind, IP configurations of NICs.
type Pool struct {
	ID        string       `json:"id"`
	Addresses []netip.Addr `json:"addresses,omitempty"`
	// Configurations are the IDs of the NICs' IP configurations.
	Configurations []string `json:"configurations,omitempty"`
}

// BalancerProbe is a health probe.
type BalancerProbe struct {
	ID       string `json:"id"`
	Protocol string `json:"protocol"` // Tcp, Http or Https
	Port     int    `json:"port"`
	Path     string `json:"path,omitempty"`
}

// BalancerRule is a load-balancing rule.
type BalancerRule struct {
	ID          string   `json:"id"`
	Protocol    string   `json:"protocol"` // Tcp, Udp or All
	Port        int      `json:"port"`     // of the frontend; 0: all
	BackendPort int      `json:"backendPort"`
	FloatingIP  bool     `json:"floatingIP,omitempty"` // packets keep the frontend's address and port up to the machine
	Frontend    string   `json:"frontend"`             // its ID
	Pools       []string `json:"pools,omitempty"`      // their IDs
	Probe       string   `json:"probe,omitempty"`      // its ID; empty: none, then all machines count as healthy
}

// Health is what a load balancer sees of the machines behind a rule.
type Health struct {
	Rule     string          `json:"rule"` // its ID
	Machines []MachineHealth `json:"machines,omitempty"`
	Error    string          `json:"error,omitempty"` // why it is unknown
}

// MachineHealth is the answer of one machine to a rule's probe.
type MachineHealth struct {
	Address       netip.Addr `json:"address,omitzero"`
	Configuration string     `json:"configuration,omitempty"` // the ID of the NIC's IP configuration
	Up            bool       `json:"up"`
	Reason        string     `json:"reason,omitempty"` // in Azure's words
}

// Up returns how many machines are up.
func (h Health) Up() (n int) {
	for _, m := range h.Machines {
		if m.Up {
			n++
		}
	}
	return n
}

// Frontend returns the frontend with the address, or nil. unknown are those whose addresses are unknown.
func (b Balancer) Frontend(a netip.Addr) (found *Frontend, unknown []Frontend) {
	for i, f := range b.Frontends {
		switch {
		case f.Address.IsValid() && f.Address.Unmap() == a.Unmap():
			return &b.Frontends[i], nil
		case !f.Address.IsValid():
			unknown = append(unknown, f)
		}
	}
	return nil, unknown
}

// Rule returns the rule of the frontend for the port, or nil. protocol is tcp or udp in any case.
func (b Balancer) Rule(f Frontend, protocol string, port int) *BalancerRule {
	for i, r := range b.Rules {
		if same(r.Frontend, f.ID) && (strings.EqualFold(r.Protocol, protocol) || strings.EqualFold(r.Protocol, "All")) &&
			(r.Port == port || r.Port == 0) {
			return &b.Rules[i]
		}
	}
	return nil
}

// Probe returns the rule's probe, or nil.
func (b Balancer) Probe(r BalancerRule) *BalancerProbe {
	for i, p := range b.Probes {
		if r.Probe != "" && same(p.ID, r.Probe) {
			return &b.Probes[i]
		}
	}
	return nil
}

// Has reports whether the machine is in one of the rule's pools.
func (b Balancer) Has(r BalancerRule, m Machine) bool {
	return slices.ContainsFunc(b.Pools, func(p Pool) bool {
		return slices.ContainsFunc(r.Pools, func(id string) bool { return same(id, p.ID) }) && p.has(m)
	})
}

func (p Pool) has(m Machine) bool {
	for _, n := range m.NICs {
		if slices.ContainsFunc(p.Addresses, n.Of) {
			return true
		}
		if slices.ContainsFunc(p.Configurations, func(id string) bool {
			return strings.HasPrefix(strings.ToLower(id), strings.ToLower(n.ID)+"/ipconfigurations/")
		}) {
			return true
		}
	}
	return false
}

// Members returns how many members the rule's pools have.
func (b Balancer) Members(r BalancerRule) (n int) {
	for _, p := range b.Pools {
		if slices.ContainsFunc(r.Pools, func(id string) bool { return same(id, p.ID) }) {
			n += max(len(p.Addresses), len(p.Configurations))
		}
	}
	return n
}
