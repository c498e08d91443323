package faults

// Symptom is how a fault of the lab (`lab fault list`) shows, independently of the doctors.
type Symptom struct {
	Fault string
	// Command fails under the fault and succeeds without it.
	Command []string
}

// The lab's nodes and their addresses.
const (
	Node0    = "aks-nodepool1-12345678-vmss000000"
	Node1    = "aks-nodepool1-12345678-vmss000001"
	Address0 = "10.220.0.20"
	Address1 = "10.220.0.21"
)

// Symptoms returns the symptom of each fault of the lab.
func Symptoms() []Symptom {
	list := []Symptom{
		{"kubelet-port-drop", kubeletOf(Node1)},
		{"ufw-on", labExec("client", "nc", "-z", "-w", "2", Address1, "10250")},
		{"kubelet-stopped", labExec(Node1, "systemctl", "is-active", "kubelet")},
		{"controller-manager-stopped", labExec("control-plane", "sh", "-c",
			`! grep -q "^State:.T" /proc/$(cat /var/lib/akstools-lab/run/kube-controller-manager.pid)/status`)},
		{"kube-proxy-down", labExec(Node1, "pgrep", "-x", "kube-proxy")},
		{"agents-on-one-node-killed", labExec("client", "sh", "-c",
			"test $(kubectl -n kube-system get deployment konnectivity-agent -o jsonpath={.status.readyReplicas}) = 2")},
		{"dns-broken", labExec(Node1, "timeout", "3", "getent", "hosts", "aks-lab-12345678.hcp.eastus.azmk8s.io")},
		{"mtu-small", labExec(Node0, "busybox", "ping", "-c", "1", "-W", "2", "-s", "1200", Address1)},
	}
	for _, name := range []string{
		"tunnel-agents-down", "alpn-blocked", "tls-intercepted", "egress-dropped", "konnectivity-server-down", "dns-broken-everywhere",
		"konnectivity-cert-wrong", "konnectivity-cert-expired", "konnectivity-cert-not-yet-valid",
	} {
		list = append(list, Symptom{name, kubeletOf(Node0)})
	}
	for _, name := range []string{"kubelet-hung", "kubelet-other-address", "kubelet-serving-certificate-gone"} {
		list = append(list, Symptom{name, kubeletOf(Node1)})
	}
	return list
}

// kubeletOf requests the path of the node's kubelet through the tunnel.
func kubeletOf(node string) []string {
	return []string{"kubectl", "get", "--raw", "/api/v1/nodes/" + node + "/proxy/healthz", "--request-timeout=20s"}
}

func labExec(machine string, argv ...string) []string {
	return append([]string{"lab", "exec", machine, "--"}, argv...)
}
