package loadbalancer

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestProbeOf(t *testing.T) {
	text := func(s string) *string { return &s }
	port := corev1.ServicePort{Name: "web", Protocol: corev1.ProtocolTCP, Port: 80, NodePort: 30080}
	for name, c := range map[string]struct {
		annotations map[string]string
		protocol    corev1.Protocol
		app         *string
		local       bool
		want        *Probe
	}{
		"tcp":   {want: &Probe{"tcp", 30080, "", 5 * time.Second, 2}},
		"udp":   {protocol: corev1.ProtocolUDP},
		"local": {local: true, want: &Probe{"http", 31000, "/healthz", 5 * time.Second, 2}},
		"app protocol before the Service's annotation": {
			app: text("HTTP"), annotations: map[string]string{annotation + "azure-load-balancer-health-probe-protocol": "tcp"},
			want: &Probe{"http", 30080, "/", 5 * time.Second, 2},
		},
		"the port's annotation before all": {
			app: text("http"), annotations: map[string]string{
				annotation + "port_80_health-probe_protocol": "https", annotation + "azure-load-balancer-health-probe-request-path": "/ready",
			},
			want: &Probe{"https", 30080, "/ready", 5 * time.Second, 2},
		},
		"unknown is tcp": {app: text("kubernetes.io/h2c"), want: &Probe{"tcp", 30080, "", 5 * time.Second, 2}},
		"none":           {annotations: map[string]string{annotation + "port_80_no_probe_rule": "true"}},
	} {
		svc := &corev1.Service{}
		svc.Annotations = c.annotations
		p := port
		p.AppProtocol = c.app
		if c.protocol != "" {
			p.Protocol = c.protocol
		}
		svc.Spec.Ports = []corev1.ServicePort{p}
		if c.local {
			svc.Spec.ExternalTrafficPolicy, svc.Spec.HealthCheckNodePort = corev1.ServiceExternalTrafficPolicyLocal, 31000
		}
		got, err := probeOf(svc, p)
		if err != nil || (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestHealth(t *testing.T) {
	for answers, want := range map[string]bool{
		"": false, "-": false, "--+": true, "+": true, "+-": true, "+--": false, "+--+": false, "+--++": true, "+-+-": true,
	} {
		var h health
		for _, a := range answers {
			h = h.after(a == '+', 2)
		}
		if h.up != want {
			t.Errorf("after %q up is %v", answers, h.up)
		}
	}
}
