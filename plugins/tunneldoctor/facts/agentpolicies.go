package facts

import (
	"context"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/nodecheck"
)

// EgressPolicy is a NetworkPolicy that selects the tunnel agents for egress.
type EgressPolicy struct {
	Name string `json:"name"`
	// Allowed are the address ranges (ipBlock) to which it allows egress on the port of the agents' endpoint.
	Allowed []Range `json:"open,omitempty"`
	// Kubelets are those to which it allows egress on the port of kubelets; nil: unknown, as in old bundles.
	Kubelets []Range `json:"kubelets"`
	// DNS are those to which it allows egress on UDP port 53; nil: unknown, as in old bundles.
	DNS []Range `json:"dns"`
}

// Range is a range of addresses, with exceptions.
type Range struct {
	CIDR   string   `json:"cidr,omitempty"` // empty: all addresses
	Except []string `json:"except,omitempty"`
}

// contains reports whether the address is in the range.
func (r Range) contains(address netip.Addr) bool {
	if r.CIDR == "" {
		return true
	}
	except := slices.ContainsFunc(r.Except, func(e string) bool { return cidrContains(e, address) })
	return cidrContains(r.CIDR, address) && !except
}

func cidrContains(cidr string, address netip.Addr) bool {
	prefix, err := netip.ParsePrefix(cidr)
	return err == nil && prefix.Contains(address)
}

// AgentPolicies are the NetworkPolicies of kube-system that select the agents for egress. Together they allow what any of them
// allows; if there are none, all egress is allowed. Policies of Calico and Cilium are not read.
var AgentPolicies = &Fact[[]EgressPolicy]{
	Name:     "agent-policies",
	Needs:    []check.Need{Tunnel},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("networking.k8s.io", "networkpolicies", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]EgressPolicy, []check.Evidence, error) {
		t, err := Tunnel.From(ctx, e)
		if err != nil || t.Kind == "" {
			return nil, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "networkpolicies", "-n", metav1.NamespaceSystem)}}
		with, err := metav1.ParseToLabelSelector(t.Selector)
		if err != nil {
			return nil, seen, err
		}
		list := []EgressPolicy{}
		policies, err := cluster.NetworkPolicies(ctx, e.Clients, metav1.NamespaceSystem)
		for _, p := range policies {
			if slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) && selects(&p.Spec.PodSelector, with.MatchLabels) {
				kubelets := allowedRanges(p.Spec.Egress, nodecheck.Endpoint{Port: KubeletPort})
				list = append(list, EgressPolicy{
					Name: p.Name, Allowed: allowedRanges(p.Spec.Egress, t.Endpoint), Kubelets: kubelets,
					DNS: allowedRanges(p.Spec.Egress, nodecheck.Endpoint{Port: 53, UDP: true}),
				})
			}
		}
		return list, seen, err
	},
}

// allowedRanges returns the ranges to which the rules allow egress on the endpoint's port.
func allowedRanges(rules []networkingv1.NetworkPolicyEgressRule, to nodecheck.Endpoint) []Range {
	port := netpolicy.Port{Protocol: "TCP", Number: int32(to.Port)} //nolint:gosec // a port
	if to.UDP {
		port.Protocol = "UDP"
	}
	ranges := []Range{}
	for _, r := range rules {
		if !port.AllowedBy(r.Ports) {
			continue
		}
		if len(r.To) == 0 {
			ranges = append(ranges, Range{})
		}
		for _, to := range r.To {
			if to.IPBlock != nil {
				ranges = append(ranges, Range{to.IPBlock.CIDR, to.IPBlock.Except})
			}
		}
	}
	return ranges
}

// KubeletPort is the port of every kubelet that the API server connects to
// (https://kubernetes.io/docs/reference/networking/ports-and-protocols).
const KubeletPort = 10250

// AllowKubelet reports whether the policies allow the agents' egress to the kubelet at the address.
func AllowKubelet(policies []EgressPolicy, address netip.Addr) bool {
	return len(policies) == 0 || slices.ContainsFunc(policies, func(p EgressPolicy) bool {
		return p.Kubelets == nil || slices.ContainsFunc(p.Kubelets, func(r Range) bool { return r.contains(address) })
	})
}

// AllowDNS reports whether the policies allow the agents' queries to one of the name servers, or to any if none is known.
func AllowDNS(policies []EgressPolicy, servers []string) bool {
	return len(policies) == 0 || slices.ContainsFunc(policies, func(p EgressPolicy) bool {
		return p.DNS == nil || slices.ContainsFunc(p.DNS, func(r Range) bool {
			return r.CIDR == "" || len(servers) == 0 || slices.ContainsFunc(servers, func(s string) bool {
				ip, err := netip.ParseAddr(s)
				return err == nil && r.contains(ip)
			})
		})
	})
}

// AllowEgress reports whether the policies allow the agents' egress to one of the addresses. If no address is known, it reports
// whether they allow egress to all.
func AllowEgress(policies []EgressPolicy, addresses []string) bool {
	if len(policies) == 0 {
		return true
	}
	for _, p := range policies {
		for _, r := range p.Allowed {
			if r.CIDR == "" || slices.ContainsFunc(addresses, func(a string) bool {
				ip, err := netip.ParseAddr(a)
				return err == nil && r.contains(ip)
			}) {
				return true
			}
		}
	}
	return false
}
