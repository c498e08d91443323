package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/check"
)

// editor returns clients of a user who has the role edit in the namespace, and nothing else.
func (l lab) editor(t *testing.T, namespace string) kubernetes.Interface {
	t.Helper()
	user := namespace + "-neighbor"
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}
	if _, err := l.clients(t).RbacV1().RoleBindings(namespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	client := l.impersonating(t, user)
	l.eventually(t, 10*time.Second, func() error { // the authorizer watches bindings
		_, err := client.BatchV1().Jobs(namespace).List(t.Context(), metav1.ListOptions{})
		return err
	})
	return client
}

// impersonating returns clients of the user.
func (l lab) impersonating(t *testing.T, user string) kubernetes.Interface {
	t.Helper()
	config := rest.CopyConfig(l.clients(t).Config)
	config.Impersonate.UserName = user
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// onJobs calls attack for each Job that appears in the namespace, until stop is called.
func onJobs(t *testing.T, client kubernetes.Interface, namespace string, attack func(context.Context, *batchv1.Job)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	jobs, err := client.BatchV1().Jobs(namespace).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for e := range jobs.ResultChan() {
			if j, ok := e.Object.(*batchv1.Job); ok && e.Type == watch.Added {
				done.Go(func() { attack(ctx, j) })
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}

// copied returns an attack that creates a pod which the Job controller adopts: the Job's own, as change changes it.
func copied(client kubernetes.Interface, change func(*corev1.Pod)) func(context.Context, *batchv1.Job) {
	return func(ctx context.Context, j *batchv1.Job) {
		p := &corev1.Pod{Spec: *j.Spec.Template.Spec.DeepCopy()}
		p.Name, p.Annotations = j.Name+"-evil", j.Spec.Template.Annotations
		p.Labels = map[string]string{batchv1.ControllerUidLabel: string(j.UID), batchv1.JobNameLabel: j.Name}
		change(p)
		_, _ = client.CoreV1().Pods(j.Namespace).Create(ctx, p, metav1.CreateOptions{})
	}
}

// reimaged returns an attack that changes the image of the Job's pods, which the kubelet then restarts.
func reimaged(client kubernetes.Interface, image string) func(context.Context, *batchv1.Job) {
	return func(ctx context.Context, j *batchv1.Job) {
		selector := metav1.ListOptions{LabelSelector: batchv1.ControllerUidLabel + "=" + string(j.UID)}
		pods, err := client.CoreV1().Pods(j.Namespace).Watch(ctx, selector)
		if err != nil {
			return
		}
		defer pods.Stop()
		for e := range pods.ResultChan() {
			p, ok := e.Object.(*corev1.Pod)
			if !ok || e.Type == watch.Deleted || p.Spec.Containers[0].Image == image {
				continue
			}
			patch := `[{"op":"replace","path":"/spec/containers/0/image","value":"` + image + `"}]`
			_, _ = client.CoreV1().Pods(j.Namespace).Patch(ctx, p.Name, types.JSONPatchType, []byte(patch), metav1.PatchOptions{})
		}
	}
}

// other is an image that every node of the lab has.
const other = "mcr.microsoft.com/oss/v2/kubernetes/pause:3.10.1"

// TestSoakNeighbor: a user with the role edit in the namespace where another works can neither take nor change that one's sessions,
// results, host keys or verdicts by what they create or change there. Entering the node pod itself is not among the attacks: that makes
// them root on the node (SECURITY.md). It is a soak test, as it takes two and a half minutes.
func TestSoakNeighbor(t *testing.T) {
	l := soak(t)
	isolate(t, l)
	attacks := func(client kubernetes.Interface) map[string]func(context.Context, *batchv1.Job) {
		return map[string]func(context.Context, *batchv1.Job){
			"a copy on another node": copied(client, func(p *corev1.Pod) { p.Spec.NodeName = node0 }),
			"a copy that lies": copied(client, func(p *corev1.Pod) {
				p.Spec.HostAliases = []corev1.HostAlias{{IP: "192.0.2.1", Hostnames: []string{"kubernetes.default.svc"}}}
				p.Spec.Containers[0].Env = append(p.Spec.Containers[0].Env, corev1.EnvVar{Name: "BASH_ENV", Value: "/proc/self/environ"})
			}),
			"another image": reimaged(client, other),
		}
	}
	// each returns what is wrong, or "": a command that fails is right too
	victims := map[string]func(t *testing.T, namespace string) string{
		"session": func(t *testing.T, namespace string) string {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			return wrong(l.aksnode(t, "ssh", node1, "-n", namespace, "--pod-running-timeout", "8s", "--", "hostname"))
		},
		"result": func(t *testing.T, namespace string) string {
			return wrong(l.aksnode(t, "run", node1, "-n", namespace, "--pod-running-timeout", "8s", "--no-tunnel", "--", "hostname"))
		},
		"host keys": func(t *testing.T, namespace string) string {
			state := t.TempDir()
			t.Setenv("XDG_STATE_HOME", state)
			key := l.authorize(t, node1)
			r := l.aksnode(t, "ssh", node1, "-n", namespace, "-i", key, "--pod-running-timeout", "8s",
				"--ssh-option", "BatchMode=yes", "--", "hostname")
			evil := strings.Fields(l.on(t, node0, "cat", "/etc/ssh/ssh_host_ed25519_key.pub"))[1]
			found := ""
			_ = filepath.WalkDir(state, func(path string, _ os.DirEntry, _ error) error {
				if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), evil) {
					found = path + " holds the host key of the other node"
				}
				return nil
			})
			if found != "" {
				return found
			}
			return wrong(r)
		},
		"verdict on the tunnel": func(t *testing.T, namespace string) string {
			l.tunnelWorks(t)
			r, _, text, _ := l.tunneldoctor(t, "-n", namespace)
			if r.Verdict.Status == check.Fail {
				return text
			}
			return ""
		},
	}
	for victim, run := range victims {
		t.Run(victim, func(t *testing.T) {
			namespace := "neighbor-" + strings.ReplaceAll(victim, " ", "-")
			l.namespace(t, namespace)
			client := l.editor(t, namespace)
			for name, attack := range attacks(client) {
				stop := onJobs(t, client, namespace, attack)
				if what := run(t, namespace); what != "" {
					t.Errorf("%s: %s", name, what)
				}
				stop()
			}
		})
	}
	t.Run("verdict on a Service", func(t *testing.T) {
		c := l.healthyCase(t, "neighbor", 3)
		client := l.editor(t, c.Namespace)
		for name, attack := range attacks(client) {
			stop := onJobs(t, client, c.Namespace, attack)
			if r, _ := c.insideout(t); r.Verdict.Status == check.Fail {
				t.Errorf("%s: %s", name, c.text)
			}
			stop()
		}
	})
}

// wrong returns what is wrong with the result of `hostname` on node1: it must be that, or nothing and an error.
func wrong(r result) string {
	if r.code == 0 && r.stdout == node1+"\n" || r.code != 0 && r.stdout == "" {
		return ""
	}
	return r.stdout + r.stderr
}
