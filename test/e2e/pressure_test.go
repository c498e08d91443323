package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kubeletConfig is the file of the kubelet's configuration on a node, as on AKS.
const kubeletConfig = "/etc/default/kubeletconfig.json"

// pressed puts the node under the pressure of the signals, until the end of the test: the kubelet gets a soft eviction threshold that is
// always met, with a grace period of hours, so that it reports the conditions and turns pods away but evicts none and removes no image.
func (l lab) pressed(t *testing.T, node string, conditions map[string]string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
		defer cancel()
		restore := fmt.Sprintf("if [ -e %[1]s.akstools ]; then mv %[1]s.akstools %[1]s; systemctl restart kubelet; fi", kubeletConfig)
		if out, err := l.command(ctx, "lab", "exec", node, "--", "sh", "-c", restore).CombinedOutput(); err != nil {
			t.Errorf("restoring the kubelet of %s: %v: %s", node, err, out)
		}
		for condition := range conditions {
			l.must(t, "kubectl", "wait", "--for=condition="+condition+"=False", "node/"+node, "--timeout=90s")
		}
		l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node, "--timeout=90s")
		l.works(t, node)
	})
	var thresholds, periods []string
	for _, signal := range conditions {
		thresholds = append(thresholds, fmt.Sprintf(`"%s": "1000Ti"`, signal))
		periods = append(periods, fmt.Sprintf(`"%s": "10h"`, signal))
	}
	soft := fmt.Sprintf(`"evictionSoft": {%s}, "evictionSoftGracePeriod": {%s},`, strings.Join(thresholds, ", "), strings.Join(periods, ", "))
	l.on(t, node, "sh", "-c", fmt.Sprintf(
		`cp %[1]s %[1]s.akstools && sed -i '1s|$|\n  %[2]s|' %[1]s && systemctl restart kubelet`, kubeletConfig, soft))
	for condition := range conditions {
		l.must(t, "kubectl", "wait", "--for=condition="+condition, "node/"+node, "--timeout=90s")
	}
}

// works waits until commands run on the node: after its restart, a kubelet needs a moment.
func (l lab) works(t *testing.T, node string) {
	t.Helper()
	l.eventually(t, time.Minute, func() error {
		if r := l.aksnode(t, "ssh", "-q", node, "--", "true"); r.code != 0 {
			return errors.New(r.stderr)
		}
		return nil
	})
}

const noCriticalPods = `
apiVersion: v1
kind: Namespace
metadata: {name: no-critical}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: no-critical, namespace: no-critical}
spec:
  hard: {pods: "0"}
  scopeSelector: {matchExpressions: [{scopeName: PriorityClass, operator: In, values: [system-node-critical]}]}
`

// withoutCriticalPods creates a namespace whose quota allows no critical pods, and returns its name.
func (l lab) withoutCriticalPods(t *testing.T) string {
	t.Helper()
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "namespace", "no-critical", "--wait=true", "--timeout=90s").Run()
	})
	if r := l.run(t, noCriticalPods, "kubectl", "apply", "-f", "-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	l.eventually(t, 30*time.Second, func() error {
		if l.must(t, "kubectl", "-n", "no-critical", "get", "resourcequota", "no-critical", "-o", "jsonpath={.status.hard.pods}") != "0" {
			return errors.New("the quota has no status")
		}
		return nil
	})
	return "no-critical"
}

// TestDiskPressure: a node on which only critical pods start is entered with one, which is announced; where none is allowed, the reason and
// the other ways are told at once.
func TestDiskPressure(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	namespace := l.withoutCriticalPods(t)
	l.pressed(t, node1, map[string]string{"DiskPressure": "nodefs.available"})
	l.works(t, node1)
	to := filepath.Join(t.TempDir(), "hostname")
	for _, args := range [][]string{
		{"ssh", node1, "--", "hostname"},
		{"run", node1, "--", "hostname"},
		{"run", node1, "--no-tunnel", "--", "hostname"},
		{"logs", node1, "--tail", "1"},
		{"cp", node1 + ":/etc/hostname", to},
		{"ssh", node1, "-i", key, acceptNew, "--", "hostname"},
	} {
		r := l.aksnode(t, args...)
		if r.code != 0 || !strings.Contains(r.stderr, "node "+node1+" has DiskPressure: the node pod gets priority class system-node-critical") {
			t.Errorf("%v: %+v", args, r)
		}
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != node1+"\n" {
		t.Errorf("%q, %v", b, err)
	}
	if r := l.aksnode(t, "ssh", node0, "--", "hostname"); r.code != 0 || strings.Contains(r.stderr, "critical") {
		t.Errorf("a node without pressure: %+v", r)
	}
	for _, args := range [][]string{
		{"ssh", node1, "-n", namespace, "--", "hostname"},
		{"run", node1, "-n", namespace, "--", "hostname"},
		{"run", node1, "-n", namespace, "--no-tunnel", "--", "hostname"},
		{"logs", node1, "-n", namespace},
		{"cp", "-n", namespace, node1 + ":/etc/hostname", to},
	} {
		r := l.aksnode(t, args...)
		if r.code != 255 || !strings.Contains(r.stderr, "has DiskPressure: its kubelet starts only critical pods, and these are not allowed") ||
			!strings.Contains(r.stderr, "add -n kube-system") || !strings.Contains(r.stderr, "--hop "+node0+" -i KEY") ||
			!strings.Contains(r.stderr, "--via azure -- systemctl status kubelet") || strings.Contains(r.stderr, "creating job") {
			t.Errorf("%v: %+v", args, r)
		}
		if r.took > 5*time.Second {
			t.Errorf("%v took %s", args, r.took)
		}
	}
	// the printed ways
	if r := l.aksnode(t, "ssh", node1, "-n", "kube-system", "--", "hostname"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	r := l.aksnode(t, "ssh", node1, "-n", namespace, "--hop", node0, "-i", key, acceptNew, "--", "hostname")
	if r.code != 0 || r.stdout != node1+"\n" {
		t.Errorf("%+v", r)
	}
	if r := l.aksnode(t, "logs", node1, "-n", namespace, "--via-kubelet", "--tail", "1"); r.code != 0 {
		t.Errorf("%+v", r)
	}
}

// TestSoakMemoryAndPIDPressure is TestDiskPressure for the other conditions. Under MemoryPressure alone, a pod that is not critical starts
// too.
func TestSoakMemoryAndPIDPressure(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	namespace := l.withoutCriticalPods(t)
	t.Run("memory", func(t *testing.T) {
		l.pressed(t, node1, map[string]string{"MemoryPressure": "memory.available"})
		l.works(t, node1)
		r := l.aksnode(t, "ssh", node1, "--", "hostname")
		if r.code != 0 || !strings.Contains(r.stderr, "has MemoryPressure: the node pod gets") {
			t.Errorf("%+v", r)
		}
		r = l.aksnode(t, "ssh", node1, "-n", namespace, "--", "hostname")
		if r.code != 0 || !strings.Contains(r.stderr, "the kubelet may evict the node pod") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("processes", func(t *testing.T) {
		l.pressed(t, node1, map[string]string{"PIDPressure": "pid.available"})
		l.works(t, node1)
		if r := l.aksnode(t, "ssh", node1, "--", "hostname"); r.code != 0 || !strings.Contains(r.stderr, "has PIDPressure: the node pod gets") {
			t.Errorf("%+v", r)
		}
		r := l.aksnode(t, "run", node1, "-n", namespace, "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "has PIDPressure: its kubelet starts only critical pods") {
			t.Errorf("%+v", r)
		}
	})
}

// TestFullNode: the reason of a kubelet that rejects the pod, because it runs its maximum number already, is told at once.
func TestFullNode(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	t.Cleanup(func() {
		l.on(t, node1, "sh", "-c", `sed -i 's/"maxPods": [0-9]*/"maxPods": 110/' `+kubeletConfig+` && systemctl restart kubelet`)
		l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node1, "--timeout=90s")
		l.works(t, node1)
	})
	const namespace = "full-node"
	l.must(t, "kubectl", "create", "namespace", namespace)
	t.Cleanup(func() { l.must(t, "kubectl", "delete", "namespace", namespace, "--wait=false") })
	l.must(t, "kubectl", "run", "web", "-n", namespace, "--image=lab.akstools.dev/app:v1", "--image-pull-policy=IfNotPresent", "--port=8080",
		`--overrides={"spec":{"nodeName":"`+node1+`","terminationGracePeriodSeconds":1}}`, "--", "-http=8080")
	l.must(t, "kubectl", "expose", "pod", "web", "-n", namespace, "--port=80", "--target-port=8080")
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "pod/web", "-n", namespace, "--timeout=60s")
	// what runs stays: a kubelet that restarts admits again the pods that it has started, the oldest first
	running := l.must(t, "kubectl", "get", "pods", "-A", "--field-selector", "spec.nodeName="+node1+",status.phase=Running", "-o", "name")
	pods := len(strings.Fields(running))
	l.on(t, node1, "sh", "-c", fmt.Sprintf(`sed -i 's/"maxPods": [0-9]*/"maxPods": %d/' %s && systemctl restart kubelet`, pods, kubeletConfig))
	l.eventually(t, time.Minute, func() error {
		got := l.must(t, "kubectl", "get", "node", node1, "-o", "jsonpath={.status.allocatable.pods}")
		if got != fmt.Sprint(pods) {
			return fmt.Errorf("the node allows %s pods", got)
		}
		return nil
	})
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node1, "--timeout=90s")
	for _, args := range [][]string{{"ssh", node1, "--", "true"}, {"run", node1, "--no-tunnel", "--", "true"}} {
		r := l.aksnode(t, args...)
		if r.code != 255 || !strings.Contains(r.stderr, "the kubelet rejected pod ") || !strings.Contains(r.stderr, ": OutOfpods: ") ||
			!strings.Contains(r.stderr, "--hop "+node0) {
			t.Errorf("%v: %+v", args, r)
		}
		if r.took > 10*time.Second {
			t.Errorf("%v took %s", args, r.took)
		}
	}
	// the test pod is tried on the app's node first
	r := l.run(t, "", "kubectl-insideout", "svc/web", "-n", namespace, "-o", "json")
	if r.code != 0 || !strings.Contains(r.stderr, "OutOfpods") || !strings.Contains(r.stderr, "trying node "+node0) {
		t.Errorf("the node of the app is full: %+v", r)
	}
}
