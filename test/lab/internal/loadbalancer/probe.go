package loadbalancer

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Probe is the health probe that the load balancer sends to every node.
type Probe struct {
	Scheme    string // "tcp", "http" or "https"
	Port      int32
	Path      string // empty for tcp
	Interval  time.Duration
	Threshold int // consecutive answers that change a node's state
}

// The defaults of Azure's cloud provider.
const (
	defaultInterval  = 5
	defaultThreshold = 2
	localPath        = "/healthz"
)

const annotation = "service.beta.kubernetes.io/"

// of returns the value of the port's own annotation or, if general is not empty, of the Service's.
func of(svc *corev1.Service, port int32, parameter, general string) (value string, ok bool) {
	if value, ok = svc.Annotations[fmt.Sprintf("%sport_%d_%s", annotation, port, parameter)]; !ok && general != "" {
		value, ok = svc.Annotations[annotation+general]
	}
	return strings.TrimSpace(value), ok
}

// isTrue is of for a boolean.
func isTrue(svc *corev1.Service, port int32, parameter string) bool {
	value, _ := of(svc, port, parameter, "")
	return strings.EqualFold(value, "true")
}

// probeOf returns the probe for one port of the Service, by the rules of cloud-provider-azure
// (azure_loadbalancer_healthprobe.go); nil if there is none and every node gets traffic.
func probeOf(svc *corev1.Service, port corev1.ServicePort) (*Probe, error) {
	if isTrue(svc, port.Port, "no_probe_rule") {
		return nil, nil
	}
	p := &Probe{Scheme: "http", Port: svc.Spec.HealthCheckNodePort, Path: localPath}
	var err error
	if p.Interval, p.Threshold, err = pace(svc, port.Port); err != nil {
		return nil, err
	}
	name, own := of(svc, port.Port, "health-probe_port", "")
	local := svc.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
	if local && p.Port != 0 && (!own || port.Protocol != corev1.ProtocolTCP) {
		return p, nil
	}
	if port.Protocol != corev1.ProtocolTCP {
		return nil, nil
	}
	p.Port = port.NodePort
	if own {
		if p.Port, err = probePort(svc, name); err != nil {
			return nil, err
		}
	}
	p.Scheme, p.Path = scheme(svc, port), ""
	if p.Scheme != "tcp" {
		p.Path = "/"
		if path, ok := of(svc, port.Port, "health-probe_request-path", "azure-load-balancer-health-probe-request-path"); ok {
			p.Path = path
		}
	}
	return p, nil
}

// scheme returns the scheme from the port's annotation, its appProtocol or the Service's annotation, in this order; tcp
// if Azure cannot probe it.
func scheme(svc *corev1.Service, port corev1.ServicePort) string {
	protocol, ok := of(svc, port.Port, "health-probe_protocol", "")
	if !ok && port.AppProtocol != nil {
		protocol, ok = strings.TrimSpace(*port.AppProtocol), true
	}
	if !ok {
		protocol, _ = of(svc, port.Port, "health-probe_protocol", "azure-load-balancer-health-probe-protocol")
	}
	switch protocol = strings.ToLower(protocol); protocol {
	case "http", "https":
		return protocol
	}
	return "tcp"
}

// probePort returns the node port of the Service's port with the name or number; any other number is a node port
// itself.
func probePort(svc *corev1.Service, name string) (int32, error) {
	number, err := strconv.ParseUint(name, 10, 16)
	for _, p := range svc.Spec.Ports {
		if strings.EqualFold(p.Name, name) || err == nil && p.Port == int32(number) {
			return p.NodePort, nil
		}
	}
	if err != nil {
		return 0, fmt.Errorf("port %s not found in service", name)
	}
	return int32(number), nil
}

// pace returns how often a node is probed, and the threshold.
func pace(svc *corev1.Service, port int32) (time.Duration, int, error) {
	interval, err := number(svc, port, "health-probe_interval", "azure-load-balancer-health-probe-interval", 5, defaultInterval)
	if err != nil {
		return 0, 0, err
	}
	threshold, err := number(svc, port, "health-probe_num-of-probe", "azure-load-balancer-health-probe-num-of-probe", 2, defaultThreshold)
	if err != nil {
		return 0, 0, err
	}
	if interval*threshold >= 120 {
		return 0, 0, fmt.Errorf("total probe should be less than 120, please adjust interval and number of probe accordingly")
	}
	return time.Duration(interval) * time.Second, threshold, nil
}

func number(svc *corev1.Service, port int32, parameter, general string, least, otherwise int) (int, error) {
	value, ok := of(svc, port, parameter, general)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		return 0, fmt.Errorf("failed to parse annotation %s: the minimum value is %d, not %q", parameter, least, value)
	}
	return n, nil
}
