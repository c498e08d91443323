package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// WebhookExclusion is whether the webhook of workload identity is called for pods of the connection's namespace.
type WebhookExclusion struct {
	Selector string `json:"selector,omitempty"` // the namespaceSelector that does not select the namespace; empty: it does
}

// WebhookScope compares the namespaceSelector of the webhook with the labels of the connection's namespace. AKS adds requirements of its
// own to the selectors of webhooks (https://github.com/Azure/AKS/issues/4002).
var WebhookScope = &Fact[WebhookExclusion]{
	Name:   "identity-webhook-scope",
	Needs:  []check.Need{Webhooks},
	Access: []rbacv1.PolicyRule{fact.Rule("", "namespaces", "get")},
	Gather: func(ctx context.Context, e *Env) (WebhookExclusion, []check.Evidence, error) {
		list, err := Webhooks.From(ctx, e)
		if err != nil {
			return WebhookExclusion{}, nil, err
		}
		var seen []check.Evidence
		for _, w := range list.Items {
			if w.Namespaces == "" {
				continue
			}
			selector, err := labels.Parse(w.Namespaces)
			if err != nil {
				return WebhookExclusion{}, seen, err
			}
			seen = []check.Evidence{{Source: cmdline.Kubectl("get", "namespace", e.Target.Namespace, "--show-labels")}}
			ns, err := fact.Cached(e.Shared, "labels of "+e.Target.Namespace, func() (*metav1.PartialObjectMetadata, error) {
				return e.Clients.Metadata("v1", "namespaces").Get(ctx, e.Target.Namespace, metav1.GetOptions{})
			})
			if err != nil {
				return WebhookExclusion{}, seen, err
			}
			if !selector.Matches(labels.Set(ns.Labels)) {
				return WebhookExclusion{w.Namespaces}, seen, nil
			}
		}
		return WebhookExclusion{}, seen, nil
	},
}
