package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
)

// JobBarrier is what NetworkPolicies decide about the Job. Its zero value is that they allow it, or that no pod of the Job has to connect.
type JobBarrier struct {
	netpolicy.Verdict
	// Engine is a pod of the engine that enforces policies; empty: none was found, and it is not known whether the cluster enforces them.
	Engine string `json:"engine,omitempty"`
}

// JobPolicies is what the NetworkPolicies of sc-system decide about connections of the Job's newest pod to the API server, whose address is
// outside the cluster.
var JobPolicies = &Fact[JobBarrier]{
	Name:   "job-policies",
	Needs:  []check.Need{Job},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list")},
	AccessIn: map[string][]rbacv1.PolicyRule{System: {
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (JobBarrier, []check.Evidence, error) {
		var allowed JobBarrier
		job, err := Job.From(ctx, e)
		if err != nil || !job.Exists || job.Complete {
			return allowed, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "networkpolicies", "-n", System, "-o", "yaml")}}
		policies, err := networkPolicies(ctx, e, System)
		if err != nil || len(policies) == 0 {
			return allowed, seen, err
		}
		pods, err := podsOfJob(ctx, e)
		if err != nil || len(pods) == 0 || pods[0].Spec.HostNetwork {
			return allowed, seen, err
		}
		pod := cluster.PolicyEnd(pods[0])
		const https = 443
		v := netpolicy.EvaluateOutside(netpolicy.Selecting(policies, netpolicy.Egress, pod), pod, netpolicy.AnyAddress,
			netpolicy.Port{Protocol: "TCP", Number: https})
		if v.Allows() {
			return allowed, seen, nil
		}
		engine, err := policyEngine(ctx, e)
		return JobBarrier{v, engine}, seen, err
	},
}
