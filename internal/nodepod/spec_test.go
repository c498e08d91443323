package nodepod

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/jobpod"
)

func testNode(arch string, taints ...corev1.Taint) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "aks-nodepool1-12345678-vmss000000"}, Spec: corev1.NodeSpec{Taints: taints}}
	n.Status.NodeInfo.Architecture = arch
	return n
}

func TestJob(t *testing.T) {
	taint := corev1.Taint{Key: "CriticalAddonsOnly", Value: "true", Effect: corev1.TaintEffectNoSchedule}
	o := Options{Namespace: "ops", IdleTimeout: 2 * time.Minute, MaxDuration: time.Hour, Subcommand: "ssh", Reason: "INC-1"}
	node := testNode("amd64", taint)
	template, err := podTemplate(node, "image:1", [][]string{guardCommand(o.IdleTimeout)})
	if err != nil {
		t.Fatal(err)
	}
	j := job(node, template, identity{"alice"}, o)
	if *j.Spec.BackoffLimit != 0 || *j.Spec.ActiveDeadlineSeconds != 3600 || *j.Spec.TTLSecondsAfterFinished != 60 {
		t.Errorf("bounds: %+v", j.Spec)
	}
	for _, meta := range []metav1.ObjectMeta{j.ObjectMeta, j.Spec.Template.ObjectMeta} {
		if meta.Labels[jobpod.ManagedByLabel] != jobpod.ManagedBy || meta.Labels[jobpod.ComponentLabel] != Component {
			t.Errorf("labels: %v", meta.Labels)
		}
		want := map[string]string{
			NodeAnnotation: "aks-nodepool1-12345678-vmss000000", SubcommandAnnotation: "ssh", UserAnnotation: "alice", ReasonAnnotation: "INC-1",
		}
		if diff := cmp.Diff(want, meta.Annotations); diff != "" {
			t.Error(diff)
		}
	}
	pod := j.Spec.Template.Spec
	if !pod.HostPID || !pod.HostNetwork || !pod.HostIPC || *pod.AutomountServiceAccountToken || *pod.TerminationGracePeriodSeconds != 1 {
		t.Errorf("pod: %+v", pod)
	}
	tolerations := []corev1.Toleration{{Key: taint.Key, Operator: corev1.TolerationOpEqual, Value: "true", Effect: taint.Effect}}
	if diff := cmp.Diff(tolerations, pod.Tolerations); diff != "" {
		t.Errorf("only the node's taints must be tolerated: %s", diff)
	}
	c := pod.Containers[0]
	if !ptr.Deref(c.SecurityContext.Privileged, false) || *c.SecurityContext.RunAsUser != 0 ||
		c.ImagePullPolicy != corev1.PullIfNotPresent || c.Resources.Limits == nil {
		t.Errorf("container: %+v", c)
	}
	mounts := map[string]bool{}
	for _, m := range c.VolumeMounts {
		mounts[m.MountPath] = m.ReadOnly
	}
	if diff := cmp.Diff(map[string]bool{"/host": false, "/usr": true, "/lib": true, "/lib64": true}, mounts); diff != "" {
		t.Errorf("mounts: %s", diff)
	}
}

func TestARM64HasNoLib64(t *testing.T) {
	if got := hostDirs(testNode("arm64")); strings.Join(got, " ") != "usr lib" {
		t.Errorf("got %v", got)
	}
}

func TestJobNameIsALabel(t *testing.T) {
	name := jobName(strings.Repeat("n", 253))
	if errs := validation.IsDNS1123Label(name); len(errs) > 0 || len(name) > 57 { // the pod's name adds 6 characters
		t.Errorf("%s: %v", name, errs)
	}
}

func TestRunningImages(t *testing.T) {
	pod := func(image string, owner string, running bool, secret bool) corev1.Pod {
		p := corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: image}}}}
		if owner != "" {
			p.OwnerReferences = []metav1.OwnerReference{{Kind: owner, Controller: ptr.To(true)}}
		}
		s := corev1.ContainerStatus{Name: "c"}
		if running {
			s.State.Running = &corev1.ContainerStateRunning{}
		}
		p.Status.ContainerStatuses = []corev1.ContainerStatus{s}
		if secret {
			p.Spec.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "registry"}}
		}
		return p
	}
	for _, c := range []struct {
		name string
		pods []corev1.Pod
		want string
	}{
		{"none", nil, ""},
		{"a DaemonSet's before others", []corev1.Pod{pod("a", "ReplicaSet", true, false), pod("b", "DaemonSet", true, false)}, "b a"},
		{"each once", []corev1.Pod{pod("a", "ReplicaSet", true, false), pod("a", "DaemonSet", true, false)}, "a"},
		{"another if there is none", []corev1.Pod{pod("a", "ReplicaSet", true, false)}, "a"},
		{"not one that is waiting", []corev1.Pod{pod("a", "DaemonSet", false, false), pod("b", "", true, false)}, "b"},
		{"not one with a pull secret", []corev1.Pod{pod("a", "DaemonSet", true, true)}, ""},
	} {
		if got := strings.Join(runningImages(c.pods), " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"aks-nodepool1-12345678-vmss000000", "aks-nodepool1-12345678-vmss000001", "aks-gpu-87654321-vmss000000"}
	if got := nearest("aks-nodepool1-12345678-vmss00001", names); len(got) == 0 || got[0] != names[1] {
		t.Errorf("got %v", got)
	}
	if got := nearest("zzz", names); got != nil {
		t.Errorf("got %v", got)
	}
	if got := nearest("gpu", names); len(got) != 1 || got[0] != names[2] {
		t.Errorf("got %v", got)
	}
}

func TestCheckNode(t *testing.T) {
	with := func(status corev1.ConditionStatus, labels map[string]string) *corev1.Node {
		n := testNode("amd64")
		n.Labels = labels
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: status, Reason: "R"}}
		return n
	}
	for _, c := range []struct {
		name     string
		node     *corev1.Node
		unusable string
		warning  bool
	}{
		{"ready", with(corev1.ConditionTrue, nil), "", false},
		{"kubelet gone", with(corev1.ConditionUnknown, nil), "NotReady", false},
		{"not ready, kubelet there", with(corev1.ConditionFalse, nil), "", true},
		{"virtual", with(corev1.ConditionTrue, map[string]string{"type": "virtual-kubelet"}), "virtual node", false},
		{"windows, kubelet gone", with(corev1.ConditionUnknown, map[string]string{corev1.LabelOSStable: "windows"}), "NotReady", false},
		{"windows", with(corev1.ConditionTrue, map[string]string{corev1.LabelOSStable: "windows"}), "Windows", false},
	} {
		warning, err := CheckNode(c.node)
		if (warning != "") != c.warning || (err == nil) != (c.unusable == "") || err != nil && !strings.Contains(err.Error(), c.unusable) {
			t.Errorf("%s: got %q, %v", c.name, warning, err)
		}
	}
}
