package facts

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
)

func TestWhyUnready(t *testing.T) {
	container := func(state podhealth.State) []podhealth.Container {
		return []podhealth.Container{{Name: "hook", State: state}}
	}
	for want, pods := range map[string][]podhealth.Pod{
		"": {{Name: "a", Conditions: []podhealth.Condition{{Type: "Ready", Status: "True"}}}},
		"container hook of pod a: ImagePullBackOff: no such host": {
			{Name: "b", Phase: "Pending"},
			{Name: "a", Containers: container(podhealth.State{Phase: podhealth.Waiting, Reason: "ImagePullBackOff", Message: "no such host"})},
		},
		"container hook of pod a: exited with code 2": {
			{Name: "a", Containers: container(podhealth.State{Phase: podhealth.Terminated, ExitCode: 2})},
		},
		"pod a is not scheduled: 0/2 nodes are available": {
			{Name: "a", Conditions: []podhealth.Condition{{Type: "PodScheduled", Status: "False", Message: "0/2 nodes are available"}}},
		},
		"pod a failed: Evicted low on memory": {{Name: "a", Phase: "Failed", Reason: "Evicted", Message: "low on memory"}},
		"pod a is not Ready":                  {{Name: "a", Phase: "Running"}},
		`pod c cannot start: FailedMount: secret "tls" not found`: {
			{Name: "c", Phase: "Pending", Containers: container(podhealth.State{Phase: podhealth.Waiting, Reason: "ContainerCreating"})},
		},
	} {
		events := podhealth.Events{"pod/c": {{Reason: "FailedMount", Message: `secret "tls" not found`}}}
		if got := whyUnready(pods, events); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestWhyPodless(t *testing.T) {
	d := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "hook"}}
	if got := whyPodless(d); got != "Deployment hook has no pod" {
		t.Error(got)
	}
	d.Status.Conditions = []appsv1.DeploymentCondition{
		{Type: appsv1.DeploymentReplicaFailure, Status: corev1.ConditionTrue, Message: "violates\nPodSecurity"},
	}
	if got := whyPodless(d); got != "Deployment hook cannot create pods: violates PodSecurity" {
		t.Error(got)
	}
	d.Spec.Replicas = ptr.To[int32](0)
	if got := whyPodless(d); !strings.Contains(got, "scaled to 0") {
		t.Error(got)
	}
}

func TestEmptyServices(t *testing.T) {
	service := func(name string) check.Ref { return check.Ref{Kind: "service", Namespace: "ns", Name: name} }
	list := emptyServices(
		[]Webhook{
			{FailClosed: true, Matches: true, Service: service("a")},
			{FailClosed: true, Matches: true, Service: service("a")},
			{Matches: true, Service: service("ignores")},
			{FailClosed: true, Service: service("matches nothing")},
			{FailClosed: true, Matches: true, Service: service("ready"), Endpoints: 1},
		},
		[]AggregatedAPI{{Service: service("b")}, {Service: service("ready"), Endpoints: 1}},
		[]Conversion{{Service: service("c")}, {Service: service("beyond the limit")}},
	)
	names := ""
	for _, s := range list {
		names += s.Service.Name
	}
	if names != "bac" {
		t.Error(names)
	}
}
