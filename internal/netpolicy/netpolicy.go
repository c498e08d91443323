// Package netpolicy evaluates NetworkPolicies for a connection, as specified in
// https://kubernetes.io/docs/concepts/services-networking/network-policies/: a pod is isolated for a direction if any
// policy selects it for that direction; then only what some rule of those policies allows gets through. The package does
// not know whether the cluster enforces policies, nor the policies of Calico and Cilium. It is pure.
package netpolicy

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// End is one end of a connection: a pod, or an address outside the cluster.
type End struct {
	// Namespace is the pod's namespace; empty if the end is not a pod.
	Namespace       string
	NamespaceLabels map[string]string
	Labels          map[string]string
	Address         netip.Addr  // the zero Addr if unknown; only rules with an ipBlock need it
	Ports           []NamedPort // declared by the pod's containers: policies may refer to a port by its name
}

// Direction is the direction of a connection as seen from the pod that policies select.
type Direction = networkingv1.PolicyType

// The directions.
const (
	Ingress Direction = networkingv1.PolicyTypeIngress
	Egress  Direction = networkingv1.PolicyTypeEgress
)

// Rule is one rule of a policy that selects the pod.
type Rule struct {
	Policy      string `json:"policy"`
	Index       int    `json:"index"`  // from 0, among the policy's rules for the direction
	PeersText   string `json:"far"`    // the peers it allows, for a sentence
	PortsText   string `json:"on"`     // the ports it allows, for a sentence
	MatchesPeer bool   `json:"fits"`   // it allows the far end
	MatchesPort bool   `json:"covers"` // it allows the port
	// Numbers are the ports that the rule allows by number, without ranges. Bundles of earlier versions do not have them.
	Numbers []Port `json:"numbers,omitempty"`
	// Peers are the peers that the rule allows; none means all. Bundles do not have them.
	Peers []networkingv1.NetworkPolicyPeer `json:"-"`

	ports []networkingv1.NetworkPolicyPort
}

// Verdict is the result of evaluating policies for a connection.
type Verdict struct {
	Policies []string `json:"policies,omitempty"` // those that select the pod for the direction
	Rules    []Rule   `json:"rules,omitempty"`    // all rules of those policies
}

// Isolated reports whether any policy selects the pod for the direction.
func (v Verdict) Isolated() bool { return len(v.Policies) > 0 }

// Allows reports whether the connection is allowed.
func (v Verdict) Allows() bool {
	return !v.Isolated() || slices.ContainsFunc(v.Rules, func(r Rule) bool { return r.MatchesPeer && r.MatchesPort })
}

// Selecting returns the policies in the pod's namespace that select it for the direction. An invalid selector selects
// nothing; the API server rejects those.
func Selecting(policies []*networkingv1.NetworkPolicy, d Direction, pod End) []*networkingv1.NetworkPolicy {
	var list []*networkingv1.NetworkPolicy
	for _, p := range InNamespace(policies, d, pod.Namespace) {
		if matches(&p.Spec.PodSelector, pod.Labels) {
			list = append(list, p)
		}
	}
	return list
}

// InNamespace returns the policies in the namespace that apply to the direction.
func InNamespace(policies []*networkingv1.NetworkPolicy, d Direction, namespace string) []*networkingv1.NetworkPolicy {
	var list []*networkingv1.NetworkPolicy
	for _, p := range policies {
		if p.Namespace == namespace && applies(p, d) {
			list = append(list, p)
		}
	}
	return list
}

// Evaluate evaluates the policies, which all select the pod for the direction, for a connection between the pod and the
// far end. The port is that of the server: the pod for Ingress, the far end for Egress.
func Evaluate(policies []*networkingv1.NetworkPolicy, d Direction, pod, far End, port Port) Verdict {
	server := far
	if d == Ingress {
		server = pod
	}
	var v Verdict
	for _, p := range policies {
		v.Policies = append(v.Policies, p.Name)
		for i, r := range rules(p, d) {
			r.Policy, r.Index, r.PeersText, r.PortsText = p.Name, i, peersText(r.Peers), portsText(r.ports)
			r.Numbers = numbers(r.ports)
			r.MatchesPort = port.allowed(r.ports, server.Ports)
			r.MatchesPeer = len(r.Peers) == 0 || slices.ContainsFunc(r.Peers, func(peer networkingv1.NetworkPolicyPeer) bool {
				return matchesPeer(peer, p.Namespace, far)
			})
			v.Rules = append(v.Rules, r)
		}
	}
	return v
}

// applies reports whether the policy applies to the direction. Without policyTypes it applies to ingress, and to egress if
// it has egress rules.
func applies(p *networkingv1.NetworkPolicy, d Direction) bool {
	if len(p.Spec.PolicyTypes) == 0 {
		return d == Ingress || len(p.Spec.Egress) > 0
	}
	return slices.Contains(p.Spec.PolicyTypes, d)
}

func rules(p *networkingv1.NetworkPolicy, d Direction) []Rule {
	var list []Rule
	if d == Ingress {
		for _, r := range p.Spec.Ingress {
			list = append(list, Rule{Peers: r.From, ports: r.Ports})
		}
		return list
	}
	for _, r := range p.Spec.Egress {
		list = append(list, Rule{Peers: r.To, ports: r.Ports})
	}
	return list
}

// matchesPeer reports whether the peer, of a policy in the namespace, selects the far end.
func matchesPeer(peer networkingv1.NetworkPolicyPeer, namespace string, far End) bool {
	if peer.IPBlock != nil {
		return contains(*peer.IPBlock, far.Address)
	}
	if far.Namespace == "" {
		return false
	}
	if peer.NamespaceSelector == nil {
		return far.Namespace == namespace && matches(peer.PodSelector, far.Labels)
	}
	return matches(peer.NamespaceSelector, far.namespaceLabels()) && (peer.PodSelector == nil || matches(peer.PodSelector, far.Labels))
}

// namespaceLabels returns the known labels, and the one that every namespace has.
func (e End) namespaceLabels() map[string]string {
	all := map[string]string{"kubernetes.io/metadata.name": e.Namespace}
	for k, v := range e.NamespaceLabels {
		all[k] = v
	}
	return all
}

func matches(s *metav1.LabelSelector, with map[string]string) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(with))
}

func contains(b networkingv1.IPBlock, address netip.Addr) bool {
	in := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix.Contains(address.Unmap())
	}
	return address.IsValid() && in(b.CIDR) && !slices.ContainsFunc(b.Except, in)
}
