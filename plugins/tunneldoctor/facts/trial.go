package facts

import (
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Trial is what a dry run creates or changes so that a webhook is called.
type Trial struct {
	// API is the group and version, such as apps/v1; empty: v1. The version may be *: whichever the API server prefers.
	API  string `json:"api,omitempty"`
	Kind string `json:"kind"` // the resource, such as pods
	// Change reports whether an existing object is annotated, not a new one created.
	Change     bool              `json:"change,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`     // of the new object
	Objects    string            `json:"objects,omitempty"`    // the selector of existing objects; empty: any
	Namespaces string            `json:"namespaces,omitempty"` // the selector of its namespace; empty: any
}

// maxTrials bounds the dry runs for single webhooks.
const maxTrials = 8

// trialOf returns the creation of an object that calls the webhook, or the change of an existing one. It is nil if the creation of one of
// dryRunKinds calls it in any namespace, or if the webhook asks for what a trial does not have.
func trialOf(v *admissionv1.ValidatingWebhook) *Trial {
	for _, c := range creations() {
		called := slices.ContainsFunc(v.Rules, func(r admissionv1.RuleWithOperations) bool {
			return matches(r, admissionv1.Create, c.group, c.version, c.resource)
		})
		if !called || c.wide && !blank(v.NamespaceSelector) { // it would select the labels of the new namespace
			continue
		}
		if c.common() && blank(v.NamespaceSelector) && blank(v.ObjectSelector) {
			return nil
		}
		t := &Trial{Kind: c.resource, Labels: labelsFor(v.ObjectSelector)}
		if !c.common() {
			t.API = c.api()
		}
		if !selects(v.ObjectSelector, t.Labels) {
			continue
		}
		return t.in(v)
	}
	for _, r := range v.Rules {
		if t := changeOf(r); t != nil {
			if !blank(v.ObjectSelector) {
				t.Objects = metav1.FormatLabelSelector(v.ObjectSelector)
			}
			return t.in(v)
		}
	}
	return nil
}

// changeOf returns the change of an existing object that the rule is about; nil if it names no single resource.
func changeOf(r admissionv1.RuleWithOperations) *Trial {
	if len(r.APIGroups) == 0 || len(r.APIVersions) == 0 || r.APIGroups[0] == "*" {
		return nil
	}
	api := joinAPI(r.APIGroups[0], r.APIVersions[0])
	if gv, err := schema.ParseGroupVersion(api); err != nil || gv.Version == "" || gv.Group == "" && gv.Version == "*" {
		return nil
	}
	for _, resource := range r.Resources {
		if isWord(resource) && !strings.Contains(resource, "/") && matches(r, admissionv1.Update, r.APIGroups[0], r.APIVersions[0], resource) {
			return &Trial{API: api, Kind: resource, Change: true}
		}
	}
	return nil
}

// in returns the trial with the namespaces that the webhook selects.
func (t *Trial) in(v *admissionv1.ValidatingWebhook) *Trial {
	if !blank(v.NamespaceSelector) {
		t.Namespaces = metav1.FormatLabelSelector(v.NamespaceSelector)
	}
	return t
}

// blank reports whether the selector selects everything.
func blank(s *metav1.LabelSelector) bool {
	return s == nil || len(s.MatchLabels) == 0 && len(s.MatchExpressions) == 0
}

// labelsFor returns labels that the selector selects, if there are any.
func labelsFor(s *metav1.LabelSelector) map[string]string {
	if s == nil {
		return nil
	}
	with := map[string]string{}
	for k, v := range s.MatchLabels {
		with[k] = v
	}
	for _, e := range s.MatchExpressions {
		switch {
		case e.Operator == metav1.LabelSelectorOpIn && len(e.Values) > 0:
			with[e.Key] = e.Values[0]
		case e.Operator == metav1.LabelSelectorOpExists && with[e.Key] == "":
			with[e.Key] = "true"
		}
	}
	return with
}

// namespaceFinder finds namespaces for trials: it reads the labels of the user's own once, and lists once for each selector.
type namespaceFinder struct {
	e     *Env
	own   labels.Set // nil: not read yet
	found map[string]string
}

// find returns a namespace that the selector selects: the user's own, else rather not one of the system. It is empty if there is none.
func (f *namespaceFinder) find(ctx context.Context, selector string) (string, error) {
	if selector == "" {
		return f.e.Clients.Namespace, nil
	}
	if name, ok := f.found[selector]; ok {
		return name, nil
	}
	want, err := labels.Parse(selector)
	if err != nil {
		return "", err
	}
	if f.own == nil {
		ns, err := f.e.Clients.Metadata("v1", "namespaces").Get(ctx, f.e.Clients.Namespace, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		f.own = labels.Set{corev1.LabelMetadataName: ns.Name}
		for k, v := range ns.Labels {
			f.own[k] = v
		}
	}
	if want.Matches(f.own) {
		return f.e.Clients.Namespace, nil
	}
	list, err := f.e.Clients.Metadata("v1", "namespaces").List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 20})
	if err != nil {
		return "", err
	}
	name := ""
	for _, n := range list.Items {
		if name == "" || strings.HasPrefix(name, "kube-") {
			name = n.Name
		}
	}
	f.found[selector] = name
	return name, nil
}
