package azurelb

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

type annotations map[string]string

func (a annotations) isTrue(name string) bool {
	return strings.EqualFold(strings.TrimSpace(a[Prefix+name]), "true")
}

// isTrueOfPort is isTrue for a port's own annotation of rules, whose value the cloud provider does not trim.
func (a annotations) isTrueOfPort(port int32, parameter string) bool {
	return strings.EqualFold(a[fmt.Sprintf("%sport_%d_%s", Prefix, port, parameter)], "true")
}

// ofPort returns the value and the name of the port's own annotation. ok reports whether it is set: an empty value counts, too.
func (a annotations) ofPort(port int32, parameter string) (value, name string, ok bool) {
	name = fmt.Sprintf("%sport_%d_health-probe_%s", Prefix, port, parameter)
	value, ok = a[name]
	return strings.TrimSpace(value), name, ok
}

// probe returns the health probe for one port, nil if there is none, by the rules of
// https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/#load-balancer-health-probe.
func probe(s *corev1.Service, a annotations, port corev1.ServicePort) *Probe {
	if a.isTrueOfPort(port.Port, "no_probe_rule") {
		return nil
	}
	number, named, _ := a.ofPort(port.Port, "port")
	if number == "" {
		named = ""
	}
	tcp := port.Protocol == corev1.ProtocolTCP || port.Protocol == ""
	local := s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
	if local && s.Spec.HealthCheckNodePort != 0 && (named == "" || !tcp) {
		return &Probe{Scheme: "http", Port: s.Spec.HealthCheckNodePort, Path: "/healthz", By: "externalTrafficPolicy Local"}
	}
	if !tcp {
		return nil
	}
	p := &Probe{Port: port.NodePort}
	if named != "" {
		p.Port, p.PortBy = nodePort(s, number), "annotation "+named
	}
	p.Scheme, p.By = scheme(a, port)
	if p.Scheme != "tcp" {
		own, _, ok := a.ofPort(port.Port, "request-path")
		if p.Path = own; !ok {
			p.Path = cmp.Or(strings.TrimSpace(a[Prefix+"azure-load-balancer-health-probe-request-path"]), "/")
		}
	}
	return p
}

// scheme returns the scheme from the port's annotation, its appProtocol or the Service's annotation, in this order, and where
// it comes from. For protocols that Azure cannot probe it is tcp.
func scheme(a annotations, port corev1.ServicePort) (scheme, by string) {
	general := Prefix + "azure-load-balancer-health-probe-protocol"
	own, name, ok := a.ofPort(port.Port, "protocol")
	if ok && own == "" {
		return "tcp", "annotation " + name
	}
	for _, source := range []struct{ value, by string }{
		{own, "annotation " + name},
		{ptr.Deref(port.AppProtocol, ""), "appProtocol " + ptr.Deref(port.AppProtocol, "")},
		{a[general], "annotation " + general},
	} {
		if source.value == "" {
			continue
		}
		if s := strings.ToLower(strings.TrimSpace(source.value)); s == "http" || s == "https" {
			return s, source.by
		}
		return "tcp", source.by
	}
	return "tcp", "no annotation and no appProtocol"
}

// nodePort returns the node port for an annotation's value: that of the Service's port with the name or number, else the
// number itself; 0 if it is none.
func nodePort(s *corev1.Service, value string) int32 {
	n, err := strconv.ParseUint(value, 10, 16)
	for _, p := range s.Spec.Ports {
		if strings.EqualFold(p.Name, value) || err == nil && uint64(p.Port) == n { //nolint:gosec // a port
			return p.NodePort
		}
	}
	return int32(n) //nolint:gosec // 16 bits
}
