package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// snatPorts sets how many SNAT ports the outbound rule gives each node; 0: the usual ones.
func (a azureLab) snatPorts(t *testing.T, ports int) {
	t.Helper()
	a.edit(t, azureNetwork+"loadBalancers/kubernetes", func(p map[string]any) {
		p["outboundRules"].([]any)[0].(map[string]any)["properties"].(map[string]any)["allocatedOutboundPorts"] = ports
	})
}

// hog makes a pod on the node hold n connections to the API server, and then restarts the node's agent.
func (a azureLab) hog(t *testing.T, node string, n int) {
	t.Helper()
	if n == 0 {
		return
	}
	name := "snat-hog-" + node[len(node)-1:]
	script := fmt.Sprintf("for i in $(seq %d); do while :; do sleep 1000000 | nc 10.220.0.10 443; sleep 1; done & done; wait", n)
	manifest := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": %q, "labels": {"snat-hog": ""}}, "spec": {
		"nodeName": %q, "terminationGracePeriodSeconds": 0, "containers": [{"name": "hog", "image": "mcr.microsoft.com/azurelinux/busybox:1.36",
		"imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", %q]}]}}`, name, node, script)
	if r := a.run(t, manifest, "kubectl", "apply", "-f", "-"); r.code != 0 {
		t.Fatal(r.stderr)
	}
	a.must(t, "kubectl", "wait", "--for=condition=Ready", "pod/"+name, "--timeout=30s")
	time.Sleep(5 * time.Second) // until it has opened what it can
	agent := strings.Fields(a.must(t, "kubectl", "get", "pods", "-n", "kube-system", "-l", "app=konnectivity-agent", "-o", "name",
		"--field-selector", "spec.nodeName="+node))
	for _, pod := range agent {
		a.must(t, "kubectl", "delete", "-n", "kube-system", pod, "--wait=false")
	}
}
