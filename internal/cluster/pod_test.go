package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
)

var created = metav1.NewTime(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))

// TestPodOf holds that what is kept of a pod is just what checks read, and nothing that may be secret.
func TestPodOf(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-0", CreationTimestamp: created, Annotations: map[string]string{"token": "canary"}},
		Spec: corev1.PodSpec{
			NodeName:       "node-0",
			ReadinessGates: []corev1.PodReadinessGate{{ConditionType: "example.com/ready"}},
			InitContainers: []corev1.Container{{Name: "mesh", RestartPolicy: ptr.To(corev1.ContainerRestartPolicyAlways)}},
			Containers: []corev1.Container{{
				Name: "app", Image: "app:v1", Args: []string{"--password=canary"}, Env: []corev1.EnvVar{{Name: "PASSWORD", Value: "canary"}},
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 8080, Protocol: corev1.ProtocolTCP}},
				ReadinessProbe: &corev1.Probe{
					ProbeHandler:  corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/healthz?token=canary", Port: intstr.FromString("http")}},
					PeriodSeconds: 10, FailureThreshold: 3,
				},
			}},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "fd00::1"}}, Message: "two\nlines",
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodReady, Status: corev1.ConditionFalse, Reason: "ContainersNotReady", LastTransitionTime: created},
			},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "app", RestartCount: 3,
				State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
				LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
					ExitCode: 137, Reason: "OOMKilled", Message: "canary: what the container itself wrote", StartedAt: created, FinishedAt: created,
				}},
			}},
		},
	}
	want := podhealth.Pod{
		Name: "web-0", IP: "10.0.0.1", IPs: []string{"10.0.0.1", "fd00::1"}, Node: "node-0", Phase: "Running", Message: "two lines",
		Created: created.UTC(), Gates: []string{"example.com/ready"},
		Conditions: []podhealth.Condition{{Type: "Ready", Status: "False", Reason: "ContainersNotReady", Since: created.UTC()}},
		Containers: []podhealth.Container{
			{Name: "mesh", Init: true, Sidecar: true, Probes: map[string]endpoints.Probe{}},
			{
				Name: "app", Image: "app:v1", Ports: []endpoints.ContainerPort{{Name: "http", Number: 8080, Protocol: "TCP"}}, Restarts: 3,
				State:  podhealth.State{Phase: podhealth.Waiting, Reason: "CrashLoopBackOff"},
				Last:   podhealth.State{Phase: podhealth.Terminated, Reason: "OOMKilled", ExitCode: 137, Since: created.UTC()},
				Probes: map[string]endpoints.Probe{"readiness": {Kind: "http", Port: "http", Path: "/healthz", PeriodSeconds: 10, FailureThreshold: 3}},
			},
		},
	}
	if diff := cmp.Diff(want, PodOf(pod)); diff != "" {
		t.Error(diff)
	}
}

// TestStateOf holds that the message of a container that never ran is kept, because it is the runtime's, and no other.
func TestStateOf(t *testing.T) {
	for name, try := range map[string]struct {
		state corev1.ContainerState
		want  podhealth.State
	}{
		"unknown": {},
		"running": {
			corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: created}},
			podhealth.State{Phase: podhealth.Running, Since: created.UTC()},
		},
		"never started": {
			corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				Reason: "StartError", ExitCode: 128, Message: "exec: no such file", StartedAt: created, FinishedAt: created,
			}},
			podhealth.State{Phase: podhealth.Terminated, Reason: "StartError", ExitCode: 128, Message: "exec: no such file", Since: created.UTC()},
		},
		"exited": {
			corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
				Reason: "Error", ExitCode: 1, Signal: 9, Message: "secret", StartedAt: created, FinishedAt: created,
			}},
			podhealth.State{Phase: podhealth.Terminated, Reason: "Error", ExitCode: 1, Signal: 9, Since: created.UTC()},
		},
	} {
		if diff := cmp.Diff(try.want, stateOf(try.state)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNodeOf(t *testing.T) {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name:              "pool000007",
			CreationTimestamp: created,
			Labels:            map[string]string{corev1.LabelOSStable: "linux", corev1.LabelTopologyRegion: "eastus"},
		},
		Spec: corev1.NodeSpec{
			ProviderID: "azure:///subscriptions/0/resourceGroups/mc_x/providers/Microsoft.Compute/virtualMachineScaleSets/pool/virtualMachines/7",
			Taints:     []corev1.Taint{{Key: "ToBeDeletedByClusterAutoscaler"}},
		},
		Status: corev1.NodeStatus{
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeHostName, Address: "node-0"},
				{Type: corev1.NodeInternalIP, Address: "10.0.0.4"},
				{Type: corev1.NodeInternalIP, Address: "fd00::4"},
			},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}},
		},
	}
	got := NodeOf(node)
	if got.IP.String() != "10.0.0.4" || got.Azure.String() != "pool/7" || got.Azure.ResourceGroup != "mc_x" || got.Ready.Status != "True" ||
		!got.Leaving ||
		got.Simulated ||
		got.Region != "eastus" {
		t.Errorf("%+v", got)
	}
	node.Labels["type"] = "virtual-kubelet"
	node.Spec.Taints, node.Status.Conditions = nil, nil
	if got := NodeOf(node); !got.Simulated || got.Leaving || got.Ready.Status != "" {
		t.Errorf("%+v", got)
	}
}
