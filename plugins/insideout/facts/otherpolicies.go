package facts

import (
	"context"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
)

// MayBeMeant fails if policies of Cilium or Calico may drop packets on purpose, for a check that needs OtherPolicies, or if they could not
// be read.
func MayBeMeant(p *check.Pass) error {
	l, err := OtherPolicies.Get(p)
	if err != nil {
		return err
	}
	return l.MayDrop()
}

// OtherPolicies are the policies of Cilium and Calico in the target's and the client's namespace, and of the whole cluster.
var OtherPolicies = &Fact[cluster.PolicyNames]{
	Name:   "other-policies",
	Needs:  []check.Need{OnwardPolicies},
	Access: cluster.OtherPolicyRules(),
	Gather: func(ctx context.Context, e *Env) (cluster.PolicyNames, []check.Evidence, error) {
		namespaces := []string{e.Target.Namespace, e.clientNamespace()}
		if e.To.Host != "" {
			if way, err := OnwardPolicies.From(ctx, e); err == nil && way.Destination.Pod != nil {
				namespaces = append(namespaces, way.Destination.Pod.Namespace)
			}
		}
		return cluster.OtherPolicies(ctx, e.Clients, namespaces...)
	},
}
