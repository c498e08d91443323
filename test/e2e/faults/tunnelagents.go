package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// agents is the Deployment of the tunnel agents.
const agents = "deployment/konnectivity-agent"

// killAgents kills the agents on the nodes at once: when they terminate gracefully, they keep serving.
func killAgents(l Lab) error { return everywhere(l, "pkill -KILL -x proxy-agent; true") }

// patched removes all agents, changes their pod spec with a JSON patch, and creates new ones.
func patched(patch string) TunnelBroken {
	return TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error {
			return errors.Join(
				l.Fault("tunnel-agents-down"),
				l.Kubectl("patch", "-n", "kube-system", agents, "--type=json", "-p", patch),
				l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=2"),
				soon(),
			)
		},
		Clear: RestoreAgents,
	}
}

// soon waits until what was requested just now has begun.
func soon() error {
	return sleep(6 * time.Second)
}

// sleep returns an error so that it can be used as a step.
func sleep(d time.Duration) error { //nolint:unparam // other steps fail
	time.Sleep(d)
	return nil
}

// RestoreAgents restores the Deployment of the agents, and returns when the tunnel works.
func RestoreAgents(l Lab, c *TunnelCase) error {
	return errors.Join(
		l.Fault("tunnel-agents-down"),
		l.Kubectl(
			"patch", "-n", "kube-system", agents, "--type=json", "-p",
			`[{"op":"replace","path":"/spec/template/spec","value":`+c.Agents+`}]`,
		),
		l.Mend("tunnel-agents-down"),
	)
}

func agentBreaks() map[string]TunnelBroken {
	const spec = "/spec/template/spec"
	const container = spec + "/containers/0"
	b := map[string]TunnelBroken{
		"agents-scaled-to-zero": {
			Inject: func(l Lab, _ *TunnelCase) error { return l.Fault("tunnel-agents-down") }, Clear: RestoreAgents,
			Heals: true,
		},
		"agents-unschedulable": patched(`[{"op":"add","path":"` + spec + `/nodeSelector","value":{"disk":"golden"}}]`),
		"agents-image-missing": patched(`[{"op":"replace","path":"` + container + `/image","value":"mcr.microsoft.com/absent/agent:v0"}]`),
		"agents-crash":         patched(`[{"op":"add","path":"` + container + `/args/-","value":"--no-such-flag"}]`),
		"agents-out-of-memory": patched(`[{"op":"replace","path":"` + container + `/resources","value":{"limits":{"memory":"5Mi"}}}]`),
	}
	b["agents-over-quota"] = TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error {
			return errors.Join(l.Kubectl("create", "quota", "few", "-n", "kube-system", "--hard=pods=0"),
				l.Fault("tunnel-agents-down"), l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=2"), soon())
		},
		Clear: func(l Lab, c *TunnelCase) error {
			return errors.Join(l.Kubectl("delete", "quota", "few", "-n", "kube-system", "--ignore-not-found"), RestoreAgents(l, c))
		},
	}
	b["agents-denied-by-webhook"] = TunnelBroken{
		Heals: true, Fix: 1,
		Inject: func(l Lab, c *TunnelCase) error {
			return errors.Join(
				apply(l, deadlock), soon(), l.Fault("tunnel-agents-down"),
				l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=2"), soon(),
			)
		},
		Clear: func(l Lab, c *TunnelCase) error {
			return errors.Join(l.Kubectl("delete", "validatingwebhookconfiguration", "guard", "--ignore-not-found"), RestoreAgents(l, c))
		},
	}
	b["agents-secret-missing"] = TunnelBroken{
		Inject: func(l Lab, _ *TunnelCase) error {
			return errors.Join(l.Kubectl("delete", "secret", "konnectivity-certs", "-n", "kube-system"),
				l.Fault("tunnel-agents-down"), l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=2"), soon())
		},
		Clear: func(l Lab, c *TunnelCase) error { return errors.Join(apply(l, c.Secret), RestoreAgents(l, c)) },
	}
	b["agents-node-lost"] = TunnelBroken{
		NotReady: true,
		Inject: func(l Lab, c *TunnelCase) error {
			p := patched(fmt.Sprintf(`[{"op":"add","path":"%s/nodeSelector","value":{"kubernetes.io/hostname":%q}}]`, spec, c.Node))
			return errors.Join(p.Inject(l, c), shell(l, c, "systemctl stop kubelet; pkill -KILL -x proxy-agent; true"))
		},
		Clear: func(l Lab, c *TunnelCase) error {
			return errors.Join(shell(l, c, "systemctl start kubelet"), RestoreAgents(l, c))
		},
	}
	b["agents-one-replica"] = TunnelBroken{
		Heals: true, Fix: 1,
		Inject: func(l Lab, _ *TunnelCase) error {
			return errors.Join(l.Kubectl("scale", "-n", "kube-system", agents, "--replicas=1"), soon())
		},
		Clear: RestoreAgents,
	}
	b["agents-on-one-node"] = TunnelBroken{
		Inject: func(l Lab, c *TunnelCase) error {
			p := patched(fmt.Sprintf(`[{"op":"add","path":"%s/nodeSelector","value":{"kubernetes.io/hostname":%q}}]`, spec, c.Node))
			return errors.Join(p.Inject(l, c), l.Kubectl("rollout", "status", "-n", "kube-system", agents, "--timeout=60s"), soon())
		},
		Clear: RestoreAgents,
	}
	b["agents-budget-full"] = TunnelBroken{
		Heals:  true,
		Inject: func(l Lab, _ *TunnelCase) error { return errors.Join(budget(l, 2), soon()) },
		Clear:  func(l Lab, c *TunnelCase) error { return errors.Join(budget(l, 1), RestoreAgents(l, c)) },
	}
	return b
}

// budget sets the number of agents that must stay.
func budget(l Lab, n int) error {
	return l.Kubectl(
		"patch", "-n", "kube-system", "poddisruptionbudget", "konnectivity-agent", "--type=merge", "-p",
		fmt.Sprintf(`{"spec":{"minAvailable":%d}}`, n),
	)
}

// deadlock is a webhook without a server for the pods of kube-system.
const deadlock = `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
"metadata":{"name":"guard"},"webhooks":[{
"name":"pods.guard.example.com","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1"],"timeoutSeconds":2,
"clientConfig":{"service":{"namespace":"default","name":"guard","port":443}},
"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"kube-system"}},
"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["pods"]}]}]}`

// apply applies objects written as JSON.
func apply(l Lab, objects string) error {
	f, err := os.CreateTemp("", "akstools-fault-*.json")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(objects)
	return errors.Join(err, f.Close(), l.Kubectl("apply", "-f", f.Name()))
}

// Bare removes from an object's JSON what the API server adds, so that it can be created again.
func Bare(object string) (string, error) {
	var o map[string]any
	if err := json.Unmarshal([]byte(object), &o); err != nil {
		return "", err
	}
	if meta, ok := o["metadata"].(map[string]any); ok {
		for name := range meta {
			if !strings.Contains(" name namespace labels ", " "+name+" ") {
				delete(meta, name)
			}
		}
	}
	text, err := json.Marshal(o)
	return string(text), err
}

func egressBreaks() map[string]TunnelBroken {
	const reject = "FORWARD -p tcp -d 10.220.0.10 --dport 443 -j REJECT --reject-with tcp-reset"
	return map[string]TunnelBroken{
		"agents-hung": {
			Heals: true,
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(everywhere(l, "pkill -STOP -x proxy-agent; true"), soon(), soon())
			},
			Clear: func(l Lab, c *TunnelCase) error {
				return errors.Join(everywhere(l, "pkill -CONT -x proxy-agent; true"), RestoreAgents(l, c))
			},
		},
		"egress-rejected-on-node": {
			Heals: true, More: 1,
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(everywhere(l, "iptables -I "+reject), killAgents(l), soon())
			},
			Clear: func(l Lab, c *TunnelCase) error {
				return errors.Join(everywhere(l, "while iptables -D "+reject+" 2>/dev/null; do :; done"), RestoreAgents(l, c))
			},
		},
		"policy-on-agents": {
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(l.Kubectl("delete", "networkpolicy", "konnectivity-agent", "-n", "kube-system"), apply(l, denyEgress),
					everywhere(l, "nft add table ip enforce; nft add chain ip enforce f '{ type filter hook forward priority 5; "+
						"}'; nft add rule ip enforce f ip saddr 10.244.0.0/16 tcp dport 443 ip daddr 10.220.0.10 drop"), killAgents(l), soon())
			},
			Clear: func(l Lab, c *TunnelCase) error {
				return errors.Join(
					l.Kubectl("delete", "networkpolicy", "default-deny", "-n", "kube-system", "--ignore-not-found"), apply(l, allowEgress),
					everywhere(l, "nft delete table ip enforce 2>/dev/null; true"), RestoreAgents(l, c))
			},
		},
	}
}

const (
	denyEgress = `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"default-deny",
"namespace":"kube-system"},"spec":{"podSelector":{},"policyTypes":["Ingress","Egress"]}}`
	allowEgress = `{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"konnectivity-agent",
"namespace":"kube-system"},"spec":{"podSelector":{"matchLabels":{"app":"konnectivity-agent"}},
"policyTypes":["Egress"],"egress":[{}]}}`
)

func serviceLinkBreaks() map[string]TunnelBroken {
	return map[string]TunnelBroken{
		"webhook-endpoints-gone": {
			Heals: true, Fix: 1,
			Inject: func(l Lab, _ *TunnelCase) error { return errors.Join(apply(l, unserved), soon()) },
			Clear: func(l Lab, _ *TunnelCase) error {
				return l.Kubectl("delete", "validatingwebhookconfiguration", "guard", "--ignore-not-found")
			},
		},
		"aggregated-api-down": {
			Inject: func(l Lab, _ *TunnelCase) error {
				return errors.Join(
					apply(l, `{"apiVersion":"apiregistration.k8s.io/v1","kind":"APIService",
"metadata":{"name":"v1.lab.akstools.dev"},"spec":{"group":"lab.akstools.dev","version":"v1",
"groupPriorityMinimum":100,"versionPriority":100,"insecureSkipTLSVerify":true,"service":{"namespace":"default",
"name":"absent"}}}`),
					soon(),
				)
			},
			Clear: func(l Lab, _ *TunnelCase) error {
				return l.Kubectl("delete", "apiservice", "v1.lab.akstools.dev", "--ignore-not-found")
			},
		},
		"api-port-closed": {
			Inject: func(_ Lab, c *TunnelCase) error {
				c.Args = []string{fmt.Sprintf("--server=https://127.0.0.1:%d", 1+c.Rand.IntN(20))}
				return nil
			},
			Clear: func(_ Lab, c *TunnelCase) error { c.Args = nil; return nil },
		},
	}
}

// unserved is a webhook without a server for ConfigMaps in one namespace.
const unserved = `{"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",
"metadata":{"name":"guard"},"webhooks":[{
"name":"config.guard.example.com","failurePolicy":"Fail","sideEffects":"None","admissionReviewVersions":["v1"],"timeoutSeconds":2,
"clientConfig":{"service":{"namespace":"default","name":"guard","port":443}},
"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"default"}},
"rules":[{"apiGroups":[""],"apiVersions":["v1"],"operations":["CREATE"],"resources":["configmaps"]}]}]}`
