package netpolicy

import (
	"net/netip"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
)

func TestEvaluateOutside(t *testing.T) {
	for name, c := range map[string]struct {
		spec        string
		any, public bool
	}{
		"no egress":                  {`{podSelector: {}, policyTypes: [Egress]}`, false, false},
		"everyone, all ports":        {`{podSelector: {}, egress: [{}]}`, true, true},
		"the port":                   {`{podSelector: {}, egress: [{ports: [{port: 443}]}]}`, true, true},
		"a range":                    {`{podSelector: {}, egress: [{ports: [{port: 400, endPort: 500}]}]}`, true, true},
		"another port":               {`{podSelector: {}, egress: [{ports: [{port: 5432}]}]}`, false, false},
		"the port of UDP":            {`{podSelector: {}, egress: [{ports: [{port: 443, protocol: UDP}]}]}`, false, false},
		"pods":                       {`{podSelector: {}, egress: [{to: [{namespaceSelector: {}}]}]}`, false, false},
		"private addresses":          {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.1.0.0/16}}]}]}`, true, false},
		"metadata service":           {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 169.254.169.254/32}}]}]}`, true, false},
		"all addresses":              {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`, true, true},
		"all but private ones":       {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}`, true, true},
		"half of all":                {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/1}}]}]}`, true, true},
		"a public network":           {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 20.190.128.0/18}}]}]}`, true, true},
		"all addresses, other ports": {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 53}]}]}`, false, false},
		"local addresses of IPv6":    {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: "fd00::/8"}}]}]}`, true, false},
		"all addresses of IPv6":      {`{podSelector: {}, egress: [{to: [{ipBlock: {cidr: "::/0"}}]}]}`, true, true},
	} {
		policies := []*networkingv1.NetworkPolicy{policy(t, c.spec)}
		for to, want := range map[Outside]bool{AnyAddress: c.any, AnyPublicAddress: c.public} {
			if got := EvaluateOutside(policies, End{Namespace: "shop"}, to, Port{"TCP", 443}); got.Allows() != want {
				t.Errorf("%s: %v is allowed: %v, want %v", name, to, got.Allows(), want)
			}
		}
	}
}

func TestIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"20.1.2.3": true, "10.1.2.3": false, "100.64.3.4": false, "::ffff:10.1.2.3": false, "2603:1030::1": true, "fd00::1": false,
	} {
		if got := IsPublic(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
