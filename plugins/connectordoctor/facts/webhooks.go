package facts

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
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

// The webhook of workload identity, as the AKS add-on installs it
// (https://github.com/Azure/azure-workload-identity/tree/v1.6.0/charts/workload-identity-webhook).
const (
	webhookName       = "mutation.azure-workload-identity.io"
	WebhookDeployment = "azure-wi-webhook-controller-manager"
)

// Webhook is an admission webhook that injects the tokens of workload identity.
type Webhook struct {
	Configuration string    `json:"configuration"`
	Service       check.Ref `json:"service"`
	// Selects reports whether its objectSelector selects pods with UseLabel.
	Selects bool `json:"selects"`
	// Namespaces is its namespaceSelector, as kubectl takes it; empty: it selects all.
	Namespaces string `json:"namespaces,omitempty"`
	FailClosed bool   `json:"failClosed"` // labelled pods are refused where it does not answer
	CA         bool   `json:"ca"`         // it has a CA certificate that can be read
	// Expires is when the last of its CA certificates expires.
	Expires   time.Time `json:"expires,omitzero"`
	Endpoints int       `json:"endpoints"` // ready endpoints of its Service
}

// WebhookList is the webhooks of workload identity.
type WebhookList struct {
	At    time.Time `json:"at"` // when they were read
	Items []Webhook `json:"items"`
}

// Webhooks are the webhooks of workload identity, of whatever configuration.
var Webhooks = &Fact[WebhookList]{
	Name: "identity-webhooks",
	Access: []rbacv1.PolicyRule{
		fact.Rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "list"),
		fact.Rule("discovery.k8s.io", "endpointslices", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (WebhookList, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "mutatingwebhookconfigurations")}}
		list, err := fact.Cached(e.Shared, webhookName, func() (WebhookList, error) { return readWebhooks(ctx, e) })
		return list, seen, err
	},
}

func readWebhooks(ctx context.Context, e *Env) (WebhookList, error) {
	list := WebhookList{At: now(), Items: []Webhook{}}
	err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.AdmissionregistrationV1().MutatingWebhookConfigurations().List(ctx, o)
	}, "", func(object runtime.Object) {
		c, ok := object.(*admissionv1.MutatingWebhookConfiguration)
		if !ok {
			return
		}
		for i := range c.Webhooks {
			if c.Webhooks[i].Name == webhookName {
				list.Items = append(list.Items, webhookOf(c.Name, &c.Webhooks[i]))
			}
		}
	})
	if err != nil {
		return list, err
	}
	for i := range list.Items {
		w := &list.Items[i]
		if w.Service.Name == "" {
			continue
		}
		if w.Endpoints, err = cluster.ReadyEndpoints(ctx, e.Clients, w.Service); err != nil {
			return list, err
		}
	}
	return list, nil
}

func webhookOf(configuration string, m *admissionv1.MutatingWebhook) Webhook {
	w := Webhook{Configuration: configuration, FailClosed: ptr.Deref(m.FailurePolicy, admissionv1.Fail) == admissionv1.Fail, Selects: true}
	if m.ObjectSelector != nil {
		s, err := metav1.LabelSelectorAsSelector(m.ObjectSelector)
		w.Selects = err == nil && s.Matches(labels.Set{UseLabel: "true"})
	}
	if s := m.NamespaceSelector; s != nil && len(s.MatchLabels)+len(s.MatchExpressions) > 0 {
		w.Namespaces = metav1.FormatLabelSelector(s)
	}
	if s := m.ClientConfig.Service; s != nil {
		w.Service = check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	}
	for rest := m.ClientConfig.CABundle; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return w
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil {
			w.CA = true
			if c.NotAfter.After(w.Expires) {
				w.Expires = c.NotAfter.UTC()
			}
		}
	}
}

// WebhookPods are the Deployment and the pods of the webhook in kube-system, where the add-on runs it.
var WebhookPods = &Fact[Deployed]{
	Name: "identity-webhook-pods",
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.GetRule("apps", "deployments", WebhookDeployment), fact.Rule("", "pods", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (Deployed, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", metav1.NamespaceSystem,
			"-l", "azure-workload-identity.io/system=true", "-o", "wide")}}
		d, err := fact.Cached(e.Shared, "identity webhook", func() (Deployed, error) { return deployed(ctx, e, WebhookDeployment) })
		return d, seen, err
	},
}

// Duplicate returns the names of the configurations, if there are several.
func (l WebhookList) Duplicate() []string {
	var names []string
	for _, w := range l.Items {
		names = append(names, w.Configuration)
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) < 2 {
		return nil
	}
	return names
}
