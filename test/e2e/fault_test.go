package e2e

import (
	"strings"
	"testing"
	"time"
)

// symptoms returns commands that fail under each fault of the lab and succeed without it. A fault without one is a test that
// fails: every fault must show.
func symptoms() map[string][]string {
	kubelet := func(node string) []string {
		return []string{"kubectl", "get", "--raw", "/api/v1/nodes/" + node + "/proxy/healthz", "--request-timeout=20s"}
	}
	all := map[string][]string{
		"kubelet-port-drop": kubelet(node1),
		"ufw-on":            {"lab", "exec", "client", "--", "nc", "-z", "-w", "2", ip1, "10250"},
		"kubelet-stopped":   {"lab", "exec", node1, "--", "systemctl", "is-active", "kubelet"},
		"controller-manager-stopped": {
			"lab", "exec", "control-plane", "--", "sh", "-c",
			`! grep -q "^State:.T" /proc/$(cat /var/lib/akstools-lab/run/kube-controller-manager.pid)/status`,
		},
		"kube-proxy-down": {"lab", "exec", node1, "--", "pgrep", "-x", "kube-proxy"},
		"agents-on-one-node-killed": {
			"lab", "exec", "client", "--", "sh", "-c",
			"test $(kubectl -n kube-system get deployment konnectivity-agent -o jsonpath={.status.readyReplicas}) = 2",
		},
		"dns-broken": {"lab", "exec", node1, "--", "timeout", "3", "getent", "hosts", "aks-lab-12345678.hcp.eastus.azmk8s.io"},
		"mtu-small":  {"lab", "exec", node0, "--", "busybox", "ping", "-c", "1", "-W", "2", "-s", "1200", ip1},
	}
	for _, name := range []string{
		"tunnel-agents-down", "alpn-blocked", "tls-intercepted", "egress-dropped", "konnectivity-server-down", "dns-broken-everywhere",
		"konnectivity-cert-wrong", "konnectivity-cert-expired",
	} {
		all[name] = kubelet(node0)
	}
	for _, name := range []string{"kubelet-hung", "kubelet-other-address", "kubelet-serving-certificate-gone"} {
		all[name] = kubelet(node1)
	}
	return all
}

// TestFaults holds that each fault is real: healthy before, broken by it, healthy after.
func TestFaults(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults): the corpora inject most of them too")
	}
	for line := range strings.Lines(l.must(t, "lab", "fault", "list")) {
		name := strings.Fields(line)[0]
		t.Run(name, func(t *testing.T) {
			symptom, ok := symptoms()[name]
			if !ok {
				t.Fatal("no symptom is known")
			}
			works := func() bool { return l.run(t, "", symptom[0], symptom[1:]...).code == 0 }
			if !works() {
				t.Fatal("broken before the fault")
			}
			l.fault(t, name)
			broken := false
			// a pooled connection of the API server outlives a dropped port for a while
			for deadline := time.Now().Add(2 * time.Minute); !broken && time.Now().Before(deadline); {
				broken = !works()
			}
			if !broken {
				t.Error("the fault does not show")
			}
			l.must(t, "lab", "fault", "clear", name)
			for deadline := time.Now().Add(2 * time.Minute); !works(); {
				if time.Now().After(deadline) {
					t.Fatal("broken after clearing the fault")
				}
			}
		})
	}
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "node", "--all", "--timeout=60s")
}
