package policy

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// table is the table of the policies in a node's nftables.
const table = "networkpolicy"

// Rules returns the input of nft -f for the policies on a node; it replaces an earlier table. There is no table if no
// policy denies anything. A connection is evaluated on the node of the pod that opens it, and again on the node of the
// pod that it goes to, after kube-proxy's DNAT. Connections from the node itself to its pods do not pass the forward
// hook, so they are allowed.
func (c Cluster) Rules(node layout.Node) string {
	var chains, out, in strings.Builder
	for _, p := range c.Pods {
		if p.Spec.NodeName != node.Name || !subject(p) {
			continue
		}
		for _, d := range []struct {
			direction direction
			jumps     *strings.Builder
		}{{egress, &out}, {ingress, &in}} {
			allowed, isolated := c.allowed(p, d.direction)
			if !isolated {
				continue
			}
			ip := p.Status.PodIP
			chain := d.direction.chain + "_" + strings.ReplaceAll(ip, ".", "_")
			fmt.Fprintf(&chains, "\tchain %s {\n\t\tip saddr %[2]s ip daddr %[2]s return\n", chain, ip)
			for _, match := range allowed {
				fmt.Fprintf(&chains, "\t\t%s return\n", match)
			}
			chains.WriteString("\t\tdrop\n\t}\n")
			fmt.Fprintf(d.jumps, "\t\tip %s %s jump %s\n", d.direction.self, ip, chain)
		}
	}
	gone := fmt.Sprintf("add table ip %[1]s\ndelete table ip %[1]s\n", table)
	if chains.Len() == 0 {
		return gone
	}
	const established = "\t\tct state established,related accept\n"
	return gone + fmt.Sprintf("table ip %s {\n%s\tchain forward {\n\t\ttype filter hook forward priority filter + 10\n%s%s%s\t}\n"+
		"\tchain input {\n\t\ttype filter hook input priority filter + 10\n%[3]s%[4]s\t}\n}\n",
		table, chains.String(), established, out.String(), in.String())
}

// direction is a direction of policies, with nft's names for the two ends.
type direction struct {
	chain      string
	kind       networkingv1.PolicyType
	self, peer string
}

var (
	ingress = direction{"in", networkingv1.PolicyTypeIngress, "daddr", "saddr"}
	egress  = direction{"out", networkingv1.PolicyTypeEgress, "saddr", "daddr"}
)

// allowed returns the sorted matches of the connections that the pod may open or accept. isolated is false if all are
// allowed.
func (c Cluster) allowed(p *corev1.Pod, d direction) (matches []string, isolated bool) {
	for _, policy := range c.selecting(p, d.kind) {
		isolated = true
		if d.kind == networkingv1.PolicyTypeIngress {
			for _, r := range policy.Spec.Ingress {
				matches = append(matches, c.rule(p, d, r.From, r.Ports)...)
			}
			continue
		}
		for _, r := range policy.Spec.Egress {
			matches = append(matches, c.rule(p, d, r.To, r.Ports)...)
		}
	}
	slices.Sort(matches)
	matches = slices.Compact(matches)
	return matches, isolated && !slices.Contains(matches, "")
}

// rule returns one match for each pair of a peer and a port; the empty one matches everything.
func (c Cluster) rule(
	p *corev1.Pod, d direction, peers []networkingv1.NetworkPolicyPeer, portList []networkingv1.NetworkPolicyPort,
) []string {
	var found []string
	if len(portList) == 0 {
		portList = []networkingv1.NetworkPolicyPort{{}}
	}
	for _, port := range portList {
		for _, match := range c.portMatches(p, d, peers, port) {
			found = append(found, strings.TrimSpace(match))
		}
	}
	return found
}

func (c Cluster) portMatches(
	p *corev1.Pod, d direction, peers []networkingv1.NetworkPolicyPeer, port networkingv1.NetworkPolicyPort,
) []string {
	protocol := corev1.ProtocolTCP
	if port.Protocol != nil {
		protocol = *port.Protocol
	}
	named := port.Port != nil && port.Port.Type == intstr.String
	if named && d.kind == networkingv1.PolicyTypeEgress {
		return c.namedEgress(p.Namespace, peers, port.Port.StrVal, protocol)
	}
	var suffixes []string
	switch l4 := strings.ToLower(string(protocol)); {
	case port.Protocol == nil && port.Port == nil:
		suffixes = []string{""}
	case port.Port == nil:
		suffixes = []string{" meta l4proto " + l4}
	case named:
		for _, n := range ports(p, port.Port.StrVal, protocol) {
			suffixes = append(suffixes, fmt.Sprintf(" %s dport %d", l4, n))
		}
	case port.EndPort != nil:
		suffixes = []string{fmt.Sprintf(" %s dport %d-%d", l4, port.Port.IntVal, *port.EndPort)}
	default:
		suffixes = []string{fmt.Sprintf(" %s dport %d", l4, port.Port.IntVal)}
	}
	var found []string
	for _, peer := range c.peerMatches(p.Namespace, d, peers) {
		for _, s := range suffixes {
			found = append(found, peer+s)
		}
	}
	return found
}

// namedEgress resolves a port name, whose number depends on each pod at the far end.
func (c Cluster) namedEgress(namespace string, peers []networkingv1.NetworkPolicyPeer, name string, protocol corev1.Protocol) []string {
	if len(peers) == 0 {
		peers = []networkingv1.NetworkPolicyPeer{{NamespaceSelector: everything}}
	}
	var found []string
	for _, peer := range peers {
		if peer.IPBlock != nil {
			continue
		}
		for _, p := range c.selected(namespace, peer) {
			for _, n := range ports(p, name, protocol) {
				found = append(found, fmt.Sprintf("ip daddr %s %s dport %d", p.Status.PodIP, strings.ToLower(string(protocol)), n))
			}
		}
	}
	return found
}
