package facts

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

// NodeAnswers holds what the ClusterIP answers to several nodes.
type NodeAnswers struct {
	Probes
	Nodes int          `json:"nodes"` // how many nodes could be tried; Items are the first of them
	Items []NodeAnswer `json:"items"`
	// Proxy is kube-proxy on the first node from which connections fail; nil if there is none.
	Proxy *Proxy `json:"proxy,omitempty"`
}

// NodeAnswer holds the outcomes of connections from one node.
type NodeAnswer struct {
	Node     string   `json:"node"`
	Outcomes []string `json:"outcomes,omitempty"` // attempts times for each TCP port
	Error    string   `json:"error,omitempty"`    // why no connections could be made from the node
}

// OK reports whether all connections were established.
func (a NodeAnswer) OK() bool {
	return a.Error == "" && len(a.Outcomes) > 0 && allConnected(a.Outcomes)
}

// ByPort returns the outcomes of the node by port of the Service.
func (a NodeAnswer) ByPort(ports []endpoints.Port) map[endpoints.Port][]string {
	all := map[endpoints.Port][]string{}
	rest := a.Outcomes
	for _, port := range ports {
		if port.Protocol == "TCP" {
			n := min(len(rest), attempts)
			all[port], rest = rest[:n], rest[n:]
		}
	}
	return all
}

// maxNodes bounds the number of nodes: each takes a pod.
const maxNodes = 12

// NodeProbes connects to the ClusterIP from Ready Linux nodes, on each from a pod that ends and reports by its termination
// message.
var NodeProbes = &Fact[NodeAnswers]{
	Name:   "node-probes",
	Needs:  []check.Need{Service, Pods},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list"), fact.Rule("", "pods", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (NodeAnswers, []check.Evidence, error) {
		all := NodeAnswers{Items: []NodeAnswer{}}
		s, err := Service.From(ctx, e)
		switch {
		case err != nil:
			return all, nil, err
		case !e.NodeProbes:
			all.Off = "--node-probes is not set"
			return all, nil, nil
		case all.disabled(e):
			return all, nil, nil
		}
		var requests []testpod.Request
		for _, port := range s.Ports {
			for range attempts {
				if port.Protocol == "TCP" && len(requests) < testpod.MaxOnce {
					requests = append(requests, testpod.Request{Address: address(s.ClusterIP, port.Number), Timeout: e.Timeout})
				}
			}
		}
		if s.ClusterIP == "" || len(requests) == 0 {
			return all, nil, nil
		}
		if err := all.addNodes(ctx, e, s); err != nil {
			return all, nil, err
		}
		fact.Concurrently(len(all.Items), func(i int) { all.Items[i].connect(ctx, e, requests) })
		var seen []check.Evidence
		for _, a := range all.Items {
			if !a.OK() && all.Proxy == nil {
				proxy, evidence, err := proxyOn(ctx, e, a.Node)
				if err != nil {
					return all, evidence, err
				}
				all.Proxy, seen = &proxy, evidence
			}
		}
		return all, seen, nil
	},
}

// addNodes adds the nodes to try: with internalTrafficPolicy Local, those with a pod of the Service.
func (l *NodeAnswers) addNodes(ctx context.Context, e *Env, s ServiceInfo) error {
	pods, err := Pods.From(ctx, e)
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, p := range pods.Serving(s) {
		has[p.Node] = true
	}
	nodes, err := e.Clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelOSStable + "=linux", Limit: 500})
	if err != nil {
		return err
	}
	for i := range nodes.Items {
		node := cluster.NodeOf(&nodes.Items[i])
		if node.Ready.Status != string(corev1.ConditionTrue) || node.Leaving || s.InternalTrafficLocal && !has[node.Name] {
			continue
		}
		l.Nodes++
		if len(l.Items) < maxNodes {
			l.Items = append(l.Items, NodeAnswer{Node: node.Name})
		}
	}
	return nil
}

func (a *NodeAnswer) connect(ctx context.Context, e *Env, requests []testpod.Request) {
	answers, err := testpod.DoOnce(ctx, e.TestPods.Maker, e.onceOptions(a.Node), requests)
	if err != nil {
		a.Error = redact.Message(kube.NameDenied(err).Error())
	}
	for _, answer := range answers {
		a.Outcomes = append(a.Outcomes, answer.Connect)
	}
}
