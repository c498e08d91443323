package facts

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// The Deployments of the extension agents, which AKS adds to kube-system with the first extension
// (https://learn.microsoft.com/azure/aks/cluster-extensions).
const (
	ExtensionAgent    = "extension-agent"
	ExtensionOperator = "extension-operator"
)

// Agents are the extension agents: extension-agent gets the configuration from Azure, extension-operator installs it with Helm.
var Agents = &Fact[Deployed]{
	Name: "extension-agents",
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.GetRule("apps", "deployments", ExtensionAgent, ExtensionOperator), fact.Rule("", "pods", "list"),
	}},
	Gather: func(ctx context.Context, e *Env) (Deployed, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "deployments", "-n", metav1.NamespaceSystem,
			ExtensionAgent, ExtensionOperator, "--ignore-not-found")}}
		d, err := fact.Cached(e.Shared, "extension agents", func() (Deployed, error) {
			return deployed(ctx, e, ExtensionAgent, ExtensionOperator)
		})
		return d, seen, err
	},
}

// AgentEvents are the warnings about extension agents that are not Ready.
var AgentEvents = &Fact[podhealth.Events]{
	Name:     "extension-agent-events",
	Needs:    []check.Need{Agents},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "events", "list")}},
	Gather: func(ctx context.Context, e *Env) (podhealth.Events, []check.Evidence, error) {
		agents, err := Agents.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		return unreadyEvents(ctx, e, metav1.NamespaceSystem, agents.Alive())
	},
}

// Taints are those of the nodes on which the pods of extensions could run.
type Taints struct {
	Nodes int `json:"nodes"` // nodes with Linux that are machines
	// CriticalAddonsOnly is on how many of them the taint of that name keeps pods off
	// (https://learn.microsoft.com/azure/aks/use-system-pools).
	CriticalAddonsOnly int `json:"criticalAddonsOnly"`
	// NotReady is how many of them are not Ready, which keeps pods off by taints that Kubernetes sets.
	NotReady int `json:"notReady,omitempty"`
}

// NodeTaints are the taints of the nodes.
var NodeTaints = &Fact[Taints]{
	Name:   "node-taints",
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "list")},
	Gather: func(ctx context.Context, e *Env) (Taints, []check.Evidence, error) {
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "nodes")}}
		t, err := fact.Cached(e.Shared, "node taints", func() (Taints, error) {
			t := Taints{}
			err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
				return e.Clients.CoreV1().Nodes().List(ctx, o)
			}, "", func(object runtime.Object) {
				if n, ok := object.(*corev1.Node); ok {
					t.add(cluster.NodeOf(n))
				}
			})
			return t, err
		})
		return t, seen, err
	},
}

func (t *Taints) add(n podhealth.Node) {
	if n.Simulated || n.OS == "windows" {
		return
	}
	t.Nodes++
	if n.Ready.Status != string(corev1.ConditionTrue) {
		t.NotReady++
	}
	for _, taint := range n.Taints {
		if strings.HasPrefix(taint, "CriticalAddonsOnly") {
			t.CriticalAddonsOnly++
			return
		}
	}
}
