package netpolicy

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// Port is a port that is called.
type Port struct {
	Protocol string `json:"protocol"` // TCP, UDP or SCTP
	Number   int32  `json:"number"`
}

// String is the port as kubectl writes it, such as "80/TCP".
func (p Port) String() string { return fmt.Sprintf("%d/%s", p.Number, p.Protocol) }

// Named is a port that a container declares with a name.
type Named struct {
	Name string
	Port
}

// Covers reports whether the ports of a rule, of which none means all, hold p. Their names are not known here: a port that is
// named does not hold it.
func (p Port) Covers(ports []networkingv1.NetworkPolicyPort) bool { return p.covered(ports, nil) }

func (p Port) covered(ports []networkingv1.NetworkPolicyPort, declared []Named) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(allowed networkingv1.NetworkPolicyPort) bool {
		if string(ptr.Deref(allowed.Protocol, corev1.ProtocolTCP)) != p.Protocol {
			return false
		}
		switch {
		case allowed.Port == nil:
			return true
		case allowed.Port.Type == intstr.String:
			return slices.Contains(declared, Named{allowed.Port.StrVal, p})
		}
		return allowed.Port.IntVal <= p.Number && p.Number <= ptr.Deref(allowed.EndPort, allowed.Port.IntVal)
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
