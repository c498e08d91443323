package netpolicy

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Closest names the rule that nearly allows the connection, for a sentence. The verdict must deny it.
func (v Verdict) Closest() string {
	for _, r := range v.Rules {
		switch {
		case r.MatchesPeer && !r.MatchesPort:
			return fmt.Sprintf("rule %d of %s allows the peer, but only on %s", r.Index+1, r.Policy, r.PortsText)
		case r.MatchesPort && !r.MatchesPeer:
			return fmt.Sprintf("rule %d of %s allows the port, but only for %s", r.Index+1, r.Policy, r.PeersText)
		}
	}
	return "no rule allows it, so it is denied"
}

func peersText(peers []networkingv1.NetworkPolicyPeer) string {
	if len(peers) == 0 {
		return "everyone"
	}
	var list []string
	for _, p := range peers {
		list = append(list, peerText(p))
	}
	return strings.Join(list, " or ")
}

func portsText(ports []networkingv1.NetworkPolicyPort) string {
	if len(ports) == 0 {
		return "all ports"
	}
	var list []string
	for _, p := range ports {
		text := "all ports"
		if p.Port != nil {
			text = p.Port.String()
		}
		if p.EndPort != nil {
			text = fmt.Sprintf("%s-%d", text, *p.EndPort)
		}
		list = append(list, text+"/"+string(ptr.Deref(p.Protocol, corev1.ProtocolTCP)))
	}
	return "port " + strings.Join(list, ", ")
}

func peerText(p networkingv1.NetworkPolicyPeer) string {
	if p.IPBlock != nil {
		if len(p.IPBlock.Except) > 0 {
			return fmt.Sprintf("%s except %s", p.IPBlock.CIDR, strings.Join(p.IPBlock.Except, ", "))
		}
		return p.IPBlock.CIDR
	}
	pods := "all pods"
	if text := selectorText(p.PodSelector); text != "" {
		pods = "pods with " + text
	}
	switch text := selectorText(p.NamespaceSelector); {
	case p.NamespaceSelector == nil:
		return pods + " in its own namespace"
	case text == "":
		return pods + " in all namespaces"
	default:
		return pods + " in namespaces with " + text
	}
}

func selectorText(s *metav1.LabelSelector) string {
	if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return ""
	}
	return metav1.FormatLabelSelector(s)
}
