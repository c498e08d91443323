package facts

import (
	"context"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	labels := map[string]string{}
	for k, v := range s.MatchLabels {
		labels[k] = v
	}
	for _, e := range s.MatchExpressions {
		switch {
		case e.Operator == metav1.LabelSelectorOpIn && len(e.Values) > 0:
			labels[e.Key] = e.Values[0]
		case e.Operator == metav1.LabelSelectorOpExists && labels[e.Key] == "":
			labels[e.Key] = "true"
		}
	}
	return labels
}

// namespace returns a namespace for the trial: the user's own if the selector selects it, else one of those that it does, rather not a
// namespace of the system. It is empty if there is none.
func (t Trial) namespace(ctx context.Context, e *Env) (string, error) {
	if t.Namespaces == "" {
		return e.Clients.Namespace, nil
	}
	list, err := e.Clients.Metadata("v1", "namespaces").List(ctx, metav1.ListOptions{LabelSelector: t.Namespaces, Limit: 100})
	if err != nil {
		return "", err
	}
	var names []string
	for _, n := range list.Items {
		names = append(names, n.Name)
	}
	switch {
	case slices.Contains(names, e.Clients.Namespace):
		return e.Clients.Namespace, nil
	case len(names) == 0:
		return "", nil
	}
	if i := slices.IndexFunc(names, func(n string) bool { return !strings.HasPrefix(n, "kube-") }); i >= 0 {
		return names[i], nil
	}
	return names[0], nil
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
