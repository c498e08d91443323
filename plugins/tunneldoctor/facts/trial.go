package facts

import (
	"context"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Trial is what a dry run creates so that a webhook with selectors is called.
type Trial struct {
	Kind       string            `json:"kind"`                 // pods or configmaps
	Labels     map[string]string `json:"labels,omitempty"`     // of the object
	Namespaces string            `json:"namespaces,omitempty"` // the selector of its namespace; empty: any
}

// maxTrials bounds the dry runs for single webhooks.
const maxTrials = 5

// trialOf returns the creation of an object of the kind that calls the webhook; nil if it has no selector, or one that asks for what a
// trial does not set.
func trialOf(kind string, v *admissionv1.ValidatingWebhook) *Trial {
	if blank(v.NamespaceSelector) && blank(v.ObjectSelector) {
		return nil
	}
	t := &Trial{Kind: kind, Labels: labelsFor(v.ObjectSelector)}
	if !selects(v.ObjectSelector, t.Labels) {
		return nil
	}
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

// meta is the metadata of what a dry run creates.
func (t Trial) meta(namespace string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, GenerateName: "akstools-dry-run-", Labels: t.Labels}
}

// create sends the dry run.
func (t Trial) create(ctx context.Context, e *Env, namespace string) (err error) {
	o := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	if t.Kind == "pods" {
		spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "none", Image: "none"}}}
		_, err = e.Clients.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{ObjectMeta: t.meta(namespace), Spec: spec}, o)
	} else {
		_, err = e.Clients.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{ObjectMeta: t.meta(namespace)}, o)
	}
	return err
}
