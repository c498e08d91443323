package facts

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// PodEvents are the warning events of pods that are not Ready or were restarted recently.
var PodEvents = &Fact[podhealth.Events]{
	Name:   "pod-events",
	Needs:  []check.Need{Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		var refs []check.Ref
		for _, p := range pods.Alive() {
			if (!p.Ready() || p.Restarted(pods.At)) && len(refs) < podhealth.MaxEventPods {
				refs = append(refs, check.Ref{Kind: "Pod", Namespace: e.Target.Namespace, Name: p.Name})
			}
		}
		return cluster.Events(ctx, e.Clients, refs)
	},
}

// WorkloadEvents are the warning events of the workloads that the Service selects. They are read if there are no pods.
var WorkloadEvents = &Fact[podhealth.Events]{
	Name:   "workload-events",
	Needs:  []check.Need{Workloads},
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		workloads, err := Workloads.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		kinds := map[string]string{"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}
		var refs []check.Ref
		for _, w := range workloads.Selected[:min(len(workloads.Selected), podhealth.MaxEventPods)] {
			refs = append(refs, check.Ref{Kind: kinds[w.Ref.Kind], Namespace: w.Ref.Namespace, Name: w.Ref.Name})
		}
		return cluster.Events(ctx, e.Clients, refs)
	},
}

// ServiceEvents are the warning events of the Service itself, such as those of its load balancer's controller.
var ServiceEvents = &Fact[podhealth.Events]{
	Name:   "service-events",
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		return cluster.Events(ctx, e.Clients, []check.Ref{{Kind: "Service", Namespace: e.Target.Namespace, Name: e.Target.Name}})
	},
}
