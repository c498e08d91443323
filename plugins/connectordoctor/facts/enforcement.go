package facts

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
)

// PolicyEnforcement is what decides whether what NetworkPolicies deny is denied.
type PolicyEnforcement struct {
	// Engine is a pod of the engine that enforces policies; empty: none was found.
	Engine string              `json:"engine,omitempty"`
	Others cluster.PolicyNames `json:"others,omitzero"` // the policies of other kinds, which may allow it
}

// Enforcement is read where NetworkPolicies deny something.
var Enforcement = &Fact[PolicyEnforcement]{
	Name:   "policy-enforcement",
	Access: append(cluster.OtherPolicyRules(), fact.Rule("", "pods", "list")),
	Gather: func(ctx context.Context, e *Env) (p PolicyEnforcement, seen []check.Evidence, err error) {
		if p.Engine, err = policyEngine(ctx, e); err != nil {
			return p, nil, err
		}
		p.Others, seen, err = cluster.OtherPolicies(ctx, e.Clients, e.Target.Namespace)
		return p, seen, err
	},
}

// policyEngine returns a pod of the engine that enforces NetworkPolicies; empty: none was found.
func policyEngine(ctx context.Context, e *Env) (string, error) {
	return fact.Cached(e.Shared, "policy engine", func() (string, error) { return cluster.PolicyEngine(ctx, e.Clients) })
}

// networkPolicies returns the NetworkPolicies of the namespace.
func networkPolicies(ctx context.Context, e *Env, namespace string) ([]*networkingv1.NetworkPolicy, error) {
	return fact.Cached(e.Shared, "network policies in "+namespace, func() ([]*networkingv1.NetworkPolicy, error) {
		return cluster.NetworkPolicies(ctx, e.Clients, namespace)
	})
}
