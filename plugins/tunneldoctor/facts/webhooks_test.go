package facts

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
)

// rule matches the operation on the resource of the core group.
func rule(operation admissionv1.OperationType, resource string) admissionv1.RuleWithOperations {
	return admissionv1.RuleWithOperations{
		Operations: []admissionv1.OperationType{operation},
		Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
	}
}

func labelled(key, value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
}

// A webhook with a Service is called through the tunnel. It has the API's defaults, except where each case sets a field.
func TestWebhookOf(t *testing.T) {
	type hook = admissionv1.ValidatingWebhook
	system := map[string]string{"kubernetes.io/metadata.name": "kube-system"}
	configuration := check.Ref{Kind: "validatingwebhookconfiguration", Name: "policy"}
	notSystem := metav1.LabelSelectorRequirement{
		Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"kube-system"},
	}
	for name, c := range map[string]struct {
		set  func(*hook)
		want func(*Webhook)
	}{
		"defaults: fails closed after 10 s": {func(*hook) {}, func(*Webhook) {}},
		"ignores failures": {
			func(v *hook) { v.FailurePolicy = ptr.To(admissionv1.Ignore) }, func(w *Webhook) { w.FailClosed = false },
		},
		"fails closed": {func(v *hook) { v.FailurePolicy = ptr.To(admissionv1.Fail) }, func(*Webhook) {}},
		"timeout":      {func(v *hook) { v.TimeoutSeconds = ptr.To[int32](30) }, func(w *Webhook) { w.Timeout = 30 }},
		"conditions": {
			func(v *hook) { v.MatchConditions = []admissionv1.MatchCondition{{Name: "x"}} }, func(w *Webhook) { w.Conditional = true },
		},
		"selects kube-system": {func(v *hook) {
			v.NamespaceSelector = labelled("kubernetes.io/metadata.name", "kube-system")
		}, func(*Webhook) {}},
		"excludes kube-system": {
			func(v *hook) {
				v.NamespaceSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{notSystem}}
			},
			func(w *Webhook) { w.MatchesKubeSystem = false },
		},
		"selects all namespaces": {func(v *hook) { v.NamespaceSelector = &metav1.LabelSelector{} }, func(*Webhook) {}},
		"selects labelled namespaces": {
			func(v *hook) { v.NamespaceSelector = labelled("team", "a") }, func(w *Webhook) { w.MatchesKubeSystem = false },
		},
		"no side effects, no rules": {func(v *hook) { v.SideEffects = ptr.To(admissionv1.SideEffectClassNone) }, func(*Webhook) {}},
		"no side effects, pods": {func(v *hook) {
			v.SideEffects, v.Rules = ptr.To(admissionv1.SideEffectClassNone), []admissionv1.RuleWithOperations{rule("CREATE", "pods")}
		}, func(w *Webhook) { w.MatchesPods, w.DryRunKind = true, "pods" }},
		"no side effects, both: the cheaper": {func(v *hook) {
			v.SideEffects, v.Rules = ptr.To(admissionv1.SideEffectClassNoneOnDryRun), []admissionv1.RuleWithOperations{rule("CREATE", "*")}
		}, func(w *Webhook) { w.MatchesPods, w.DryRunKind = true, "configmaps" }},
		"no side effects, other resources": {func(v *hook) {
			v.SideEffects, v.Rules = ptr.To(admissionv1.SideEffectClassNone), []admissionv1.RuleWithOperations{rule("CREATE", "secrets")}
		}, func(w *Webhook) { w.Trial = &Trial{API: "v1", Kind: "secrets"} }},
		"no side effects, labelled objects": {func(v *hook) {
			v.SideEffects, v.Rules = ptr.To(admissionv1.SideEffectClassNone), []admissionv1.RuleWithOperations{rule("CREATE", "pods")}
			v.ObjectSelector = labelled("inject", "true")
		}, func(w *Webhook) {
			w.MatchesPods, w.Selective, w.Trial = true, true, &Trial{Kind: "pods", Labels: map[string]string{"inject": "true"}}
		}},
		"side effects": {func(v *hook) {
			v.SideEffects, v.Rules = ptr.To(admissionv1.SideEffectClassSome), []admissionv1.RuleWithOperations{rule("CREATE", "pods")}
		}, func(w *Webhook) { w.MatchesPods = true }},
		"unknown side effects": {func(v *hook) {
			v.Rules = []admissionv1.RuleWithOperations{rule("CREATE", "pods")}
		}, func(w *Webhook) { w.MatchesPods = true }},
	} {
		v := &hook{Name: "v.example", ClientConfig: admissionv1.WebhookClientConfig{
			Service: &admissionv1.ServiceReference{Namespace: "policy", Name: "hook"},
		}}
		c.set(v)
		want := Webhook{
			Name: "v.example", Configuration: configuration, FailClosed: true, Timeout: 10, MatchesKubeSystem: true, Port: 443,
			Service: check.Ref{Kind: "service", Namespace: "policy", Name: "hook"},
		}
		c.want(&want)
		got, ok := webhookOf(configuration, v, system)
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s: %v %s", name, ok, diff)
		}
	}
	url := &hook{ClientConfig: admissionv1.WebhookClientConfig{URL: ptr.To("https://hook.example:8443/v")}}
	if got, ok := webhookOf(configuration, url, system); !ok || got.Outside != "hook.example" || got.Unusable() {
		t.Errorf("a webhook at a URL outside the cluster: %v %+v", ok, got)
	}
	url.ClientConfig.URL = ptr.To("https:hook")
	if got, ok := webhookOf(configuration, url, system); ok {
		t.Errorf("a webhook at a URL without a host: %+v", got)
	}
	for _, at := range []string{"https://hook.policy.svc/v", "https://hook.policy.svc.cluster.local:8443/v"} {
		got, ok := webhookOf(configuration, &hook{ClientConfig: admissionv1.WebhookClientConfig{URL: &at}}, system)
		if !ok || !strings.HasPrefix(got.Host, "hook.policy.svc") || !got.FailClosed {
			t.Errorf("%s: %+v", at, got)
		}
	}
}

// The operation, the group and the resource must all match, in one rule.
func TestMatchesCreate(t *testing.T) {
	type rules = []admissionv1.RuleWithOperations
	grouped := func(group, resource string) admissionv1.RuleWithOperations {
		r := rule("CREATE", resource)
		r.APIGroups = []string{group}
		return r
	}
	for name, c := range map[string]struct {
		rules rules
		want  bool
	}{
		"no rules":                     {nil, false},
		"create pods":                  {rules{rule("CREATE", "pods")}, true},
		"any operation":                {rules{rule("*", "pods")}, true},
		"another operation":            {rules{rule("UPDATE", "pods")}, false},
		"another resource":             {rules{rule("CREATE", "secrets")}, false},
		"only a subresource":           {rules{rule("CREATE", "pods/exec")}, false},
		"any resource":                 {rules{rule("CREATE", "*")}, true},
		"any resource and subresource": {rules{rule("CREATE", "*/*")}, true},
		"any group":                    {rules{grouped("*", "pods")}, true},
		"another group":                {rules{grouped("apps", "*")}, false},
		"the second rule":              {rules{rule("CREATE", "secrets"), rule("CREATE", "pods")}, true},
		"each rule only in part":       {rules{rule("CREATE", "secrets"), rule("UPDATE", "pods"), grouped("apps", "pods")}, false},
	} {
		if got := matchesCreate(c.rules, "pods"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A mutating webhook is read as a validating one with the same fields.
func TestWebhookOfMutating(t *testing.T) {
	m := &admissionv1.MutatingWebhook{
		Name: "m.example", TimeoutSeconds: ptr.To[int32](5), FailurePolicy: ptr.To(admissionv1.Ignore),
		ClientConfig:      admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Namespace: "mesh", Name: "inject"}},
		SideEffects:       ptr.To(admissionv1.SideEffectClassNone),
		Rules:             []admissionv1.RuleWithOperations{rule("CREATE", "*")},
		NamespaceSelector: labelled("mesh", "on"), ObjectSelector: labelled("inject", "true"),
		MatchConditions: []admissionv1.MatchCondition{{Name: "x"}},
	}
	want := Webhook{
		Name: "m.example", Timeout: 5, MatchesPods: true, Conditional: true, Port: 443, Selective: true,
		Service: check.Ref{Kind: "service", Namespace: "mesh", Name: "inject"},
		Trial:   &Trial{Kind: "configmaps", Labels: map[string]string{"inject": "true"}, Namespaces: "mesh=on"},
	}
	got, ok := webhookOf(check.Ref{}, asValidating(m), nil)
	if diff := cmp.Diff(want, got); diff != "" || !ok {
		t.Errorf("%v %s", ok, diff)
	}
	m.ObjectSelector = nil
	if got, _ := webhookOf(check.Ref{}, asValidating(m), nil); got.DryRunKind != "configmaps" {
		t.Errorf("a dry run that calls it creates %q", got.DryRunKind)
	}
}

// A webhook without endpoints is elsewhere only if its selector is known to leave out kube-system, namespaces without labels, and the
// user's own.
func TestMarkElsewhere(t *testing.T) {
	notSystem := &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: "kubernetes.io/metadata.name", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"kube-system"}},
	}}
	down := Webhook{FailClosed: true}
	for name, c := range map[string]struct {
		webhook  Webhook
		selector *metav1.LabelSelector
		err      error
		want     bool
	}{
		"all namespaces":        {down, nil, nil, false},
		"all but kube-system":   {down, notSystem, nil, false},
		"the user's, by name":   {down, labelled("kubernetes.io/metadata.name", "shop"), nil, false},
		"the user's, by label":  {down, labelled("team", "shop"), nil, false},
		"a tenant's":            {down, labelled("team", "tenant"), nil, true},
		"kube-system, by label": {Webhook{FailClosed: true, MatchesKubeSystem: true}, labelled("control-plane", "true"), nil, false},
		"unknown labels":        {down, labelled("team", "tenant"), errors.New("forbidden"), false},
		"it answers":            {Webhook{FailClosed: true, Endpoints: 1}, labelled("team", "tenant"), nil, false},
	} {
		list := []Webhook{c.webhook}
		markElsewhere(list, []*metav1.LabelSelector{c.selector}, "shop", func() (map[string]string, error) {
			return map[string]string{"kubernetes.io/metadata.name": "shop", "team": "shop"}, c.err
		})
		if list[0].Elsewhere != c.want {
			t.Errorf("%s: %v", name, list[0].Elsewhere)
		}
	}
}

func TestHeartbeats(t *testing.T) {
	with := func(operation admissionv1.OperationType, group, resource string) []admissionv1.RuleWithOperations {
		r := rule(operation, resource)
		r.APIGroups = []string{group}
		return []admissionv1.RuleWithOperations{r}
	}
	inLeases, elsewhere := labelled("kubernetes.io/metadata.name", "kube-node-lease"), labelled("kubernetes.io/metadata.name", "default")
	for name, c := range map[string]struct {
		rules []admissionv1.RuleWithOperations
		in    *metav1.LabelSelector
		want  bool
	}{
		"everything":                 {with("*", "*", "*/*"), nil, true},
		"everything of a namespace":  {with("*", "*", "*"), elsewhere, false},
		"leases":                     {with("UPDATE", "coordination.k8s.io", "leases"), inLeases, true},
		"leases of other namespaces": {with("UPDATE", "coordination.k8s.io", "leases"), elsewhere, false},
		"new leases":                 {with("CREATE", "coordination.k8s.io", "leases"), nil, false},
		"nodes' status":              {with("UPDATE", "", "nodes/status"), elsewhere, true},
		"nodes":                      {with("UPDATE", "", "nodes"), nil, false},
		"pods":                       {with("UPDATE", "", "pods"), nil, false},
	} {
		if got := heartbeats(&admissionv1.ValidatingWebhook{Rules: c.rules, NamespaceSelector: c.in}); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
