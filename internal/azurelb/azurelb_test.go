package azurelb

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// service returns the Service in the text as type LoadBalancer; without ports it gets the port 80 on node port 30080.
func service(t *testing.T, text string) *corev1.Service {
	t.Helper()
	var s corev1.Service
	if err := yaml.UnmarshalStrict([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	s.Spec.Type = corev1.ServiceTypeLoadBalancer
	if len(s.Spec.Ports) == 0 {
		s.Spec.Ports = []corev1.ServicePort{{Port: 80, NodePort: 30080, Protocol: corev1.ProtocolTCP}}
	}
	return &s
}

func TestProbe(t *testing.T) {
	const (
		general = Prefix + "azure-load-balancer-health-probe-"
		own     = Prefix + "port_80_health-probe_"
	)
	for name, c := range map[string]struct{ service, want string }{
		"plain": {`{}`, "a TCP connection to node port 30080 (no annotation and no appProtocol)"},
		"appProtocol": {
			`{spec: {ports: [{port: 80, nodePort: 30080, appProtocol: HTTP}]}}`,
			"HTTP GET / on node port 30080 (appProtocol HTTP)",
		},
		"another appProtocol": {
			`{spec: {ports: [{port: 80, nodePort: 30080, appProtocol: kubernetes.io/h2c}]}}`,
			"a TCP connection to node port 30080 (appProtocol kubernetes.io/h2c)",
		},
		"by annotations": {
			`{metadata: {annotations: {` + general + `protocol: https, ` + general + `request-path: /up}}}`,
			"HTTPS GET /up on node port 30080 (annotation " + general + "protocol)",
		},
		"the port's own": {
			`{metadata: {annotations: {` + own + `protocol: tcp, ` + general + `protocol: http}}}`,
			"a TCP connection to node port 30080 (annotation " + own + "protocol)",
		},
		"another port": {
			`{metadata: {annotations: {` + own + `port: admin}}, ` +
				`spec: {ports: [{port: 80, nodePort: 30080}, {name: admin, port: 81, nodePort: 30081}]}}`,
			"a TCP connection to node port 30081 (no annotation and no appProtocol)",
		},
		"a node's port": {
			`{metadata: {annotations: {` + own + `port: "10256"}}}`,
			"a TCP connection to node port 10256 (no annotation and no appProtocol)",
		},
		"local": {
			`{spec: {externalTrafficPolicy: Local, healthCheckNodePort: 31000}}`,
			"HTTP GET /healthz on node port 31000 (externalTrafficPolicy Local)",
		},
		"no rule":  {`{metadata: {annotations: {service.beta.kubernetes.io/port_80_no_lb_rule: "true"}}}`, "none"},
		"no probe": {`{metadata: {annotations: {service.beta.kubernetes.io/port_80_no_probe_rule: "True"}}}`, "no probe"},
		"udp":      {`{spec: {ports: [{port: 53, nodePort: 30053, protocol: UDP}]}}`, "no probe"},
	} {
		t.Run(name, func(t *testing.T) {
			got := "none"
			if lb := FromService(service(t, c.service)); len(lb.Rules) > 0 {
				if p := lb.Rules[0].Probe; p != nil {
					got = p.String() + " (" + p.By + ")"
				} else {
					got = "no probe"
				}
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestFromService(t *testing.T) {
	got := FromService(service(t, `
metadata:
  annotations:
    service.beta.kubernetes.io/azure-load-balancer-internal: "true"
    service.beta.kubernetes.io/azure-allowed-ip-ranges: 203.0.113.0/24, 198.51.100.7/32
    service.beta.kubernetes.io/azure-allowed-service-tags: AzureFrontDoor.Backend
    service.beta.kubernetes.io/azure-dns-label-name: shop
    external-dns.alpha.kubernetes.io/hostname: a.example.com,b.example.com,
spec: {loadBalancerSourceRanges: [10.0.0.0/8]}
status: {loadBalancer: {ingress: [{ip: 10.1.2.3}, {hostname: lb.example.com}, {}]}}`))
	got.Rules = nil
	want := &LoadBalancer{
		Internal: true, Addresses: []string{"10.1.2.3", "lb.example.com"}, DNSLabel: "shop",
		HostNames: []string{"a.example.com", "b.example.com"}, Names: []string{"a.example.com", "b.example.com"},
		Sources: []string{"10.0.0.0/8", "203.0.113.0/24", "198.51.100.7/32", "AzureFrontDoor.Backend"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if FromService(&corev1.Service{}) != nil {
		t.Error("a Service of another type has a load balancer")
	}
}

// TestHostNames: names that resolve elsewhere on purpose are published, but not expected to resolve to the addresses.
func TestHostNames(t *testing.T) {
	for annotation, want := range map[string][]string{
		"external-dns.alpha.kubernetes.io/ttl: '60'":                  {"a.example.com"},
		"external-dns.alpha.kubernetes.io/target: 203.0.113.7":        nil,
		"external-dns.alpha.kubernetes.io/cloudflare-proxied: 'true'": nil,
	} {
		lb := FromService(service(t, "{metadata: {annotations: {external-dns.alpha.kubernetes.io/hostname: a.example.com, "+annotation+"}}}"))
		if diff := cmp.Diff(want, lb.HostNames) + cmp.Diff([]string{"a.example.com"}, lb.Names); diff != "" {
			t.Errorf("%s: %s", annotation, diff)
		}
	}
}

func TestZone(t *testing.T) {
	for region, want := range map[string]string{
		"westeurope":    "westeurope.cloudapp.azure.com",
		"chinanorth3":   "chinanorth3.cloudapp.chinacloudapi.cn",
		"usgovvirginia": "usgovvirginia.cloudapp.usgovcloudapi.net",
		"usdodeast":     "usdodeast.cloudapp.usgovcloudapi.net",
	} {
		if got := Zone(region); got != want {
			t.Errorf("%s: got %s, want %s", region, got, want)
		}
	}
}

func FuzzFromService(f *testing.F) {
	f.Add("80", "http", "admin", "10.0.0.0/8,,x")
	f.Fuzz(func(t *testing.T, number, protocol, port, ranges string) {
		s := service(t, "{}")
		s.Annotations = map[string]string{
			Prefix + "port_" + number + "_health-probe_protocol": protocol, Prefix + "port_80_health-probe_port": port,
			Prefix + "azure-allowed-ip-ranges": ranges,
		}
		lb := FromService(s)
		if p := lb.Rules[0].Probe; p.Port < 0 || p.Port > 65535 || strings.Contains(p.Scheme, " ") {
			t.Errorf("%+v", p)
		}
	})
}
