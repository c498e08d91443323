package nodepod

import (
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/kube"
)

// Hop prefers a node with a pod in use, then one with a Ready agent, then any that can run a pod.
func TestHop(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	node := func(name, os string, ready corev1.ConditionStatus) *corev1.Node {
		return &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Labels: map[string]string{corev1.LabelOSStable: os}},
			Status:     corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, Reason: "R"}}},
		}
	}
	agent := func(on string, ready corev1.ConditionStatus) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: metav1.NamespaceSystem, Name: "agent-" + on, Labels: map[string]string{"app": "konnectivity-agent"},
			},
			Spec:   corev1.PodSpec{NodeName: on},
			Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}},
		}
	}
	target := node("target", "windows", corev1.ConditionTrue)
	client := fake.NewClientset(target, node("a", "linux", corev1.ConditionUnknown), node("b", "linux", corev1.ConditionTrue),
		node("c", "linux", corev1.ConditionTrue), node("d", "linux", corev1.ConditionTrue), node("e", "linux", corev1.ConditionFalse),
		agent("a", corev1.ConditionTrue), agent("b", corev1.ConditionFalse), agent("c", corev1.ConditionTrue))
	m := &Manager{Clients: &kube.Clients{Interface: client, Config: &rest.Config{Host: "https://lab"}}}
	o := Options{Namespace: "default"}
	is := func(want string) {
		t.Helper()
		if got, err := m.Hop(t.Context(), target, o); got != want || err != nil {
			t.Errorf("%q, %v, want %s", got, err, want)
		}
	}
	is("c") // b's agent is not Ready, and no pod starts on a
	full := node("c", "linux", corev1.ConditionTrue)
	full.Status.Conditions = append(full.Status.Conditions, corev1.NodeCondition{Type: "DiskPressure", Status: corev1.ConditionTrue})
	update := func(n *corev1.Node) {
		t.Helper()
		if err := client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("nodes"), n, ""); err != nil {
			t.Fatal(err)
		}
	}
	update(full)
	is("b")
	update(node("c", "linux", corev1.ConditionTrue))
	release := m.claim(job(node("d", "linux", corev1.ConditionTrue), &corev1.PodTemplateSpec{}, identity{}, o))
	is("c") // a pod of another process' alone is none to share
	release()
	for _, name := range []string{"b", "c", "d"} {
		if err := client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("nodes"), "", name); err != nil {
			t.Fatal(err)
		}
	}
	_, err := m.Hop(t.Context(), target, o)
	var none *NoHopError
	if !errors.As(err, &none) || len(none.Rejected) != 2 || !strings.Contains(err.Error(), `"e" is not Ready`) ||
		!strings.Contains(err.Error(), "a Windows node is reached over SSH only from a Linux node: ") {
		t.Errorf("%v", err)
	}
}
