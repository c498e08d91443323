package noderun

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

func TestTerminationReason(t *testing.T) {
	limited := corev1.PodSpec{Containers: []corev1.Container{{
		Name: "node", Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("1Gi")}},
	}}}
	killed := []corev1.ContainerStatus{{
		Name: "node", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled"}},
	}}
	for _, c := range []struct {
		pod  corev1.Pod
		want string
	}{
		{corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}, ""},
		{
			corev1.Pod{Spec: limited, Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
			"it was OOM-killed, as the command used more memory than the pod's limit of 1Gi",
		},
		{
			corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, ContainerStatuses: killed}},
			"it was OOM-killed, as the node ran out of memory",
		},
		{
			corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: "low on memory"}},
			"Evicted: low on memory",
		},
		{corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, "it received nothing from this computer for its --idle-timeout"},
	} {
		if got := terminationReason(&c.pod); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// The end of a session tells what became of its pod.
func TestExplainLoss(t *testing.T) {
	taints := []corev1.Taint{
		{Key: "dedicated", Value: "x", Effect: corev1.TaintEffectNoExecute}, {Key: "other", Effect: corev1.TaintEffectNoSchedule},
	}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node", UID: "1"}, Spec: corev1.NodeSpec{Taints: taints}}
	pod := func(change func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ops", Name: "pod", UID: "2"}, Spec: corev1.PodSpec{NodeName: "node"}}
		p.Status.Phase = corev1.PodRunning
		change(p)
		return p
	}
	deleted := func(reason string) *corev1.Pod {
		return pod(func(p *corev1.Pod) {
			now := metav1.Now()
			p.DeletionTimestamp, p.Finalizers = &now, []string{"x"}
			if reason != "" {
				p.Status.Conditions = []corev1.PodCondition{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: reason}}
			}
		})
	}
	event := &corev1.Event{ObjectMeta: metav1.ObjectMeta{Namespace: "ops", Name: "e"}, Reason: "TaintManagerEviction"}
	event.InvolvedObject.Name = "pod"
	const evicted = "while the command was running: it was evicted because of a taint of the node: dedicated=x:NoExecute"
	for name, c := range map[string]struct {
		objects []runtime.Object
		slept   time.Duration
		want    string
		lost    bool
	}{
		"it runs":            {[]runtime.Object{node, pod(func(*corev1.Pod) {})}, 0, "broken", true},
		"evicted by a taint": {[]runtime.Object{node, deleted("DeletionByTaintManager")}, 0, evicted, false},
		"evicted and gone":   {[]runtime.Object{node, event}, 0, evicted, false},
		"drained":            {[]runtime.Object{node, deleted("EvictionByEvictionAPI")}, 0, "evicted through the API", false},
		"deleted":            {[]runtime.Object{node, deleted("")}, 0, "it was deleted", false},
		"gone":               {[]runtime.Object{node}, 0, "it was deleted", false},
		"another's":          {[]runtime.Object{node, pod(func(p *corev1.Pod) { p.UID = "3" })}, 0, "it was deleted", false},
		"the node is gone":   {nil, 0, "node node has left the cluster", false},
		"slept":              {[]runtime.Object{node}, 3 * time.Minute, "--idle-timeout (this computer slept, or", false},
		"slept a little":     {[]runtime.Object{node, pod(func(*corev1.Pod) {})}, time.Minute, "broken (this computer slept", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &Session{
				Clients: &kube.Clients{Interface: fake.NewClientset(c.objects...)},
				Pod:     nodepod.Pod{Pod: jobpod.Pod{Namespace: "ops", Name: "pod", UID: "2"}, Node: "node", IdleTimeout: 2 * time.Minute},
			}
			err := s.explainLoss(errors.New("broken"), sleep{length: c.slept, until: time.Now()})
			var lost *LostError
			if !strings.Contains(err.Error(), c.want) || errors.As(err, &lost) != c.lost {
				t.Errorf("%v, lost %v; want %q", err, !c.lost, c.want)
			}
		})
	}
}

// Only time in which nothing ran counts as sleep.
func TestSleepWatch(t *testing.T) {
	var w sleepWatch
	now := time.Now()
	for _, c := range []struct{ step, want time.Duration }{
		{0, 0},
		{time.Second, 0},
		{9 * time.Second, 0}, // a busy computer
		{3 * time.Minute, 3 * time.Minute},
		{time.Second, 3 * time.Minute},
		{-time.Hour, 3 * time.Minute}, // the clock was set
		{time.Second, 3 * time.Minute},
	} {
		now = now.Add(c.step)
		if got := w.tick(now).length; got != c.want {
			t.Errorf("after %s: %s, want %s", c.step, got, c.want)
		}
	}
}

// The tunnel is not blamed while this computer does not reach the API server.
func TestUnlessUnreachable(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	answers := httptest.NewServer(http.NotFoundHandler())
	defer answers.Close()
	gone := httptest.NewServer(nil)
	gone.Close()
	for server, blamed := range map[string]bool{answers.URL: true, gone.URL: false} {
		flags := genericclioptions.NewConfigFlags(false)
		flags.APIServer = &server
		clients, err := kube.New(flags)
		if err != nil {
			t.Fatal(err)
		}
		s := &Session{Clients: clients, Pod: nodepod.Pod{Pod: jobpod.Pod{Namespace: "ops", Name: "pod"}}}
		err = s.unlessUnreachable(&TunnelError{errNotConnected})
		var tunnel *TunnelError
		if errors.As(err, &tunnel) != blamed {
			t.Errorf("blamed: %v; want %v", err, blamed)
		}
	}
}
