package facts

import (
	"context"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// EmptyService is a Service without a ready endpoint that the API server calls.
type EmptyService struct {
	Service check.Ref `json:"service"`
	// Why is a clause that says why it has none; empty: unknown.
	Why string `json:"why,omitempty"`
	// Error is why nothing is known.
	Error string `json:"error,omitempty"`
}

// maxEmpty is for how many Services the pods are read.
const maxEmpty = 3

// EmptyServices are the Services without a ready endpoint of webhooks that fail closed, of aggregated APIs and of conversions, the first
// maxEmpty, with why. Reading pods and Deployments of all namespaces is too much for the role of tunneldoctor: for a user who may not do
// so, they have an Error.
var EmptyServices = &Fact[[]EmptyService]{
	Name:     "empty-services",
	Needs:    []check.Need{Webhooks, AggregatedAPIs, Conversions},
	Access:   []rbacv1.PolicyRule{fact.Rule("", "services", "get")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list")}},
	Gather: func(ctx context.Context, e *Env) ([]EmptyService, []check.Evidence, error) {
		webhooks, _ := Webhooks.From(ctx, e) // what cannot be read is not empty
		apis, _ := AggregatedAPIs.From(ctx, e)
		conversions, _ := Conversions.From(ctx, e)
		list, seen := emptyServices(webhooks, apis, conversions), []check.Evidence{}
		fact.Concurrently(len(list), func(i int) {
			var err error
			if list[i].Why, err = whyEmpty(ctx, e, list[i].Service); err != nil {
				list[i].Error = redact.Message(kube.NameDenied(err).Error())
			}
		})
		for _, s := range list {
			seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "pods,deployments", "-n", s.Service.Namespace)})
		}
		return list, seen, nil
	},
}

func emptyServices(webhooks []Webhook, apis []AggregatedAPI, conversions []Conversion) []EmptyService {
	list := []EmptyService{}
	add := func(service check.Ref) {
		same := slices.ContainsFunc(list, func(o EmptyService) bool { return o.Service == service })
		if !same && len(list) < maxEmpty {
			list = append(list, EmptyService{Service: service})
		}
	}
	for _, a := range apis {
		if a.Endpoints == 0 {
			add(a.Service)
		}
	}
	for _, w := range webhooks {
		if w.Service.Name != "" && w.FailClosed && w.Endpoints == 0 && (w.Matches || w.MatchesPods) {
			add(w.Service)
		}
	}
	for _, c := range conversions {
		if c.Endpoints == 0 && c.Service.Name != "" {
			add(c.Service)
		}
	}
	return list
}

// whyEmpty returns why the Service has no ready endpoint, as its pods or their Deployment tell; empty if they do not.
func whyEmpty(ctx context.Context, e *Env, ref check.Ref) (string, error) {
	service, err := e.Clients.CoreV1().Services(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "the Service does not exist", nil
	}
	if err != nil || len(service.Spec.Selector) == 0 {
		return "", err
	}
	selector := labels.SelectorFromSet(service.Spec.Selector)
	var pods []podhealth.Pod
	err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoreV1().Pods(ref.Namespace).List(ctx, o)
	}, selector.String(), func(object runtime.Object) {
		if p, ok := object.(*corev1.Pod); ok {
			pods = append(pods, cluster.PodOf(p))
		}
	})
	if err != nil || len(pods) > 0 {
		return whyUnready(pods, unmounted(ctx, e, ref.Namespace, pods)), err
	}
	why := fmt.Sprintf("no pod has the labels %s that the Service selects", selector)
	err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.AppsV1().Deployments(ref.Namespace).List(ctx, o)
	}, "", func(object runtime.Object) {
		if d, ok := object.(*appsv1.Deployment); ok && selector.Matches(labels.Set(d.Spec.Template.Labels)) {
			why = whyPodless(d)
		}
	})
	if apierrors.IsForbidden(err) {
		err = nil // the labels are known all the same
	}
	return why, err
}

// whyPodless returns why the Deployment has no pod.
func whyPodless(d *appsv1.Deployment) string {
	if ptr.Deref(d.Spec.Replicas, 1) == 0 {
		return fmt.Sprintf("Deployment %s is scaled to 0", d.Name)
	}
	for _, c := range d.Status.Conditions {
		if c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue {
			return fmt.Sprintf("Deployment %s cannot create pods: %s", d.Name, redact.Message(c.Message))
		}
	}
	return fmt.Sprintf("Deployment %s has no pod", d.Name)
}

// unmounted returns the events of the pods that have not started. Errors are ignored: the pods' state is known all the same.
func unmounted(ctx context.Context, e *Env, namespace string, pods []podhealth.Pod) podhealth.Events {
	var refs []check.Ref
	for _, pod := range pods {
		if pod.Starting() && len(refs) < podhealth.MaxEventPods {
			refs = append(refs, check.Ref{Kind: "Pod", Namespace: namespace, Name: pod.Name})
		}
	}
	if len(refs) == 0 {
		return nil
	}
	events, _, _ := cluster.Events(ctx, e.Clients, refs)
	return events
}

// whyUnready returns what is wrong with the first of the pods that tells it.
func whyUnready(pods []podhealth.Pod, events podhealth.Events) string {
	why := ""
	for _, pod := range pods {
		c, summary, cause, found := pod.ContainerProblem(func(c podhealth.Container) (string, string) {
			switch {
			case c.State.Phase == podhealth.Waiting && podhealth.CannotStart(c.State.Reason):
				return c.State.Reason, c.State.Message
			case c.State.Phase == podhealth.Terminated && !c.Init:
				return fmt.Sprintf("exited with code %d", c.State.ExitCode), ""
			}
			return "", ""
		})
		scheduled := pod.Condition(string(corev1.PodScheduled))
		unmounted, message := events.Unmounted(pod)
		switch {
		case found && cause != "":
			return fmt.Sprintf("container %s of pod %s: %s: %s", c.Name, pod.Name, summary, cause)
		case found:
			return fmt.Sprintf("container %s of pod %s: %s", c.Name, pod.Name, summary)
		case scheduled.Status == string(corev1.ConditionFalse):
			return fmt.Sprintf("pod %s is not scheduled: %s", pod.Name, scheduled.Message)
		case unmounted != "":
			return fmt.Sprintf("pod %s %s: %s", pod.Name, unmounted, message)
		case pod.Phase == string(corev1.PodFailed):
			why = fmt.Sprintf("pod %s failed: %s %s", pod.Name, pod.Reason, pod.Message)
		case why == "" && !pod.Ready():
			why = fmt.Sprintf("pod %s is not Ready", pod.Name)
			if probe := pod.WhyUnready(); probe != "" {
				why += ": " + probe
			}
		}
	}
	return why
}
