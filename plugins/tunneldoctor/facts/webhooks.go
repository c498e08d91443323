package facts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
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
	"github.com/akstools/akstools/internal/redact"
)

// Webhook is an admission webhook that the API server calls in the cluster, and so through the tunnel.
type Webhook struct {
	Name          string    `json:"name"`
	Configuration check.Ref `json:"configuration"`
	FailClosed    bool      `json:"fails"` // failurePolicy Fail: requests that it does not answer are rejected
	Timeout       int32     `json:"timeoutSeconds"`
	Service       check.Ref `json:"service"`
	Endpoints     int       `json:"endpoints"` // ready endpoints of the Service
	// MatchesPods reports whether its rules match the creation of pods, MatchesKubeSystem whether its namespaceSelector matches
	// kube-system, and so the tunnel agents.
	MatchesPods       bool `json:"pods"`
	MatchesKubeSystem bool `json:"kubeSystem"`
	// Elsewhere reports whether its namespaceSelector selects neither kube-system, nor the user's namespace, nor namespaces without labels
	// of their own: only some namespaces, such as a tenant's, have requests that it rejects.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Port is the Service's port that it names. Ports are those of the Service where Port is not among them; nil: it is, or nothing is
	// known of the Service.
	Port  int32   `json:"port,omitempty"`
	Ports []int32 `json:"ports,omitempty"`
	// Matches reports whether its rules match resources that the API server serves, of whatever kind; it is found out for webhooks
	// without endpoints. Selective reports whether it has an objectSelector: only objects with some labels are its concern.
	Matches   bool `json:"matches,omitempty"`
	Selective bool `json:"selective,omitempty"`
	// OwnPods reports whether it is asked about the pods of its Service's namespace, and so about its own; found out for webhooks without
	// endpoints.
	OwnPods bool `json:"ownPods,omitempty"`
	// Conditional reports whether it has matchConditions, which may exclude requests and are not evaluated.
	Conditional bool `json:"conditional,omitempty"`
	// DryRunKind is a resource whose creation in a dry run calls the webhook; empty if there is none, or if its sideEffects forbid
	// dry runs.
	DryRunKind string `json:"try,omitempty"`
}

// dryRunKinds are the resources that dry runs create.
var dryRunKinds = []string{"configmaps", "pods"}

// Webhooks are the admission webhooks of all configurations that have a Service.
var Webhooks = &Fact[[]Webhook]{
	Name: "webhooks",
	Access: []rbacv1.PolicyRule{
		fact.Rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "list"),
		fact.Rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "list"),
		fact.Rule("discovery.k8s.io", "endpointslices", "list"), fact.Rule("", "namespaces", "get"), fact.Rule("", "services", "get"),
	},
	Gather: func(ctx context.Context, e *Env) ([]Webhook, []check.Evidence, error) {
		list, selectors, rules := []Webhook{}, []*metav1.LabelSelector{}, [][]admissionv1.RuleWithOperations{}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "validatingwebhookconfigurations,mutatingwebhookconfigurations")}}
		namespace, err := e.Clients.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
		if err != nil {
			return list, seen, err
		}
		add := func(configuration check.Ref, v *admissionv1.ValidatingWebhook) {
			if w, ok := webhookOf(configuration, v, namespace.Labels); ok {
				list, selectors, rules = append(list, w), append(selectors, v.NamespaceSelector), append(rules, v.Rules)
			}
		}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.AdmissionregistrationV1().ValidatingWebhookConfigurations().List(ctx, o)
		}, "", func(object runtime.Object) {
			if c, ok := object.(*admissionv1.ValidatingWebhookConfiguration); ok {
				for i := range c.Webhooks {
					add(cluster.RefOf("validatingwebhookconfiguration", c), &c.Webhooks[i])
				}
			}
		})
		if err != nil {
			return list, seen, err
		}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, o)
		}, "", func(object runtime.Object) {
			if c, ok := object.(*admissionv1.MutatingWebhookConfiguration); ok {
				for i := range c.Webhooks {
					add(cluster.RefOf("mutatingwebhookconfiguration", c), asValidating(&c.Webhooks[i]))
				}
			}
		})
		if err != nil {
			return list, seen, err
		}
		errs := make([]error, len(list))
		fact.Concurrently(len(list), func(i int) {
			w := &list[i]
			if w.Endpoints, errs[i] = cluster.ReadyEndpoints(ctx, e.Clients, w.Service); w.FailClosed {
				w.Ports = otherPorts(ctx, e, w.Service, w.Port)
			}
		})
		i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
		if i >= 0 {
			return list, seen, errs[i]
		}
		markMatches(ctx, e, list, selectors, rules)
		markElsewhere(list, selectors, e.Clients.Namespace, func() (map[string]string, error) {
			own, err := e.Clients.CoreV1().Namespaces().Get(ctx, e.Clients.Namespace, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			return own.Labels, nil
		})
		return list, seen, nil
	},
}

// markElsewhere sets Elsewhere on the webhooks without endpoints, which have the namespace selectors. labelsOf reads the labels of own,
// the user's namespace; it is called only if they matter. If they are unknown, the webhooks may select it.
func markElsewhere(list []Webhook, selectors []*metav1.LabelSelector, own string, labelsOf func() (map[string]string, error)) {
	plain := map[string]string{corev1.LabelMetadataName: own}
	var labels map[string]string
	for i := range list {
		if w := list[i]; !w.FailClosed || w.Endpoints > 0 || w.MatchesKubeSystem || selects(selectors[i], plain) {
			continue
		}
		if labels == nil {
			var err error
			if labels, err = labelsOf(); err != nil {
				return
			}
		}
		list[i].Elsewhere = !selects(selectors[i], labels)
	}
}

// webhookOf returns the webhook; ok is false if it is called at a URL, outside the tunnel. system are the labels of kube-system.
func webhookOf(configuration check.Ref, v *admissionv1.ValidatingWebhook, system map[string]string) (w Webhook, ok bool) {
	if v.ClientConfig.Service == nil {
		return w, false
	}
	w = Webhook{
		Name: v.Name, Configuration: configuration, Timeout: ptr.Deref(v.TimeoutSeconds, 10),
		FailClosed:        ptr.Deref(v.FailurePolicy, admissionv1.Fail) == admissionv1.Fail,
		Service:           check.Ref{Kind: "service", Namespace: v.ClientConfig.Service.Namespace, Name: v.ClientConfig.Service.Name},
		MatchesPods:       matchesCreate(v.Rules, "pods"),
		MatchesKubeSystem: selects(v.NamespaceSelector, system),
		Conditional:       len(v.MatchConditions) > 0,
		Port:              ptr.Deref(v.ClientConfig.Service.Port, 443),
		Selective:         !selects(v.ObjectSelector, nil),
	}
	effects := ptr.Deref(v.SideEffects, admissionv1.SideEffectClassUnknown)
	dry := effects == admissionv1.SideEffectClassNone || effects == admissionv1.SideEffectClassNoneOnDryRun
	for _, kind := range dryRunKinds {
		if w.DryRunKind == "" && dry && matchesCreate(v.Rules, kind) && selects(v.ObjectSelector, nil) {
			w.DryRunKind = kind
		}
	}
	return w, true
}

// asValidating returns the fields of a mutating webhook that validating ones have too.
func asValidating(m *admissionv1.MutatingWebhook) *admissionv1.ValidatingWebhook {
	return &admissionv1.ValidatingWebhook{
		Name: m.Name, ClientConfig: m.ClientConfig, FailurePolicy: m.FailurePolicy, TimeoutSeconds: m.TimeoutSeconds, SideEffects: m.SideEffects,
		Rules: m.Rules, NamespaceSelector: m.NamespaceSelector, ObjectSelector: m.ObjectSelector, MatchConditions: m.MatchConditions,
	}
}

// matchesCreate reports whether the rules match the creation of the resource of the core group.
func matchesCreate(rules []admissionv1.RuleWithOperations, kind string) bool {
	return slices.ContainsFunc(rules, func(r admissionv1.RuleWithOperations) bool {
		return (slices.Contains(r.Operations, admissionv1.Create) || slices.Contains(r.Operations, admissionv1.OperationAll)) &&
			(slices.Contains(r.APIGroups, "") || slices.Contains(r.APIGroups, "*")) &&
			(slices.Contains(r.Resources, kind) || slices.Contains(r.Resources, "*") || slices.Contains(r.Resources, "*/*"))
	})
}

// selects reports whether the selector matches the labels; nil matches all.
func selects(s *metav1.LabelSelector, with map[string]string) bool {
	if s == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(with))
}

// DryRun is the result of a creation in a server-side dry run.
type DryRun struct {
	Kind      string `json:"kind"` // pods or configmaps
	Namespace string `json:"namespace,omitempty"`
	Error     string `json:"error,omitempty"`
	// TimedOut reports whether dryRunTimeout ended the request: Error names no webhook then.
	TimedOut bool `json:"timedOut,omitempty"`
}

// Command returns the command with which a user tries the same.
func (d DryRun) Command() cmdline.Command {
	if d.Kind == "pods" {
		return cmdline.Kubectl("run", "akstools-dry-run", "-n", d.Namespace, "--image=none", "--dry-run=server")
	}
	return cmdline.Kubectl("create", "configmap", "akstools-dry-run", "-n", d.Namespace, "--dry-run=server")
}

// dryRunTimeout limits a dry run. One webhook may take up to 30 s, and mutating webhooks are called one after another.
const dryRunTimeout = 15 * time.Second

// DryRuns are server-side dry runs of creations for which webhooks with failurePolicy Fail are called.
var DryRuns = &Fact[[]DryRun]{
	Name:   "webhook-dry-runs",
	Needs:  []check.Need{Webhooks},
	Create: []rbacv1.PolicyRule{fact.Rule("", "configmaps", "create"), fact.Rule("", "pods", "create")},
	Gather: func(ctx context.Context, e *Env) ([]DryRun, []check.Evidence, error) {
		webhooks, err := Webhooks.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		list := []DryRun{}
		for _, kind := range dryRunKinds {
			if !slices.ContainsFunc(webhooks, func(w Webhook) bool { return w.FailClosed && w.DryRunKind == kind }) {
				continue
			}
			d, err := dryRun(ctx, e, kind)
			if err != nil {
				return list, nil, err
			}
			list = append(list, d)
		}
		return list, nil, nil
	},
}

// dryRun sends one dry run. It returns an error if the user lacks the permission, or if it could not be sent.
func dryRun(ctx context.Context, e *Env, kind string) (DryRun, error) {
	namespace := e.Clients.Namespace
	d := DryRun{Kind: kind, Namespace: namespace}
	o := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	meta := metav1.ObjectMeta{Namespace: namespace, GenerateName: "akstools-dry-run-"}
	err := attemptRequest(ctx, dryRunTimeout, func(ctx context.Context) (err error) {
		if kind == "pods" {
			spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none"}}}
			_, err = e.Clients.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{ObjectMeta: meta, Spec: spec}, o)
		} else {
			_, err = e.Clients.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: meta}, o)
		}
		return err
	})
	if denied := denial(err); denied != nil {
		return d, denied
	}
	switch {
	case err == nil:
	case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
		return d, fmt.Errorf("dry run of %s: %w", kind, err)
	case errors.Is(err, errNoAnswer):
		d.TimedOut, d.Error = true, fmt.Sprintf("no answer within %s", dryRunTimeout)
	default:
		d.Error = redact.Message(err.Error())
	}
	return d, nil
}
