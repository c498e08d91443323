package facts

import (
	"context"
	"net/url"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// Webhook is an admission webhook. The API server calls those with a Service in the cluster, and so through the tunnel.
type Webhook struct {
	Name          string    `json:"name"`
	Configuration check.Ref `json:"configuration"`
	FailClosed    bool      `json:"fails"` // failurePolicy Fail: requests that it does not answer are rejected
	Timeout       int32     `json:"timeoutSeconds"`
	Service       check.Ref `json:"service"`
	Endpoints     int       `json:"endpoints"` // ready endpoints of the Service
	// Mixed reports whether the ready endpoints seem to be pods of several workloads, by their names.
	Mixed bool `json:"mixed,omitempty"`
	// MatchesPods reports whether its rules match the creation of pods, MatchesKubeSystem whether its namespaceSelector matches
	// kube-system, and so the tunnel agents.
	MatchesPods       bool `json:"pods"`
	MatchesKubeSystem bool `json:"kubeSystem"`
	// Elsewhere reports whether its namespaceSelector selects neither kube-system, nor the user's namespace, nor namespaces without labels
	// of their own: only some namespaces, such as a tenant's, have requests that it rejects.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Nowhere reports whether it selects no namespace that exists; it is found out where Elsewhere is set.
	Nowhere bool `json:"nowhere,omitempty"`
	// Heartbeats reports whether its rules match what kubelets report: the status of nodes, or their leases.
	Heartbeats bool `json:"heartbeats,omitempty"`
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
	// Host is the host of its URL, if that is a name of the cluster's DNS; it has no Service then.
	Host string `json:"host,omitempty"`
	// Outside is the host of its URL if that is none of the cluster's DNS: the API server connects to it by itself, not through the tunnel.
	// It has no Service then.
	Outside string `json:"outside,omitempty"`
	// SelectsOwn reports whether its namespaceSelector is known to select the user's namespace, by the name.
	SelectsOwn bool `json:"selectsOwn,omitempty"`
	// DryRunKind is a resource whose creation in a dry run calls the webhook; empty if there is none, or if its sideEffects forbid
	// dry runs.
	DryRunKind string `json:"try,omitempty"`
	// Trial is what calls a webhook that does not see the creation of DryRunKind, or may not; nil: none is known.
	Trial *Trial `json:"trial,omitempty"`
}

// dryRunKinds are the resources that dry runs create.
var dryRunKinds = []string{"configmaps", "pods"}

// Webhooks are the admission webhooks of all configurations.
var Webhooks = &Fact[[]Webhook]{
	Name: "webhooks",
	Access: []rbacv1.PolicyRule{
		fact.Rule("admissionregistration.k8s.io", "validatingwebhookconfigurations", "list"),
		fact.Rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "list"),
		fact.Rule("discovery.k8s.io", "endpointslices", "list"), fact.Rule("", "namespaces", "get", "list"), fact.Rule("", "services", "get"),
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
				w.SelectsOwn = selects(v.NamespaceSelector, map[string]string{corev1.LabelMetadataName: e.Clients.Namespace})
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
		if err := markBackends(ctx, e, list); err != nil {
			return list, seen, err
		}
		markMatches(ctx, e, list, selectors, rules)
		markElsewhere(list, selectors, e.Clients.Namespace, func() (map[string]string, error) {
			own, err := e.Clients.CoreV1().Namespaces().Get(ctx, e.Clients.Namespace, metav1.GetOptions{})
			if err != nil {
				return nil, err
			}
			return own.Labels, nil
		})
		finder := namespaceFinder{e: e, found: map[string]string{}}
		for i := range list {
			if list[i].Elsewhere {
				found, err := finder.find(ctx, metav1.FormatLabelSelector(selectors[i]))
				list[i].Nowhere = err == nil && found == ""
			}
		}
		return list, seen, nil
	},
}

// markBackends sets Endpoints on the webhooks, and Ports on those that fail closed.
func markBackends(ctx context.Context, e *Env, list []Webhook) error {
	var called, required []check.Ref
	for _, w := range list {
		if w.Service.Name == "" {
			continue
		}
		if called = append(called, w.Service); w.FailClosed {
			required = append(required, w.Service)
		}
	}
	pods, err := readyPods(ctx, e, called)
	if err != nil {
		return err
	}
	ports := servicePorts(ctx, e, required)
	for i := range list {
		w := &list[i]
		w.Endpoints, w.Mixed = len(pods[w.Service]), mixed(pods[w.Service])
		if w.FailClosed {
			w.Ports = without(ports[w.Service], w.Port)
		}
	}
	return nil
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

// webhookOf returns the webhook; ok is false if its URL has no host. system are the labels of kube-system.
func webhookOf(configuration check.Ref, v *admissionv1.ValidatingWebhook, system map[string]string) (w Webhook, ok bool) {
	w = Webhook{
		Name: v.Name, Configuration: configuration, Timeout: ptr.Deref(v.TimeoutSeconds, 10),
		FailClosed:        ptr.Deref(v.FailurePolicy, admissionv1.Fail) == admissionv1.Fail,
		MatchesPods:       matchesCreate(v.Rules, "pods"),
		MatchesKubeSystem: selects(v.NamespaceSelector, system),
		Conditional:       len(v.MatchConditions) > 0,
		Selective:         !selects(v.ObjectSelector, nil),
		Heartbeats:        heartbeats(v),
	}
	if s := v.ClientConfig.Service; s != nil {
		w.Service, w.Port = check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}, ptr.Deref(s.Port, 443)
	} else if at, err := url.Parse(ptr.Deref(v.ClientConfig.URL, "")); err != nil || !isHost(at.Hostname()) {
		return w, false
	} else if inClusterDNS(at.Hostname()) {
		w.Host = at.Hostname()
		return w, true
	} else {
		w.Outside = at.Hostname()
	}
	effects := ptr.Deref(v.SideEffects, admissionv1.SideEffectClassUnknown)
	if effects != admissionv1.SideEffectClassNone && effects != admissionv1.SideEffectClassNoneOnDryRun {
		return w, true // the API server refuses dry runs
	}
	for _, kind := range dryRunKinds {
		if w.DryRunKind == "" && matchesCreate(v.Rules, kind) && selects(v.ObjectSelector, nil) {
			w.DryRunKind = kind
		}
	}
	w.Trial = trialOf(v)
	return w, true
}

// inClusterDNS reports whether the name is one of the cluster's DNS, by its end.
func inClusterDNS(name string) bool {
	return isHost(name) && (strings.HasSuffix(name, ".svc") || strings.HasSuffix(name, ".cluster.local"))
}

// asValidating returns the fields of a mutating webhook that validating ones have too.
func asValidating(m *admissionv1.MutatingWebhook) *admissionv1.ValidatingWebhook {
	return &admissionv1.ValidatingWebhook{
		Name: m.Name, ClientConfig: m.ClientConfig, FailurePolicy: m.FailurePolicy, TimeoutSeconds: m.TimeoutSeconds, SideEffects: m.SideEffects,
		Rules: m.Rules, NamespaceSelector: m.NamespaceSelector, ObjectSelector: m.ObjectSelector, MatchConditions: m.MatchConditions,
	}
}

// selects reports whether the selector matches the labels; nil matches all.
func selects(s *metav1.LabelSelector, with map[string]string) bool {
	if s == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(with))
}
