package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/test/e2e/faults"
)

// corpusCase is a case of the corpus in the lab.
type corpusCase struct {
	*faults.Case
	lab     lab
	clients *kube.Clients
	made    []runtime.Object // the objects last applied
	text    string           // of the doctor's last run
	target  []string         // the doctor's arguments that name the target; nil: the Service
	outcome *outcome         // nil: the case is no trial of a corpus
}

// showLimit is how long a fault may take to show: a node is lost after 40 seconds, a restart waits for up to 40.
const showLimit = 150 * time.Second

// newCase makes a namespace for the case; it goes at the test's end.
func (l lab) newCase(t *testing.T, name string, seed uint64) *corpusCase {
	t.Helper()
	clients := l.clients(t)
	c := &corpusCase{Case: faults.NewCase(newRand(seed, name), fmt.Sprintf("%.40s-%d", name, seed)), lab: l, clients: clients}
	t.Cleanup(func() {
		ctx := context.Background()
		if err := clients.CoreV1().Namespaces().Delete(ctx, c.Namespace, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
		for _, o := range c.made {
			if namespaceOf(o) == "" {
				c.delete(t, o)
			}
		}
	})
	return c
}

// healthyCase makes the case as it is without a fault, and holds that the doctor finds it healthy.
func (l lab) healthyCase(t *testing.T, name string, seed uint64) *corpusCase {
	t.Helper()
	c := l.newCase(t, name, seed)
	c.makeHealthy(t)
	return c
}

func (c *corpusCase) makeHealthy(t *testing.T) {
	t.Helper()
	c.apply(t)
	c.settled(t)
	c.healthy(t, "before the fault")
}

func (c *corpusCase) objects() []runtime.Object {
	ns := &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: c.Namespace, Labels: map[string]string{"pod-security.kubernetes.io/enforce": c.Level}},
	}
	if c.Level == "" {
		ns.Labels["pod-security.kubernetes.io/enforce"] = "privileged"
	}
	list := append([]runtime.Object{ns}, c.Extra...)
	return append(list, c.Service.DeepCopy(), c.Deployment.DeepCopy())
}

// applied returns what restore needs to come back to the present objects.
func (c *corpusCase) applied(t *testing.T) faults.Case {
	t.Helper()
	before := *c.Case
	before.Deployment, before.Service = c.Deployment.DeepCopy(), c.Service.DeepCopy()
	before.Extra = append([]runtime.Object(nil), c.Extra...)
	return before
}

// apply makes the cluster hold the case's objects, and not those of the last time that it does not name any more.
func (c *corpusCase) apply(t *testing.T) {
	t.Helper()
	want := c.objects()
	for _, old := range c.made {
		if !names(want, old) {
			c.delete(t, old)
		}
	}
	if c.AnewService && c.made != nil {
		c.delete(t, c.Service)
	}
	var text bytes.Buffer
	for _, o := range want {
		if err := json.NewEncoder(&text).Encode(typed(t, o)); err != nil {
			t.Fatal(err)
		}
	}
	c.kubectl(t, text.String(), "apply", "--server-side", "--force-conflicts", "-f", "-")
	c.made = want
}

func (c *corpusCase) restore(t *testing.T, before faults.Case) {
	t.Helper()
	anew := c.AnewService
	*c.Case = before
	c.AnewService = anew
	c.apply(t)
	c.settled(t)
}

// typed fills in kind and apiVersion.
func typed(t *testing.T, o runtime.Object) runtime.Object {
	t.Helper()
	types := runtime.NewScheme()
	if err := errors.Join(scheme.AddToScheme(types), gatewayv1.Install(types), gatewayv1beta1.Install(types)); err != nil {
		t.Fatal(err)
	}
	kinds, _, err := types.ObjectKinds(o)
	if err != nil {
		t.Fatal(err)
	}
	o.GetObjectKind().SetGroupVersionKind(kinds[0])
	return o
}

func namespaceOf(o runtime.Object) string { return o.(metav1.Object).GetNamespace() }

func names(list []runtime.Object, o runtime.Object) bool {
	for _, other := range list {
		if fmt.Sprintf("%T", other) == fmt.Sprintf("%T", o) && other.(metav1.Object).GetName() == o.(metav1.Object).GetName() {
			return true
		}
	}
	return false
}

func (c *corpusCase) delete(t *testing.T, o runtime.Object) {
	t.Helper()
	b, err := json.Marshal(typed(t, o))
	if err != nil {
		t.Fatal(err)
	}
	c.kubectl(t, string(b), "delete", "--ignore-not-found", "--wait=true", "--cascade=foreground", "-f", "-")
}

func (c *corpusCase) kubectl(t *testing.T, stdin string, args ...string) {
	t.Helper()
	if r := c.lab.run(t, stdin, "kubectl", args...); r.code != 0 {
		t.Fatalf("kubectl %v: %s", args, r.stderr)
	}
}

// settled waits until the workloads are as they were asked for and the doctor's pods are gone.
func (c *corpusCase) settled(t *testing.T) {
	t.Helper()
	c.lab.eventually(t, showLimit, func() error {
		s := c.lab.Live(c.Case)
		want := 0
		for _, d := range s.Deployments {
			if d.Status.ObservedGeneration < d.Generation || d.Status.ReadyReplicas < *d.Spec.Replicas ||
				d.Status.UpdatedReplicas < *d.Spec.Replicas {
				return fmt.Errorf("deployment %s: %+v", d.Name, d.Status)
			}
			want += int(*d.Spec.Replicas)
		}
		running := 0
		for _, p := range s.Pods {
			if p.Status.Phase == corev1.PodRunning || p.Status.Phase == corev1.PodPending {
				running++
			}
		}
		if running != want {
			return fmt.Errorf("%d pods for %d replicas", running, want)
		}
		return nil
	})
}

func (c *corpusCase) inject(t *testing.T, b faults.Broken) {
	t.Helper()
	if b.Inject == nil {
		return
	}
	if b.Change != nil && b.Alone {
		c.settled(t)
	}
	t.Cleanup(func() { _ = b.Clear(c.lab, c.Case) }) // a second time where the test came so far
	if err := b.Inject(c.lab, c.Case); err != nil {
		t.Fatal(err)
	}
}

func (c *corpusCase) mend(t *testing.T, b faults.Broken) {
	t.Helper()
	if b.Clear != nil {
		if err := b.Clear(c.lab, c.Case); err != nil {
			t.Fatal(err)
		}
	}
}

func (c *corpusCase) shows(t *testing.T, b faults.Broken) {
	t.Helper()
	if b.Shows == nil {
		return
	}
	c.lab.eventually(t, showLimit, func() error {
		s := c.lab.Live(c.Case)
		for _, d := range s.Deployments { // what went before the change shows nothing
			if d.Status.ObservedGeneration < d.Generation || d.Status.Replicas != d.Status.UpdatedReplicas {
				return fmt.Errorf("deployment %s is not rolled out", d.Name)
			}
		}
		if !b.Shows(s) {
			return fmt.Errorf("the fault does not show: %d pods", len(s.Pods))
		}
		return nil
	})
}
