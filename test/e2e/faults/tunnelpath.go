package faults

import (
	"errors"
	"fmt"
)

// ofLab is a fault of the lab itself.
func ofLab(name string) TunnelBroken {
	return TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error { return errors.Join(l.Fault(name), soon()) },
		Clear:  func(l Lab, c *TunnelCase) error { return l.Mend(name) },
	}
}

// ofLabAgents is ofLab, after which the agents are re-created: they would wait long before they retry.
func ofLabAgents(name string) TunnelBroken {
	b := ofLab(name)
	b.Clear = func(l Lab, c *TunnelCase) error { return errors.Join(l.Mend(name), RestoreAgents(l, c)) }
	return b
}

// inSwitch is a rule in the switch between all machines.
func inSwitch(rules func(c *TunnelCase) []string) TunnelBroken {
	return TunnelBroken{
		Inject: func(l Lab, c *TunnelCase) error {
			line := "nft add table bridge corpus; nft add chain bridge corpus c '{ type filter hook prerouting priority -300; }'"
			for _, r := range rules(c) {
				line += "; nft add rule bridge corpus c " + r
			}
			return l.On("switch", "sh", "-c", line)
		},
		Clear: func(l Lab, _ *TunnelCase) error {
			return l.On("switch", "sh", "-c", "nft delete table bridge corpus 2>/dev/null; true")
		},
	}
}

// port returns the switch's port of a node.
func switchPort(node string) string { return "p-n" + node[len(node)-1:] }

func own(c *TunnelCase) string { return "10.220.0.2" + c.Node[len(c.Node)-1:] }

// withEgress makes the doctor also test the nodes' egress.
func withEgress(b TunnelBroken) TunnelBroken {
	inject := b.Inject
	b.Inject = func(l Lab, c *TunnelCase) error {
		c.Args = []string{"--egress"}
		return inject(l, c)
	}
	return b
}

// onAzure is an iptables rule on the machine of the servers that AKS needs.
func onAzure(rule string) TunnelBroken {
	return withEgress(TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error { return l.On("azure", "sh", "-c", "iptables -A "+rule) },
		Clear: func(l Lab, _ *TunnelCase) error {
			return l.On("azure", "sh", "-c", "iptables -D "+rule+" 2>/dev/null; true")
		},
	})
}

func pathBreaks() map[string]TunnelBroken {
	to := func(c *TunnelCase) string {
		return fmt.Sprintf("iifname != %s ip daddr %s tcp dport 10250 drop", switchPort(c.Node), own(c))
	}
	return map[string]TunnelBroken{
		"konnectivity-cert-expired":        ofLabAgents("konnectivity-cert-expired"),
		"konnectivity-cert-wrong":          ofLabAgents("konnectivity-cert-wrong"),
		"dns-broken":                       ofLabAgents("dns-broken-everywhere"),
		"egress-dropped":                   ofLabAgents("egress-dropped"),
		"tls-intercepted":                  ofLabAgents("tls-intercepted"),
		"alpn-blocked":                     ofLabAgents("alpn-blocked"),
		"konnectivity-server-down":         ofLabAgents("konnectivity-server-down"),
		"kubelet-other-address":            ofLab("kubelet-other-address"),
		"kubelet-serving-certificate-gone": ofLab("kubelet-serving-certificate-gone"),
		"mtu-small":                        ofLab("mtu-small"),
		"required-server-blocked": onAzure(
			"INPUT -p tcp --dport 443 -m string --string packages.aks.azure.com --algo bm -j REJECT --reject-with tcp-reset",
		),
		"required-servers-inspected": onAzure("PREROUTING -t nat -p tcp --dport 443 -j REDIRECT --to-ports 8443"),
		"required-servers-dropped": withEgress(inSwitch(func(*TunnelCase) []string {
			return []string{"ip daddr 168.63.129.16 tcp dport 443 drop"}
		})),
		"switch-drop-one-way": inSwitch(func(c *TunnelCase) []string { return []string{to(c)} }),
		"switch-drop-both-ways": inSwitch(func(c *TunnelCase) []string {
			return []string{to(c), fmt.Sprintf("iifname %s ip daddr %s tcp dport 10250 drop", switchPort(c.Node), otherNode(c))}
		}),
		"switch-drop-replies": inSwitch(func(c *TunnelCase) []string {
			return []string{fmt.Sprintf("iifname %s ip saddr %s tcp sport 10250 drop", switchPort(c.Node), own(c))}
		}),
	}
}
