package faults

import "errors"

// TunnelSetups returns how each set-up of TunnelHealthy is created.
func TunnelSetups() map[string]TunnelBroken {
	nothing := func(Lab, *TunnelCase) error { return nil }
	const port = "-p tcp --dport 10250 "
	kubectl := func(breaks, mends []string) TunnelBroken {
		return TunnelBroken{
			Inject: func(l Lab, _ *TunnelCase) error { return l.Kubectl(breaks...) },
			Clear:  func(l Lab, _ *TunnelCase) error { return l.Kubectl(mends...) },
		}
	}
	applied := func(object string, remove ...string) TunnelBroken {
		return TunnelBroken{
			Inject: func(l Lab, _ *TunnelCase) error { return errors.Join(apply(l, object), soon()) },
			Clear:  func(l Lab, _ *TunnelCase) error { return l.Kubectl(append(remove, "--ignore-not-found")...) },
		}
	}
	webhook := func(policy, resource string) string {
		return `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":{"name":"odd"},"webhooks":[{
"name":"odd.example.com","failurePolicy":"` + policy + `","sideEffects":"None","admissionReviewVersions":["v1"],"timeoutSeconds":2,
"clientConfig":{"service":{"namespace":"default","name":"odd","port":443}},
"rules":[{"apiGroups":["` + resource + `"],"apiVersions":["v1"],"operations":["CREATE"],"resources":["*"]}]}]}`
	}
	return map[string]TunnelBroken{
		"plain": {Inject: nothing, Clear: nothing},
		"required-servers": {
			Inject: func(_ Lab, c *TunnelCase) error { c.Args = []string{"--egress"}; return nil },
			Clear:  nothing,
		},
		"agents-three": {
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(
					l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=3"),
					l.Kubectl("rollout", "status", "-n", "kube-system", agents, "--timeout=60s"),
				)
			},
			Clear: RestoreAgents,
		},
		"node-cordoned": {
			Inject: func(l Lab, c *TunnelCase) error { return l.Kubectl("cordon", c.Node) },
			Clear:  func(l Lab, c *TunnelCase) error { return l.Kubectl("uncordon", c.Node) },
		},
		"node-tainted": {
			Inject: func(l Lab, c *TunnelCase) error { return l.Kubectl("taint", "node", c.Node, "odd=yes:NoSchedule") },
			Clear:  func(l Lab, c *TunnelCase) error { return l.Kubectl("taint", "node", c.Node, "odd-") },
		},
		"iptables-accept-before-drop": onNode(
			"iptables -I INPUT "+port+"-j DROP; iptables -I INPUT "+port+"-j ACCEPT",
			"iptables -D INPUT "+port+"-j ACCEPT; iptables -D INPUT "+port+"-j DROP; true",
		),
		"iptables-drop-other-port":   onNode(rule("iptables", "INPUT", "-p tcp --dport 10255 -j DROP")),
		"iptables-drop-other-source": onNode(rule("iptables", "INPUT", "-s 192.0.2.0/24 "+port+"-j DROP")),
		"iptables-log":               onNode(rule("iptables", "INPUT", port+"-m limit --limit 5/min -j LOG")),
		"ufw-lets-port-in": onNode(
			"ufw allow 10250/tcp; ufw default allow routed; ufw --force enable",
			"ufw default deny routed; ufw --force disable; ufw --force reset >/dev/null; rm -f /etc/ufw/*.rules.2*",
		),
		"nft-accepts": onNode("nft add table inet odd; nft add chain inet odd c '{ type filter hook input priority 10; "+
			"policy drop; }'; nft add set inet odd ports '{ type inet_service; elements = { 22, 10250, 10256, 8082 }; "+
			"}'; nft add rule inet odd c ct state established,related accept; nft add rule inet odd c iifname lo accept; "+
			"nft add rule inet odd c meta l4proto '{ icmp, udp }' accept; nft add rule inet odd c ip saddr 10.0.0.0/8 tcp dport @ports accept",
			"nft delete table inet odd 2>/dev/null; true"),
		"policy-lets-agents-out": applied(`{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy",
"metadata":{"name":"odd","namespace":"kube-system"},"spec":{"podSelector":{},"policyTypes":["Egress"],
"egress":[{}]}}`,
			"delete", "networkpolicy", "odd", "-n", "kube-system"),
		"webhook-answers": {
			Inject: func(l Lab, _ *TunnelCase) error { return serveWebhook(l, 0) },
			Clear:  func(l Lab, _ *TunnelCase) error { return removeWebhook(l) },
		},
		"webhook-ignore":        applied(webhook("Ignore", ""), "delete", "validatingwebhookconfiguration", "odd"),
		"webhook-of-other-kind": applied(webhook("Fail", "nobody.example.com"), "delete", "validatingwebhookconfiguration", "odd"),
		"job-pods": kubectl([]string{"create", "job", "odd", "-n", "kube-system", "--image=" + Image, "--", "/app", "-h"},
			[]string{"delete", "job", "odd", "-n", "kube-system", "--ignore-not-found"}),
	}
}
