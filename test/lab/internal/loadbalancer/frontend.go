package loadbalancer

import (
	"fmt"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Frontend is the load balancer's configuration for one Service.
type Frontend struct {
	UID     types.UID
	Service string // namespace/name
	Addr    netip.Addr
	Sources []netip.Prefix // allowed sources, as in a network security group; empty: all
	Sticky  bool           // all flows of one client go to one node
	Rules   []Rule
	Nodes   []layout.Node // the backend pool
}

// Rule is one port of a frontend.
type Rule struct {
	Protocol string // "tcp" or "udp"
	Port     int32
	Probe    *Probe // nil: every node counts as healthy
}

// newFrontend returns the frontend that the Service requests. It returns an error if Azure would reject the Service.
func newFrontend(svc *corev1.Service, addr netip.Addr, nodes []layout.Node) (Frontend, error) {
	f := Frontend{
		UID: svc.UID, Service: svc.Namespace + "/" + svc.Name, Addr: addr, Nodes: nodes,
		Sticky: svc.Spec.SessionAffinity == corev1.ServiceAffinityClientIP,
	}
	for _, r := range svc.Spec.LoadBalancerSourceRanges {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(r))
		if err != nil {
			return f, fmt.Errorf("service.spec.loadBalancerSourceRanges is not valid: %w", err)
		}
		f.Sources = append(f.Sources, prefix.Masked())
	}
	for _, p := range svc.Spec.Ports {
		if p.Protocol == corev1.ProtocolSCTP {
			return f, fmt.Errorf("SCTP is not supported on external LB")
		}
		if isTrue(svc, p.Port, "no_lb_rule") {
			continue
		}
		probe, err := probeOf(svc, p)
		if err != nil {
			return f, err
		}
		f.Rules = append(f.Rules, Rule{Protocol: strings.ToLower(string(p.Protocol)), Port: p.Port, Probe: probe})
	}
	return f, nil
}

// conflict returns the port that both frontends would use on the same address.
func (f Frontend) conflict(other Frontend) (port string, ok bool) {
	for _, a := range f.Rules {
		for _, b := range other.Rules {
			if f.Addr == other.Addr && a.Protocol == b.Protocol && a.Port == b.Port {
				return fmt.Sprintf("%s:%d", strings.ToUpper(a.Protocol), a.Port), true
			}
		}
	}
	return "", false
}
