package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// namespace creates a namespace for the test.
func (l lab) namespace(t *testing.T, name string) {
	t.Helper()
	l.must(t, "kubectl", "create", "namespace", name)
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete", "namespace", name, "--wait=false").Run()
	})
}

// spoof creates, as a user who may only read Jobs and create pods in the namespace, a pod on the other node for each
// Job that copies as much as possible of the Job's pod. stop stops that and returns the number of pods.
func spoof(t *testing.T, l lab, namespace string, change func(*batchv1.Job, *corev1.Pod)) (stop func() int) {
	t.Helper()
	client := l.impersonating(t, l.as(t, namespace+"-attacker", []rbacv1.PolicyRule{
		{APIGroups: []string{"batch"}, Resources: []string{"jobs"}, Verbs: []string{"list", "watch"}},
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"create"}},
	}))
	var made atomic.Int64
	end := onJobs(t, client, namespace, func(ctx context.Context, j *batchv1.Job) {
		p := &corev1.Pod{Spec: *j.Spec.Template.Spec.DeepCopy()}
		p.Name, p.Labels = j.Name+"-evil", map[string]string{
			batchv1.ControllerUidLabel: string(j.UID), "app.kubernetes.io/managed-by": "somebody",
		}
		p.Spec.NodeName = node0
		change(j, p)
		if _, err := client.CoreV1().Pods(namespace).Create(ctx, p, metav1.CreateOptions{}); err != nil {
			t.Errorf("the attacker's pod: %v", err)
			return
		}
		made.Add(1)
	})
	return func() int {
		end()
		return int(made.Load())
	}
}

// TestAnothersPod: no command runs in a pod that somebody else created to be mistaken for the Job's own. It runs in the
// right pod, or fails with the other pod's name.
func TestAnothersPod(t *testing.T) {
	l := theLab(t)
	for name, change := range map[string]func(*batchv1.Job, *corev1.Pod){
		"label": func(*batchv1.Job, *corev1.Pod) {},
		"owner": func(j *batchv1.Job, p *corev1.Pod) {
			p.Annotations = j.Spec.Template.Annotations
			p.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(j, batchv1.SchemeGroupVersion.WithKind("Job"))}
			p.OwnerReferences[0].BlockOwnerDeletion = nil
		},
		"lure": func(_ *batchv1.Job, p *corev1.Pod) { p.Spec.Containers[0].Image = "lab.akstools.dev/no-such-image:v1" },
	} {
		t.Run(name, func(t *testing.T) {
			namespace := "spoof-" + name
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			l.namespace(t, namespace)
			stop := spoof(t, l, namespace, change)
			const runs = 4
			right := 0
			for range runs {
				r := l.aksnode(t, "ssh", node1, "-n", namespace, "--pod-running-timeout", "10s", "--", "hostname")
				switch {
				case r.code == 0 && r.stdout == node1+"\n":
					right++
				case r.stdout != "" || r.code != 255 || !strings.Contains(r.stderr, "-evil"):
					t.Errorf("%+v", r)
				}
			}
			made := stop()
			t.Logf("%d of %d runs did what they should, against %d pods", right, runs, made)
			if made != runs {
				t.Errorf("the attacker made %d pods", made)
			}
		})
	}
}

// TestAdmissionChangesThePod: a pod to which admission adds a container and an environment variable is still recognized
// as the Job's own, also with exactly the generated roles, by exec and by termination message.
func TestAdmissionChangesThePod(t *testing.T) {
	l := theLab(t)
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	const namespace = "mutated"
	l.namespace(t, namespace)
	policy := fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  failurePolicy: Fail
  reinvocationPolicy: Never
  matchConstraints: {resourceRules: [{operations: [CREATE], apiGroups: [""], apiVersions: [v1], resources: [pods]}]}
  mutations:
  - patchType: JSONPatch
    jsonPatch:
      expression: >
        [
          JSONPatch{op: "add", path: "/spec/containers/0/env",
            value: [Object.spec.containers.env{name: "HTTPS_PROXY", value: "http://192.0.2.1:3128"}]},
          JSONPatch{op: "add", path: "/spec/containers/-", value: Object.spec.containers{
            name: "sidecar", image: "mcr.microsoft.com/azurelinux/busybox:1.36", command: ["sleep", "600"],
            env: [Object.spec.containers.env{name: "POD", value: has(object.metadata.name) ? object.metadata.name : "generated"}]
          }}
        ]
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec:
  policyName: %[1]s
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[1]s}}}
`, namespace)
	if r := l.run(t, policy, "kubectl", "apply", "-f", "-"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	t.Cleanup(func() {
		_ = l.command(context.Background(), "kubectl", "delete",
			"mutatingadmissionpolicy/"+namespace, "mutatingadmissionpolicybinding/"+namespace).Run()
	})
	l.eventually(t, 30*time.Second, func() error { // the API server needs a moment to apply it
		r := l.run(t, "", "kubectl", "run", "x", "--image=x", "-n", namespace, "--dry-run=server", "-o", "jsonpath={.spec.containers[*].name}")
		if r.code != 0 || r.stdout != "x sidecar" {
			return fmt.Errorf("%+v", r)
		}
		return nil
	})
	user := l.bound(t, namespace, namespace, l.roles(t, "aksnode"))
	for _, args := range [][]string{
		{"ssh", node1, "-n", namespace, "--", "hostname"},
		{"ssh", node1, "-n", namespace, "--as", user, "--", "hostname"},
		{"run", node1, "-n", namespace, "--as", user, "--no-tunnel", "--", "hostname"},
	} {
		if r := l.aksnode(t, args...); r.code != 0 || !strings.Contains(r.stdout, node1) || strings.Contains(r.stderr, "ignoring") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
