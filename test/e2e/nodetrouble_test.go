package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// recovered waits, at the end of the test, until the node is Ready and commands run there. It must be called before the node is broken.
func (l lab) recovered(t *testing.T, node string) {
	t.Helper()
	t.Cleanup(func() {
		l.must(t, "kubectl", "wait", "--for=condition=Ready", "node/"+node, "--timeout=120s")
		l.works(t, node)
		l.gone(t, time.Minute) // what was Terminating
	})
}

// TestSilentKubelet: a kubelet that has just stopped is found out within seconds, although its node is still Ready, and the way that is
// left is told. A session that it ends is explained, and so is the pod that stays.
func TestSilentKubelet(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	l.recovered(t, node1)
	wait, _ := session(t, l, node1, "6800")
	time.Sleep(3 * time.Second) // until the pod's idle guard is attached
	l.stopped(t, node1, "kubelet")
	r := wait()
	if r.code != 255 || !strings.Contains(r.stderr, "the connection to the node was lost") ||
		!strings.Contains(r.stderr, "was cut by the node's kubelet") ||
		!strings.Contains(r.stderr, "stays Terminating until the kubelet of node "+node1+" is back") {
		t.Errorf("the session: %+v", r)
	}
	r = l.aksnode(t, "run", "--all", "--prefix", "--", "hostname")
	if r.code != 255 || r.stdout != node0+": "+node0+"\n" || !strings.Contains(r.stderr, "node \""+node1+"\"") ||
		!strings.Contains(r.stderr, "silent since ") && !strings.Contains(r.stderr, "is not Ready") {
		t.Errorf("run: %+v", r)
	}
	if r.took > 45*time.Second {
		t.Errorf("run took %s", r.took)
	}
	t.Logf("run took %.1f s", r.took.Seconds())
	for _, args := range [][]string{
		{"ssh", node1, "--", "hostname"},
		{"logs", node1},
	} {
		r = l.aksnode(t, args...)
		if r.code != 255 || !strings.Contains(r.stderr, "silent since ") && !strings.Contains(r.stderr, "is not Ready") ||
			!strings.Contains(r.stderr, "--via azure") || !strings.Contains(r.stderr, "ssh "+node1) {
			t.Errorf("%v: %+v", args, r)
		}
		if r.took > 20*time.Second {
			t.Errorf("%v took %s", args, r.took)
		}
		t.Logf("%v took %.1f s", args, r.took.Seconds())
	}
	r = l.aksnode(t, "ssh", node1, "--hop", node0, "-i", key, acceptNew, "--", "hostname")
	if r.code != 0 || r.stdout != node1+"\n" {
		t.Errorf("the other way: %+v", r)
	}
}

// TestContainerdDown: that the container runtime is down is told by the pod's event or state, or by the node's, and the pod that stays is
// named.
func TestContainerdDown(t *testing.T) {
	const dropIn = "/etc/systemd/system/containerd.service.d"
	theLab(t).withoutRuntime(t,
		// `systemctl stop` would also stop the kubelet, which requires it
		"mkdir -p "+dropIn+" && printf '[Service]\\nRestart=no\\n' > "+dropIn+"/akstools.conf && systemctl daemon-reload && "+
			"systemctl kill --kill-whom=main --signal=KILL containerd",
		"rm -rf "+dropIn+"; systemctl daemon-reload; systemctl reset-failed containerd; systemctl start containerd kubelet")
}

// TestSoakContainerdHangs is TestContainerdDown for a runtime that accepts requests and does not answer.
func TestSoakContainerdHangs(t *testing.T) {
	soak(t).withoutRuntime(t,
		"systemctl kill --kill-whom=main --signal=STOP containerd",
		"systemctl kill --kill-whom=main --signal=CONT containerd; systemctl start kubelet")
}

// withoutRuntime tries to enter the node at once after the script stop, and again when its kubelet knows that the runtime is down. The
// script start repairs it.
func (l lab) withoutRuntime(t *testing.T, stop, start string) {
	t.Helper()
	isolate(t, l)
	l.works(t, node1)
	l.recovered(t, node1)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if out, err := l.command(ctx, "lab", "exec", node1, "--", "sh", "-c", start).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	l.gone(t, 10*time.Second) // a pod that ends when its runtime is stopped stays Terminating
	l.on(t, node1, "sh", "-c", stop)
	for i := range 2 {
		r := l.aksnode(t, "ssh", node1, "--pod-running-timeout", "12s", "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "node \""+node1+"\" does not start the pod: ") ||
			!strings.Contains(r.stderr, "sandbox") && !strings.Contains(r.stderr, "is waiting: ContainerCreating") &&
				!strings.Contains(r.stderr, "the kubelet has not reported on it") && !strings.Contains(r.stderr, "is not Ready: ") {
			t.Errorf("%d: %+v", i, r)
		}
		if strings.Contains(r.stderr, "timed out waiting for the condition") || !strings.Contains(r.stderr, "--hop "+node0+" -i KEY") {
			t.Errorf("%d: %+v", i, r)
		}
		left, said := l.objects(t), strings.Count(r.stderr, "stays Terminating until the kubelet of node "+node1+" is back")
		if len(left) > i && said == 0 { // that of the first attempt may be left too
			t.Errorf("%d: %v are left: %+v", i, left, r)
		}
		if r.took > 25*time.Second {
			t.Errorf("%d: it took %s", i, r.took)
		}
		if i == 0 {
			_ = l.run(t, "", "kubectl", "wait", "--for=condition=Ready=False", "node/"+node1, "--timeout=60s")
		}
	}
}

// tainted taints the node with dedicated=x:NoExecute. The test's end removes that, and starts again what was evicted.
func (l lab) tainted(t *testing.T, node string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
		defer cancel()
		for _, args := range [][]string{
			{"taint", "node", node, "dedicated:NoExecute-"},
			{"-n", "kube-system", "rollout", "restart", "deployment/coredns", "deployment/metrics-server"},
			{"-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=90s"},
			{"-n", "kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=90s"},
		} {
			if out, err := l.command(ctx, "kubectl", args...).CombinedOutput(); err != nil {
				t.Errorf("kubectl %v: %v: %s", args, err, out)
			}
		}
	})
	l.must(t, "kubectl", "taint", "node", node, "dedicated=x:NoExecute")
}

// TestTaintArrives: a NoExecute taint neither keeps sessions out nor ends one. The tunnel's agents are kept off the node, since the taint
// evicts them.
func TestTaintArrives(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.agentsSpread(t) // else the other one may be on the same node
	l.fault(t, "agents-on-one-node-killed")
	l.works(t, node1)
	wait, _ := session(t, l, node1, "25")
	l.tainted(t, node1)
	if r := l.aksnode(t, "run", node1, "--", "hostname"); r.code != 0 {
		t.Errorf("a new one: %+v", r)
	}
	if r := wait(); r.code != 0 {
		t.Errorf("the session: %+v", r)
	}
}

const noWildcards = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-wildcards}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}
  validations:
  - expression: "!has(object.spec.tolerations) || object.spec.tolerations.all(t, has(t.key) && t.key != '')"
    message: tolerations of all taints are not allowed
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-wildcards}
spec:
  policyName: no-wildcards
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}
`

// TestTaintEvicts: where admission denies a pod that tolerates every taint, as AKS Automatic does, the session starts nevertheless, and
// ends with the taint that evicted it.
func TestTaintEvicts(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.agentsSpread(t) // else the other one may be on the same node
	l.fault(t, "agents-on-one-node-killed")
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete",
			"validatingadmissionpolicy/no-wildcards", "validatingadmissionpolicybinding/no-wildcards").Run()
	})
	if r := l.run(t, noWildcards, "kubectl", "apply", "-f", "-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	l.eventually(t, 30*time.Second, func() error { // until the API server has compiled it
		r := l.run(t, "", "kubectl", "run", "x", "--image=x", "--dry-run=server", `--overrides={"spec":{"tolerations":[{"operator":"Exists"}]}}`)
		if r.code == 0 {
			return errors.New("it is allowed")
		}
		return nil
	})
	wait, _ := session(t, l, node1, "60")
	l.tainted(t, node1)
	start := time.Now()
	r := wait()
	if r.code != 255 || !strings.Contains(r.stderr, "it was evicted because of a taint of the node: dedicated=x:NoExecute") {
		t.Errorf("%+v", r)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if r := l.aksnode(t, "run", node1, "--", "hostname"); r.code != 0 { // the node has the taint now
		t.Errorf("%+v", r)
	}
}

// TestDrained: a session whose pod is evicted through the API says so.
func TestDrained(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	wait, _ := session(t, l, node0, "60")
	pod := strings.TrimSpace(l.must(t, "kubectl", "get", "pods", "-l", "app.kubernetes.io/managed-by=akstools",
		"-o", "jsonpath={.items[0].metadata.name}"))
	eviction := fmt.Sprintf(`{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":%q,"namespace":"default"}}`, pod)
	if r := l.run(t, eviction, "kubectl", "create", "--raw", "/api/v1/namespaces/default/pods/"+pod+"/eviction", "-f", "-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	// the pod may be gone before the reason is read
	r := wait()
	if r.code != 255 || !strings.Contains(r.stderr, "it was evicted through the API") && !strings.Contains(r.stderr, "it was deleted") {
		t.Errorf("%+v", r)
	}
}

// TestImageRemoved: an image that was removed from the node while a pod runs it is not pulled: another one is used.
func TestImageRemoved(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const keep = "lab.akstools.dev/kept:v1"
	const first = "jsonpath={.spec.template.spec.containers[0].image}"
	image := l.must(t, "kubectl", "-n", "kube-system", "get", "daemonset/kube-proxy", "-o", first)
	ctr := func(args string) string { return "ctr --namespace k8s.io images " + args }
	t.Cleanup(func() {
		l.on(t, node0, "sh", "-c", ctr("tag --force "+keep+" "+image)+" && "+ctr("rm "+keep))
		l.works(t, node0)
	})
	l.on(t, node0, "sh", "-c", ctr("tag --force "+image+" "+keep)+" && "+ctr("rm "+image))
	l.eventually(t, 30*time.Second, func() error { // containerd's CRI notices it by an event
		r := l.aksnode(t, "ssh", "-v", node0, "--", "hostname")
		if r.code != 0 || r.stdout != node0+"\n" || strings.Contains(r.stderr, "must pull") || r.took > 20*time.Second {
			t.Fatalf("%+v", r)
		}
		if !strings.Contains(r.stderr, "image "+image+" cannot be used on node "+node0) {
			return fmt.Errorf("it was used: %s", r.stderr)
		}
		return nil
	})
}
