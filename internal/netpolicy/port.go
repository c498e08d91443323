package netpolicy

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Port is the port of a connection's server.
type Port struct {
	Protocol string `json:"protocol"` // TCP, UDP or SCTP
	Number   int32  `json:"number"`
}

// DNSPort returns the port of the cluster's DNS.
func DNSPort() Port { return Port{Protocol: "UDP", Number: 53} }

// String returns the port as kubectl prints it, such as "80/TCP".
func (p Port) String() string { return fmt.Sprintf("%d/%s", p.Number, p.Protocol) }

// NamedPort is a port that a container declares with a name.
type NamedPort struct {
	Name string
	Port
}

// AllowedBy reports whether the ports of a rule, of which none means all, allow p. It ignores ports that the rule refers to
// by name: what the pod declares is not known here.
func (p Port) AllowedBy(ports []networkingv1.NetworkPolicyPort) bool { return p.allowed(ports, nil) }

func (p Port) allowed(ports []networkingv1.NetworkPolicyPort, declared []NamedPort) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(rule networkingv1.NetworkPolicyPort) bool {
		if string(ptr.Deref(rule.Protocol, corev1.ProtocolTCP)) != p.Protocol {
			return false
		}
		switch {
		case rule.Port == nil:
			return true
		case rule.Port.Type == intstr.String:
			return slices.Contains(declared, NamedPort{rule.Port.StrVal, p})
		}
		return rule.Port.IntVal <= p.Number && p.Number <= ptr.Deref(rule.EndPort, rule.Port.IntVal)
	})
}

// numbers returns the ports that are given by number, without ranges.
func numbers(ports []networkingv1.NetworkPolicyPort) []Port {
	var list []Port
	for _, p := range ports {
		if p.Port != nil && p.Port.Type == intstr.Int && p.EndPort == nil {
			list = append(list, Port{string(ptr.Deref(p.Protocol, corev1.ProtocolTCP)), p.Port.IntVal})
		}
	}
	return list
}
