package facts

import (
	"context"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// AgentList is the tunnel agents.
type AgentList struct {
	At    time.Time `json:"at"` // when they were listed
	Items []Agent   `json:"items"`
}

// Agent is the pod of a tunnel agent.
type Agent struct {
	podhealth.Pod
	UID string `json:"uid"`
	// Aliases are the addresses of its hostAliases by name: what /etc/hosts of the pod says before any DNS server.
	Aliases map[string]string `json:"aliases,omitempty"`
}

// Alive returns the agents that run or may still start.
func (l AgentList) Alive() []Agent {
	var alive []Agent
	for _, a := range l.Items {
		if a.Alive() {
			alive = append(alive, a)
		}
	}
	return alive
}

// addresses returns the agents' own addresses, without those of agents on the host network.
func (l AgentList) addresses() []netip.Addr {
	var list []netip.Addr
	for _, a := range l.Alive() {
		if ip, err := netip.ParseAddr(a.IP); err == nil && !a.HostNetwork {
			list = append(list, ip)
		}
	}
	return list
}

// Agents are the pods of the tunnel's Deployment. There are none without a tunnel.
var Agents = &Fact[AgentList]{
	Name:     "agents",
	Needs:    []check.Need{Tunnel},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list")}},
	Gather: func(ctx context.Context, e *Env) (AgentList, []check.Evidence, error) {
		t, err := Tunnel.From(ctx, e)
		if err != nil || t.Kind == "" {
			return AgentList{}, nil, err
		}
		list := AgentList{At: time.Now().UTC().Truncate(time.Second), Items: []Agent{}}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", metav1.NamespaceSystem, "-l", t.Selector, "-o", "wide")}}
		err = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, o)
		}, t.Selector, func(object runtime.Object) {
			if p, ok := object.(*corev1.Pod); ok {
				list.Items = append(list.Items, Agent{Pod: cluster.PodOf(p), UID: string(p.UID), Aliases: aliases(p)})
			}
		})
		return list, seen, err
	},
}

// aliases returns the addresses of the pod's hostAliases by name; nil: it has none.
func aliases(p *corev1.Pod) map[string]string {
	var all map[string]string
	for _, a := range p.Spec.HostAliases {
		for _, name := range a.Hostnames {
			if all == nil {
				all = map[string]string{}
			}
			if _, known := all[name]; !known { // the first line counts
				all[redact.Line(name)] = redact.Line(a.IP)
			}
		}
	}
	return all
}

// AgentEvents are the warnings about up to podhealth.MaxEventPods agents that are not ready.
var AgentEvents = &Fact[podhealth.Events]{
	Name:     "agent-events",
	Needs:    []check.Need{Agents},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "events", "list")}},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		agents, err := Agents.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		var refs []check.Ref
		for _, a := range agents.Alive() {
			if !a.Ready() && len(refs) < podhealth.MaxEventPods {
				refs = append(refs, check.Ref{Kind: "Pod", Namespace: metav1.NamespaceSystem, Name: a.Name})
			}
		}
		return cluster.Events(ctx, e.Clients, refs)
	},
}
