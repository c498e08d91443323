package facts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
		got := trialOf("pods", &admissionv1.ValidatingWebhook{NamespaceSelector: c.namespaces, ObjectSelector: c.objects})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
