package facts

import (
	"context"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
)

// EgressPolicy is a NetworkPolicy that selects the tunnel's agents for what goes out.
type EgressPolicy struct {
	Name string `json:"name"`
	// Open are the address ranges out of the cluster that it lets the agents reach on their endpoint's port; "any" for all.
	Open []string `json:"open,omitempty"`
}

// AgentPolicies are the NetworkPolicies of kube-system that select the agents for egress. Together they let out what any
// of them lets out; without any, all goes out. Policies of Calico and Cilium are not known.
var AgentPolicies = &Fact[[]EgressPolicy]{
	Name:   "agent-policies",
	Needs:  []check.Need{Tunnel},
	Access: []rbacv1.PolicyRule{rule("networking.k8s.io", "networkpolicies", "list"), rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) ([]EgressPolicy, []check.Evidence, error) {
		t, err := Tunnel.From(ctx, e)
		if err != nil || t.Kind == "" {
			return nil, nil, err
		}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "networkpolicies", "-n", metav1.NamespaceSystem}}}
		with, err := metav1.ParseToLabelSelector(t.Selector)
		if err != nil {
			return nil, seen, err
		}
		list := []EgressPolicy{}
		err = each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.NetworkingV1().NetworkPolicies(metav1.NamespaceSystem).List(ctx, o)
		}, "", func(object runtime.Object) {
			p, ok := object.(*networkingv1.NetworkPolicy)
			if ok && slices.Contains(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress) && selects(&p.Spec.PodSelector, with.MatchLabels) {
				list = append(list, EgressPolicy{Name: p.Name, Open: open(p.Spec.Egress, t.Endpoint.Port)})
			}
		})
		return list, seen, err
	},
}

// open returns the ranges that the rules let out to on the TCP port.
func open(rules []networkingv1.NetworkPolicyEgressRule, port int) []string {
	var ranges []string
	for _, r := range rules {
		if !portOpen(r.Ports, port) {
			continue
		}
		if len(r.To) == 0 {
			ranges = append(ranges, "any")
		}
		for _, to := range r.To {
			if to.IPBlock != nil && len(to.IPBlock.Except) == 0 {
				ranges = append(ranges, to.IPBlock.CIDR)
			}
		}
	}
	return ranges
}

func portOpen(ports []networkingv1.NetworkPolicyPort, port int) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		if ptr.Deref(p.Protocol, corev1.ProtocolTCP) != corev1.ProtocolTCP {
			return false
		}
		first := port
		if p.Port != nil {
			first = p.Port.IntValue()
		}
		return first <= port && port <= int(ptr.Deref(p.EndPort, int32(first))) //nolint:gosec // a port
	})
}

// Lets says whether the policies let the agents out to one of the addresses; of no known address only where they let out to
// all.
func Lets(policies []EgressPolicy, addresses []string) bool {
	if len(policies) == 0 {
		return true
	}
	for _, p := range policies {
		for _, r := range p.Open {
			prefix, err := netip.ParsePrefix(r)
			if r == "any" || err == nil && slices.ContainsFunc(addresses, func(a string) bool {
				ip, err := netip.ParseAddr(a)
				return err == nil && prefix.Contains(ip)
			}) {
				return true
			}
		}
	}
	return false
}
