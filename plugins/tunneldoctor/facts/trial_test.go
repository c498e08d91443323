package facts

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A trial's object and namespace are such that the webhook's selectors select them.
func TestTrialOf(t *testing.T) {
	expression := func(key string, operator metav1.LabelSelectorOperator, values ...string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: key, Operator: operator, Values: values}}}
	}
	none := map[string]string{}
	pods := func(key, value string) *Trial { return &Trial{Kind: "pods", Labels: map[string]string{key: value}} }
	for name, c := range map[string]struct {
		namespaces, objects *metav1.LabelSelector
		want                *Trial
	}{
		"no selector":     {nil, &metav1.LabelSelector{}, nil},
		"a label":         {nil, labelled("inject", "true"), pods("inject", "true")},
		"one of several":  {nil, expression("tier", metav1.LabelSelectorOpIn, "a", "b"), pods("tier", "a")},
		"any value":       {nil, expression("tier", metav1.LabelSelectorOpExists), pods("tier", "true")},
		"none of several": {nil, expression("tier", metav1.LabelSelectorOpNotIn, "a"), &Trial{Kind: "pods", Labels: none}},
		"not the label":   {nil, expression("tier", metav1.LabelSelectorOpDoesNotExist), &Trial{Kind: "pods", Labels: none}},
		"contradiction": {nil, &metav1.LabelSelector{
			MatchLabels:      map[string]string{"tier": "a"},
			MatchExpressions: expression("tier", metav1.LabelSelectorOpNotIn, "a").MatchExpressions,
		}, nil},
		"namespaces": {labelled("team", "a"), nil, &Trial{Kind: "pods", Namespaces: "team=a"}},
		"not a system's": {
			expression("team", metav1.LabelSelectorOpNotIn, "system"), nil, &Trial{Kind: "pods", Namespaces: "team notin (system)"},
		},
	} {
		got := trialOf(&admissionv1.ValidatingWebhook{
			NamespaceSelector: c.namespaces, ObjectSelector: c.objects, Rules: []admissionv1.RuleWithOperations{rule("CREATE", "pods")},
		})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A webhook about other resources than pods is called by creating one of them, or else by changing one.
func TestTrialOfRules(t *testing.T) {
	of := func(operation, group, version string, resources ...string) admissionv1.RuleWithOperations {
		return admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.OperationType(operation)},
			Rule:       admissionv1.Rule{APIGroups: []string{group}, APIVersions: []string{version}, Resources: resources},
		}
	}
	for name, c := range map[string]struct {
		rule       admissionv1.RuleWithOperations
		namespaces *metav1.LabelSelector
		want       *Trial
	}{
		"pods": {of("CREATE", "", "v1", "pods"), nil, nil},
		"ingresses": {
			of("CREATE", "networking.k8s.io", "v1", "ingresses"),
			nil, &Trial{API: "networking.k8s.io/v1", Kind: "ingresses"},
		},
		"another version": {of("CREATE", "networking.k8s.io", "v1beta1", "ingresses"), nil, nil},
		"all of a group":  {of("*", "apps", "*", "*/*"), nil, &Trial{API: "apps/v1", Kind: "deployments"}},
		"change of an ingress": {
			of("UPDATE", "networking.k8s.io", "v1", "ingresses"),
			nil, &Trial{API: "networking.k8s.io/v1", Kind: "ingresses", Change: true},
		},
		"custom resource": {
			of("*", "cert-manager.io", "*", "*/*", "issuers"),
			nil, &Trial{API: "cert-manager.io/*", Kind: "issuers", Change: true},
		},
		"custom resource, creation": {of("CREATE", "cert-manager.io", "v1", "issuers"), nil, nil},
		"subresource":               {of("UPDATE", "apps", "v1", "deployments/scale"), nil, nil},
		"connect":                   {of("CONNECT", "", "v1", "pods/exec"), nil, nil},
		"nonsense":                  {of("UPDATE", "a/b", "v1", "x"), nil, nil},
		"namespaces":                {of("CREATE", "", "v1", "namespaces"), nil, &Trial{API: "v1", Kind: "namespaces"}},
		"namespaces, with labels":   {of("CREATE", "", "v1", "namespaces"), labelled("team", "a"), nil},
		"Deployments in a namespace": {
			of("CREATE", "apps", "v1", "deployments"),
			labelled("team", "a"), &Trial{API: "apps/v1", Kind: "deployments", Namespaces: "team=a"},
		},
	} {
		got := trialOf(&admissionv1.ValidatingWebhook{NamespaceSelector: c.namespaces, Rules: []admissionv1.RuleWithOperations{c.rule}})
		if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// What is created is JSON, whatever the body.
func TestCreations(t *testing.T) {
	for _, c := range creations() {
		if !json.Valid([]byte(`{` + c.body + `}`)) {
			t.Errorf("%s: %s", c.resource, c.body)
		}
		if found, ok := findCreation(c.api(), c.resource); !ok || found.kind != c.kind {
			t.Errorf("%s of %s is not found", c.resource, c.api())
		}
	}
}
