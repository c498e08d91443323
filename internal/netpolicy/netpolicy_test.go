package netpolicy

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// policy is a NetworkPolicy of namespace shop, whose spec is given.
func policy(t *testing.T, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	p := &networkingv1.NetworkPolicy{}
	if err := yaml.UnmarshalStrict([]byte(spec), &p.Spec); err != nil {
		t.Fatalf("%v in\n%s", err, spec)
	}
	p.Namespace, p.Name = "shop", "p"
	return p
}

func TestJudge(t *testing.T) {
	pod := End{
		Namespace: "shop", Labels: map[string]string{"app": "web"}, Address: netip.MustParseAddr("10.244.0.9"),
		Ports: []Named{{"http", Port{"TCP", 8080}}},
	}
	peer := End{
		Namespace: "front", NamespaceLabels: map[string]string{"team": "a"}, Labels: map[string]string{"app": "proxy"},
		Address: netip.MustParseAddr("10.244.1.7"),
	}
	same := peer
	same.Namespace, same.NamespaceLabels = "shop", nil
	outside := End{Address: netip.MustParseAddr("203.0.113.5")}
	for name, c := range map[string]struct {
		spec   string
		d      Direction
		far    End
		port   Port
		open   bool
		admits bool
	}{
		"nothing selects":            {`podSelector: {matchLabels: {app: other}}`, In, peer, Port{"TCP", 8080}, true, true},
		"default deny":               {`podSelector: {}`, In, peer, Port{"TCP", 8080}, false, false},
		"types default to in":        {`podSelector: {}`, Out, peer, Port{"TCP", 8080}, true, true},
		"rules make types out":       {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`, Out, outside, Port{"TCP", 443}, false, true},
		"types say out":              {`{podSelector: {}, policyTypes: [Egress]}`, Out, peer, Port{"TCP", 8080}, false, false},
		"empty rule admits all":      {`{podSelector: {}, ingress: [{}]}`, In, outside, Port{"UDP", 1}, false, true},
		"namespace by name":          {`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: front}}}]}]}`, In, peer, Port{"TCP", 8080}, false, true},
		"namespace by label":         {`{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: a}}}]}]}`, In, peer, Port{"TCP", 8080}, false, true},
		"namespace and pod":          {`{podSelector: {}, ingress: [{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}]}]}`, In, peer, Port{"TCP", 8080}, false, false},
		"pods of its own":            {`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: proxy}}}]}]}`, In, peer, Port{"TCP", 8080}, false, false},
		"pods of its own, there":     {`{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: proxy}}}]}]}`, In, same, Port{"TCP", 8080}, false, true},
		"the port is another":        {`{podSelector: {}, ingress: [{ports: [{port: 80}]}]}`, In, peer, Port{"TCP", 8080}, false, false},
		"the protocol is another":    {`{podSelector: {}, ingress: [{ports: [{port: 8080, protocol: UDP}]}]}`, In, peer, Port{"TCP", 8080}, false, false},
		"a range of ports":           {`{podSelector: {}, ingress: [{ports: [{port: 8000, endPort: 8100}]}]}`, In, peer, Port{"TCP", 8080}, false, true},
		"a named port":               {`{podSelector: {}, ingress: [{ports: [{port: http}]}]}`, In, peer, Port{"TCP", 8080}, false, true},
		"a named port, of another":   {`{podSelector: {}, ingress: [{ports: [{port: https}]}]}`, In, peer, Port{"TCP", 8080}, false, false},
		"a protocol alone":           {`{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}`, In, peer, Port{"TCP", 8080}, false, true},
		"addresses":                  {`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}`, In, outside, Port{"TCP", 8080}, false, true},
		"addresses but not this one": {`{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.4/30]}}]}]}`, In, outside, Port{"TCP", 8080}, false, false},
		"selectors mean pods only":   {`{podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]}`, In, outside, Port{"TCP", 8080}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			j := Judge(Selecting([]*networkingv1.NetworkPolicy{policy(t, c.spec)}, c.d, pod), c.d, pod, c.far, c.port)
			if j.Open() != c.open || j.Admits() != c.admits {
				t.Errorf("open %v, admits %v: %+v", j.Open(), j.Admits(), j)
			}
		})
	}
}

func TestRuleInWords(t *testing.T) {
	p := policy(t, `
podSelector: {}
ingress:
- from: [{podSelector: {matchLabels: {app: a}}}, {namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
  ports: [{port: http}, {port: 8000, endPort: 8100, protocol: UDP}]
- {}`)
	j := Judge([]*networkingv1.NetworkPolicy{p}, In, End{Namespace: "shop"}, End{}, Port{"TCP", 1})
	var got []string
	for _, r := range j.Rules {
		got = append(got, r.Far+" on "+r.On)
	}
	want := "pods with app=a of its own namespace or all pods of every namespace or 10.0.0.0/8 without 10.1.0.0/16 on port http/TCP, 8000-8100/UDP\neverybody on every port"
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestJudgeReturnsPortNumbers(t *testing.T) {
	rule := `{podSelector: {}, ingress: [{ports: [{port: 80}, {port: http}, {port: 8000, endPort: 8100}, {protocol: UDP}, {port: 53, protocol: UDP}]}]}`
	j := Judge([]*networkingv1.NetworkPolicy{policy(t, rule)}, In, End{Namespace: "shop"}, End{Namespace: "shop"}, Port{"TCP", 8080})
	if diff := cmp.Diff([]Port{{"TCP", 80}, {"UDP", 53}}, j.Rules[0].Numbers); diff != "" {
		t.Error(diff)
	}
}
