package facts

import "testing"

func TestAllowDNS(t *testing.T) {
	all, azure, none := []Range{{}}, []Range{{CIDR: "168.63.129.16/32"}}, []Range{}
	for name, c := range map[string]struct {
		policies []EgressPolicy
		servers  []string
		want     bool
	}{
		"no policy":                 {nil, nil, true},
		"of an old bundle":          {[]EgressPolicy{{}}, nil, true},
		"none allows it":            {[]EgressPolicy{{DNS: none}}, []string{"168.63.129.16"}, false},
		"one of two allows it":      {[]EgressPolicy{{DNS: none}, {DNS: all}}, []string{"168.63.129.16"}, true},
		"to this server":            {[]EgressPolicy{{DNS: azure}}, []string{"168.63.129.16"}, true},
		"to another server":         {[]EgressPolicy{{DNS: azure}}, []string{"10.0.0.4"}, false},
		"to one of the servers":     {[]EgressPolicy{{DNS: azure}}, []string{"10.0.0.4", "168.63.129.16"}, true},
		"to some, servers unknown":  {[]EgressPolicy{{DNS: azure}}, nil, true},
		"to none, servers unknown":  {[]EgressPolicy{{DNS: none}}, nil, false},
		"servers are not addresses": {[]EgressPolicy{{DNS: azure}}, []string{"x"}, false},
	} {
		if got := AllowDNS(c.policies, c.servers); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
