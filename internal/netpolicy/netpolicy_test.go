package netpolicy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// policy returns a NetworkPolicy in namespace shop with the spec.
func policy(t *testing.T, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	p := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatalf("%v in\n%s", err, spec)
	}
	p.Namespace, p.Name = "shop", "p"
	return p
}

func TestEvaluate(t *testing.T) {
	pod := End{
		Namespace: "shop", Labels: map[string]string{"app": "web"}, Address: netip.MustParseAddr("10.244.0.9"),
		Ports: []NamedPort{{"http", Port{"TCP", 8080}}},
	}
	peer := End{
		Namespace: "front", NamespaceLabels: map[string]string{"team": "a"}, Labels: map[string]string{"app": "proxy"},
		Address: netip.MustParseAddr("10.244.1.7"),
	}
	same := peer
	same.Namespace, same.NamespaceLabels = "shop", nil
	outside := End{Address: netip.MustParseAddr("203.0.113.5")}
	for name, c := range map[string]struct {
		spec     string
		d        Direction
		far      End
		port     Port
		isolated bool
		allows   bool
	}{
		"nothing selects":     {`podSelector: {matchLabels: {app: other}}`, Ingress, peer, Port{"TCP", 8080}, false, true},
		"default deny":        {`podSelector: {}`, Ingress, peer, Port{"TCP", 8080}, true, false},
		"types default to in": {`podSelector: {}`, Egress, peer, Port{"TCP", 8080}, false, true},
		"rules make types out": {
			`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`, Egress, outside,
			Port{"TCP", 443},
			true, true,
		},
		"types say out":         {`{podSelector: {}, policyTypes: [Egress]}`, Egress, peer, Port{"TCP", 8080}, true, false},
		"empty rule admits all": {`{podSelector: {}, ingress: [{}]}`, Ingress, outside, Port{"UDP", 1}, true, true},
		"namespace by name": {
			`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}}]}]}`,
			Ingress, peer,
			Port{"TCP", 8080},
			true, true,
		},
		"namespace by label": {
			`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}`, Ingress, peer,
			Port{"TCP", 8080},
			true, true,
		},
		"namespace and pod": {
			`{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}]}]}`,
			Ingress, peer,
			Port{"TCP", 8080},
			true, false,
		},
		"pods of its own": {
			`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: proxy}}}]}]}`, Ingress, peer,
			Port{"TCP", 8080},
			true, false,
		},
		"pods of its own, there": {
			`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: proxy}}}]}]}`, Ingress, same,
			Port{"TCP", 8080},
			true, true,
		},
		"the port is another": {`{podSelector: {}, ingress: [{ports: [{port: 80}]}]}`, Ingress, peer, Port{"TCP", 8080}, true, false},
		"the protocol is another": {
			`{podSelector: {}, ingress: [{ports: [{port: 8080, protocol: UDP}]}]}`, Ingress, peer,
			Port{"TCP", 8080},
			true, false,
		},
		"a range of ports": {
			`{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8100}]}]}`, Ingress, peer,
			Port{"TCP", 8080},
			true, true,
		},
		"a named port":             {`{podSelector: {}, ingress: [{ports: [{port: http}]}]}`, Ingress, peer, Port{"TCP", 8080}, true, true},
		"a named port, of another": {`{podSelector: {}, ingress: [{ports: [{port: https}]}]}`, Ingress, peer, Port{"TCP", 8080}, true, false},
		"a protocol alone":         {`{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`, Ingress, peer, Port{"TCP", 8080}, true, true},
		"addresses": {
			`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}`, Ingress, outside,
			Port{"TCP", 8080},
			true, true,
		},
		"addresses but not this one": {
			`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.4/30]}}]}]}`,
			Ingress, outside,
			Port{"TCP", 8080},
			true, false,
		},
		"selectors mean pods only": {
			`{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`, Ingress, outside,
			Port{"TCP", 8080},
			true, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			j := Evaluate(Selecting([]*networkingv1.NetworkPolicy{policy(t, c.spec)}, c.d, pod), c.d, pod, c.far, c.port)
			if j.Isolated() != c.isolated || j.Allows() != c.allows {
				t.Errorf("isolated %v, allows %v: %+v", j.Isolated(), j.Allows(), j)
			}
		})
	}
}

func TestRuleText(t *testing.T) {
	p := policy(t, `
podSelector: {}
ingress:
- from: [{podSelector: {matchLabels: {app: a}}}, {namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
  ports: [{port: http}, {port: 8000, endPort: 8100, protocol: UDP}]
- {}`)
	j := Evaluate([]*networkingv1.NetworkPolicy{p}, Ingress, End{Namespace: "shop"}, End{}, Port{"TCP", 1})
	var got []string
	for _, r := range j.Rules {
		got = append(got, r.PeersText+" on "+r.PortsText)
	}
	want := "pods with app=a in its own namespace or all pods in all namespaces or 10.0.0.0/8 except 10.1.0.0/16" +
		" on port http/TCP, 8000-8100/UDP\neveryone on all ports"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestRuleNumbers(t *testing.T) {
	rule := `{podSelector: {}, ingress: [
		{ports: [{port: 80}, {port: http}, {port: 8000, endPort: 8100}, {protocol: UDP}, {port: 53, protocol: UDP}]}]}`
	j := Evaluate([]*networkingv1.NetworkPolicy{policy(t, rule)}, Ingress, End{Namespace: "shop"}, End{Namespace: "shop"}, Port{"TCP", 8080})
	if diff := cmp.Diff([]Port{{"TCP", 80}, {"UDP", 53}}, j.Rules[0].Numbers); diff != "" {
		t.Error(diff)
	}
}
