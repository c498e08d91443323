// Package netpolicy decides what NetworkPolicies let through, as
// https://kubernetes.io/docs/concepts/services-networking/network-policies/ has it: a pod that no policy selects for a
// direction is open in it; one that some select is let what any of their rules lets. Whether a cluster enforces them, and
// what the policies of Calico and Cilium add, it does not know.
package netpolicy

import (
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// End is one end of a connection: a pod, or an address outside of the cluster.
type End struct {
	// Namespace is the pod's; empty: the end is no pod.
	Namespace       string
	NamespaceLabels map[string]string
	Labels          map[string]string
	Address         netip.Addr // zero: not known
	Ports           []Named    // what the pod's containers declare: policies may name a port by it
}

// Direction is that of a connection, seen from the pod that policies select.
type Direction = networkingv1.PolicyType

// The directions.
const (
	In  Direction = networkingv1.PolicyTypeIngress
	Out Direction = networkingv1.PolicyTypeEgress
)

// Rule is one rule of a policy that selects the pod.
type Rule struct {
	Policy string `json:"policy"`
	Index  int    `json:"index"`  // within the policy's rules of the direction
	Far    string `json:"far"`    // whom it lets, in words
	On     string `json:"on"`     // to which ports, in words
	Fits   bool   `json:"fits"`   // it lets the far end
	Covers bool   `json:"covers"` // it holds the port
	// Numbers are those of its ports that it gives by number, without ranges. Bundles of earlier versions do not have them.
	Numbers []Port `json:"numbers,omitempty"`
	// Peers are whom it lets, everybody where there are none.
	Peers []networkingv1.NetworkPolicyPeer `json:"-"`

	ports []networkingv1.NetworkPolicyPort
}

// Judgement is what the policies make of a connection.
type Judgement struct {
	Policies []string `json:"policies,omitempty"` // that select the pod for the direction; none: it is open
	Rules    []Rule   `json:"rules,omitempty"`    // of those
}

// Open reports whether no policy selects the pod.
func (j Judgement) Open() bool { return len(j.Policies) == 0 }

// Admits reports whether the connection is let through.
func (j Judgement) Admits() bool {
	return j.Open() || slices.ContainsFunc(j.Rules, func(r Rule) bool { return r.Fits && r.Covers })
}

// Selecting returns the policies of the pod's namespace that select it for the direction. A selector that cannot be parsed
// selects nothing; the API server admits none.
func Selecting(policies []*networkingv1.NetworkPolicy, d Direction, pod End) []*networkingv1.NetworkPolicy {
	var list []*networkingv1.NetworkPolicy
	for _, p := range Of(policies, d, pod.Namespace) {
		if matches(&p.Spec.PodSelector, pod.Labels) {
			list = append(list, p)
		}
	}
	return list
}

// Of returns the policies of the namespace for the direction.
func Of(policies []*networkingv1.NetworkPolicy, d Direction, namespace string) []*networkingv1.NetworkPolicy {
	var list []*networkingv1.NetworkPolicy
	for _, p := range policies {
		if p.Namespace == namespace && directed(p, d) {
			list = append(list, p)
		}
	}
	return list
}

// Judge says what the policies make of a connection between a pod that they select and the far end. The port is that of
// whichever end is called.
func Judge(policies []*networkingv1.NetworkPolicy, d Direction, pod, far End, port Port) Judgement {
	called := far
	if d == In {
		called = pod
	}
	var j Judgement
	for _, p := range policies {
		j.Policies = append(j.Policies, p.Name)
		for i, r := range rules(p, d) {
			r.Policy, r.Index, r.Far, r.On = p.Name, i, peersText(r.Peers), portsText(r.ports)
			r.Numbers = numbers(r.ports)
			r.Covers = port.covered(r.ports, called.Ports)
			r.Fits = len(r.Peers) == 0 || slices.ContainsFunc(r.Peers, func(peer networkingv1.NetworkPolicyPeer) bool { return fits(peer, p.Namespace, far) })
			j.Rules = append(j.Rules, r)
		}
	}
	return j
}

// directed reports whether the policy is for the direction: one that does not say is for what comes in, and for what goes out
// where it has rules for that.
func directed(p *networkingv1.NetworkPolicy, d Direction) bool {
	if len(p.Spec.PolicyTypes) == 0 {
		return d == In || len(p.Spec.Egress) > 0
	}
	return slices.Contains(p.Spec.PolicyTypes, d)
}

func rules(p *networkingv1.NetworkPolicy, d Direction) []Rule {
	var list []Rule
	if d == In {
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

// fits reports whether the far end is one of those that a peer of a policy in the namespace means.
func fits(peer networkingv1.NetworkPolicyPeer, namespace string, far End) bool {
	if peer.IPBlock != nil {
		return holds(*peer.IPBlock, far.Address)
	}
	if far.Namespace == "" {
		return false
	}
	if peer.NamespaceSelector == nil {
		return far.Namespace == namespace && matches(peer.PodSelector, far.Labels)
	}
	return matches(peer.NamespaceSelector, far.namespaceLabels()) && (peer.PodSelector == nil || matches(peer.PodSelector, far.Labels))
}

// namespaceLabels are those known, and the one that every namespace has.
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

func holds(b networkingv1.IPBlock, address netip.Addr) bool {
	in := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix.Contains(address.Unmap())
	}
	return address.IsValid() && in(b.CIDR) && !slices.ContainsFunc(b.Except, in)
}
