package policy

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// everything selects everything.
var everything = &metav1.LabelSelector{}

// peerMatches returns the matches for a rule's peers: an empty one if the rule has none, one for each range, and one
// for all selected pods.
func (c Cluster) peerMatches(namespace string, d direction, peers []networkingv1.NetworkPolicyPeer) []string {
	if len(peers) == 0 {
		return []string{""}
	}
	var found, addresses []string
	for _, peer := range peers {
		if peer.IPBlock != nil {
			if !strings.Contains(peer.IPBlock.CIDR, ":") {
				found = append(found, block(d, *peer.IPBlock))
			}
			continue
		}
		for _, p := range c.selected(namespace, peer) {
			addresses = append(addresses, p.Status.PodIP)
		}
	}
	if len(addresses) > 0 {
		slices.Sort(addresses)
		found = append(found, fmt.Sprintf("ip %s { %s }", d.peer, strings.Join(slices.Compact(addresses), ", ")))
	}
	return found
}

// block omits a range of all addresses, which nft rejects, but keeps its exceptions.
func block(d direction, b networkingv1.IPBlock) string {
	var parts []string
	if !strings.HasSuffix(b.CIDR, "/0") {
		parts = append(parts, fmt.Sprintf("ip %s %s", d.peer, b.CIDR))
	}
	if len(b.Except) > 0 {
		parts = append(parts, fmt.Sprintf("ip %s != { %s }", d.peer, strings.Join(b.Except, ", ")))
	}
	return strings.Join(parts, " ")
}
