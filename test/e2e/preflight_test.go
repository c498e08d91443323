package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestPreflight(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.must(t, "kubectl", "create", "namespace", "strict")
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "namespace", "strict", "--wait=false").Run()
	})
	l.must(t, "kubectl", "label", "namespace", "strict", "pod-security.kubernetes.io/enforce=restricted")
	r := l.aksnode(t, "ssh", node0, "-n", "strict", "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "pod-security.kubernetes.io/enforce=restricted") ||
		!strings.Contains(r.stderr, "-n kube-system") {
		t.Errorf("%+v", r)
	}
	if strings.Contains(r.stderr, "creating job") {
		t.Error("a job was made")
	}
	r = l.aksnode(t, "ssh", node0, "--as", "nobody", "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, `cannot get resource "nodes"`) && !strings.Contains(r.stderr, "create jobs.batch") {
		t.Errorf("%+v", r)
	}
	l.must(
		t, "kubectl", "create", "clusterrole", "aksnode-test", "--verb=get,list,watch,create",
		"--resource=nodes,pods,pods/exec,pods/attach",
	)
	l.must(t, "kubectl", "create", "clusterrolebinding", "aksnode-test", "--clusterrole=aksnode-test", "--user=limited")
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "clusterrole/aksnode-test", "clusterrolebinding/aksnode-test").Run()
	})
	r = l.aksnode(t, "ssh", node0, "--as", "limited", "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "missing permissions: create jobs.batch -n default, delete jobs.batch -n default") {
		t.Errorf("%+v", r)
	}
}

// TestOthersMayExec: one line warns where others may exec into the node pod, and only there.
func TestOthersMayExec(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const namespace = "shared"
	l.must(t, "kubectl", "create", "namespace", namespace)
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "namespace", namespace, "--wait=false").Run()
	})
	l.must(t, "kubectl", "-n", namespace, "create", "rolebinding", "team", "--clusterrole=edit", "--group=team-b")
	for in, want := range map[string]int{namespace: 1, "default": 0, "kube-system": 0} {
		r := l.aksnode(t, "ssh", node0, "-n", in, "--", "hostname")
		if r.code != 0 || strings.Count(r.stderr, "others may be able to exec") != want ||
			strings.Contains(r.stderr, "group team-b has role edit") != (want > 0) {
			t.Errorf("%s: %+v", in, r)
		}
	}
}

// TestExactRole: the generated roles are sufficient. With nothing else, a session starts without a pull.
func TestExactRole(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.must(t, "kubectl", "apply", "-f", l.path("docs/rbac/aksnode.yaml"))
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "-f", l.path("docs/rbac/aksnode.yaml")).Run()
		_ = l.command(context.Background(), "kubectl", "delete", "clusterrolebinding/aksnode-exact").Run()
		_ = l.command(context.Background(), "kubectl", "delete", "rolebinding/aksnode-exact").Run()
		_ = l.command(context.Background(), "kubectl", "-n", "kube-system", "delete", "rolebinding/aksnode-exact").Run()
	})
	l.must(t, "kubectl", "create", "clusterrolebinding", "aksnode-exact", "--clusterrole=aksnode-read", "--user=exact")
	l.must(t, "kubectl", "create", "rolebinding", "aksnode-exact", "--clusterrole=aksnode-node-pods", "--user=exact")
	l.must(t, "kubectl", "-n", "kube-system", "create", "rolebinding", "aksnode-exact", "--role=aksnode-images", "--user=exact")
	r := l.aksnode(t, "ssh", "--as", "exact", node0, "--", "hostname")
	if r.code != 0 || r.stdout != node0+"\n" || strings.Contains(r.stderr, "must pull") {
		t.Errorf("%+v", r)
	}
	key, to := l.authorize(t, node0), filepath.Join(t.TempDir(), "hostname")
	for _, args := range [][]string{
		{"ssh", node0, "-i", key, "--", "hostname"},
		{"run", node0, node1, "--", "hostname"},
		{"run", node0, "--no-tunnel", "--", "hostname"},
		{"cp", node0 + ":/etc/hostname", to},
		{"cp", to, node0 + ":/tmp/akstools-exact"},
		{"logs", node0, "--tail", "1"},
		{"list"},
		{"cleanup", "--dry-run", "-n", "default"},
		{"proxy", node0, "10248"},
	} {
		if r := l.run(t, "GET /healthz HTTP/1.0\r\n\r\n", "kubectl-aksnode", slices.Insert(args, 1, "--as", "exact")...); r.code != 0 {
			t.Errorf("%v: %+v", args, r)
		}
	}
	l.on(t, node0, "rm", "-f", "/tmp/akstools-exact")
	const namespace = "exact"
	l.must(t, "kubectl", "create", "namespace", namespace)
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "namespace", namespace, "--wait=false").Run()
	})
	l.must(t, "kubectl", "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=baseline")
	l.must(t, "kubectl", "-n", namespace, "create", "rolebinding", "aksnode-exact", "--clusterrole=aksnode-node-pods", "--user=exact")
	r = l.aksnode(t, "ssh", "-n", namespace, "--as", "exact", node0, "--", "hostname")
	if r.code != 255 ||
		!strings.Contains(r.stderr, "is not allowed in namespace \""+namespace+"\" by Pod Security Admission") ||
		strings.Contains(r.stderr, "creating job") {
		t.Errorf("%+v", r)
	}
}

// TestAdmissionPolicy: a policy that denies the node pod is named before anything is created.
func TestAdmissionPolicy(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const policy = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-host-pid}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}
  validations: [{expression: "!(has(object.spec.hostPID) && object.spec.hostPID)", message: Host PID namespaces are disallowed}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-host-pid}
spec:
  policyName: no-host-pid
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}}
`
	if r := l.run(t, policy, "kubectl", "apply", "-f", "-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete",
			"validatingadmissionpolicy/no-host-pid", "validatingadmissionpolicybinding/no-host-pid").Run()
		l.eventually(t, 30*time.Second, func() error { // the API server needs a moment to forget it
			if r := l.run(t, "", "kubectl", "run", "x", "--image=x", "--dry-run=server", `--overrides={"spec":{"hostPID":true}}`); r.code != 0 {
				return errors.New(r.stderr)
			}
			return nil
		})
	})
	var r result
	l.eventually(t, 30*time.Second, func() error { // until the API server has compiled it
		if r = l.aksnode(t, "ssh", node0, "--", "hostname"); r.code == 0 {
			return errors.New("it was let in")
		}
		return nil
	})
	for _, args := range [][]string{
		{"ssh", node0, "--", "hostname"},
		{"forward", node0, ":10248"},
		{"cp", node0 + ":/etc/hostname", t.TempDir()},
		{"run", node0, "--", "hostname"},
		{"proxy", node0},
	} {
		r = l.aksnode(t, args...)
		if r.code != 255 || !strings.Contains(r.stderr, `by the ValidatingAdmissionPolicy "no-host-pid"`) ||
			!strings.Contains(r.stderr, "Host PID namespaces are disallowed") ||
			!strings.Contains(r.stderr, "it is allowed in namespace kube-system") || strings.Contains(r.stderr, "creating job") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
