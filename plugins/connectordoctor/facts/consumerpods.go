package facts

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
)

// ConsumerPod is a pod that uses what a connection provides.
type ConsumerPod struct {
	podhealth.Pod
	Use    PodUse            `json:"use"` // of the pod as it is, after admission
	labels map[string]string // of the pod, for policies; bundles do not hold them
}

// end returns the pod, of the namespace, as policies about its egress see it.
func (p ConsumerPod) end(namespace string) netpolicy.End {
	return netpolicy.End{Namespace: namespace, Labels: p.labels}
}

// OwnDNS reports whether the pod does not ask the cluster's DNS
// (https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy).
func (p ConsumerPod) OwnDNS() bool {
	switch p.DNSPolicy {
	case string(corev1.DNSClusterFirstWithHostNet):
		return false
	case string(corev1.DNSDefault), string(corev1.DNSNone):
		return true
	}
	return len(p.NameServers) > 0 || p.HostNetwork
}

// ConsumerPodList is the pods that use what a connection provides.
type ConsumerPodList struct {
	At    time.Time     `json:"at"` // when they were listed
	Items []ConsumerPod `json:"items"`
}

// Alive returns the pods that have not terminated and are not being deleted.
func (l ConsumerPodList) Alive() []ConsumerPod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p ConsumerPod) bool { return !p.Alive() })
}

// ConsumerPods are the pods of the connection's namespace that use what it provides.
var ConsumerPods = &Fact[ConsumerPodList]{
	Name:   "consumer-pods",
	Needs:  []check.Need{Connection, ProviderClasses},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) (ConsumerPodList, []check.Evidence, error) {
		list := ConsumerPodList{At: now(), Items: []ConsumerPod{}}
		c, err := Connection.From(ctx, e)
		if err != nil || c.Secret == "" {
			return list, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", e.Target.Namespace, "-o", "yaml")}}
		all, err := connectedPods(ctx, e, e.Target.Namespace)
		if err != nil {
			return list, seen, err
		}
		classes := classNames(ctx, e, c)
		for _, p := range all {
			if c.of(p.Use, classes) {
				list.Items = append(list.Items, p)
			}
		}
		return list, seen, nil
	},
}

// connectedPods returns the pods of the namespace that use what Service Connector names, whichever connection.
func connectedPods(ctx context.Context, e *Env, namespace string) ([]ConsumerPod, error) {
	return fact.Cached(e.Shared, "pods in "+namespace, func() ([]ConsumerPod, error) {
		all := []ConsumerPod{}
		err := cluster.EachLarge(ctx, e.Clients.CoreV1().RESTClient(), "pods", namespace, func(p *corev1.Pod) {
			if use := podUseOf(p.Labels, p.Annotations, &p.Spec); connected(use) {
				all = append(all, ConsumerPod{cluster.PodOf(p), use, p.Labels})
			}
		})
		return all, err
	})
}

// ConsumerEvents are the warnings about those pods that are not Ready, and about the workloads that have none.
var ConsumerEvents = &Fact[podhealth.Events]{
	Name:   "consumer-events",
	Needs:  []check.Need{Consumers, ConsumerPods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "events", "list")},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		consumers, err := Consumers.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		pods, err := ConsumerPods.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		kinds := map[string]string{"statefulset": "StatefulSet", "daemonset": "DaemonSet", "job": "Job"} // a Deployment has a condition
		of := pods.ByWorkload()
		var refs []check.Ref
		for _, c := range consumers.Items {
			if kind := kinds[c.Ref.Kind]; kind != "" && c.Replicas > 0 && len(of[c.Ref.String()]) == 0 && len(refs) < podhealth.MaxEventPods {
				refs = append(refs, check.Ref{Kind: kind, Namespace: c.Ref.Namespace, Name: c.Ref.Name})
			}
		}
		for _, p := range pods.Alive() {
			if !p.Ready() && len(refs) < 2*podhealth.MaxEventPods {
				refs = append(refs, check.Ref{Kind: "Pod", Namespace: e.Target.Namespace, Name: p.Name})
			}
		}
		return cluster.Events(ctx, e.Clients, refs)
	},
}

// ByWorkload returns the pods that are alive by their workload, as "kind/name"; those without one by themselves.
func (l ConsumerPodList) ByWorkload() map[string][]ConsumerPod {
	all := map[string][]ConsumerPod{}
	for _, p := range l.Items {
		if p.Alive() {
			all[p.workload()] = append(all[p.workload()], p)
		}
	}
	return all
}

// Of returns the pods of the workload that are alive; of a CronJob, those of its Jobs, whose names end with the time in minutes.
func (l ConsumerPodList) Of(workload check.Ref) []ConsumerPod {
	return slices.DeleteFunc(slices.Clone(l.Items), func(p ConsumerPod) bool {
		if workload.Kind == "cronjob" {
			time, ok := strings.CutPrefix(p.Owner, "job/"+workload.Name+"-")
			return !ok || strings.Trim(time, "0123456789") != "" || !p.Alive()
		}
		return p.workload() != workload.String() || !p.Alive()
	})
}

// Leaving returns the names of the workload's pods that are being deleted.
func (l ConsumerPodList) Leaving(workload check.Ref) (names []string) {
	for _, p := range l.Items {
		if p.Deleting && p.workload() == workload.String() {
			names = append(names, p.Name)
		}
	}
	return names
}

// workload returns the workload of the pod, as "kind/name". The name of a ReplicaSet ends with a hash of its Deployment's pod template.
func (p ConsumerPod) workload() string {
	if p.Owner == "" {
		return "pod/" + p.Name
	}
	if name, ok := strings.CutPrefix(p.Owner, "replicaset/"); ok {
		if end := strings.LastIndexByte(name, '-'); end > 0 {
			return "deployment/" + name[:end]
		}
	}
	return p.Owner
}
