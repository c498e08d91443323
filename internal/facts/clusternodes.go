package facts

import (
	"context"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodepod"
)

// ClusterNode is one node of the cluster.
type ClusterNode struct {
	Name  string     `json:"name"`
	IP    netip.Addr `json:"ip,omitzero"` // its InternalIP
	Ready Condition  `json:"ready"`
	OS    string     `json:"os,omitempty"`
	// Simulated says that no machine is behind it: a virtual node of Azure Container Instances, or one of kwok.
	Simulated bool             `json:"simulated,omitempty"`
	Azure     nodepod.Instance `json:"azure,omitzero"` // zero: its providerID names no Azure machine
	// Chosen says that its symptoms are tried: of many nodes only some are.
	Chosen bool `json:"chosen"`
	// Heartbeat is when its kubelet last renewed its lease; asked for chosen nodes only, zero: not known.
	Heartbeat time.Time `json:"heartbeat,omitzero"`
}

// NodeList is the cluster's nodes in the order of their names.
type NodeList struct {
	// At is the newest heartbeat of all, by the cluster's own clocks: this client's may be wrong.
	At    time.Time     `json:"at,omitzero"`
	Items []ClusterNode `json:"items"`
}

// Find returns the node of that name, or nil.
func (l NodeList) Find(name string) *ClusterNode {
	if i := slices.IndexFunc(l.Items, func(n ClusterNode) bool { return n.Name == name }); i >= 0 {
		return &l.Items[i]
	}
	return nil
}

// staleAfter is how old a heartbeat is that a kubelet alive would have renewed twice: it does so every 10 s
// (https://kubernetes.io/docs/reference/node/node-status/#heartbeats).
const staleAfter = 25 * time.Second

// Down says whether the node's kubelet does not report: by its Ready condition, or by its lease before that tells.
func (l NodeList) Down(n ClusterNode) bool {
	return n.Ready.Status != string(corev1.ConditionTrue) || !n.Heartbeat.IsZero() && l.At.Sub(n.Heartbeat) > staleAfter
}

// Usable says whether a Linux pod can start on the node.
func (l NodeList) Usable(n ClusterNode) bool {
	return !l.Down(n) && !n.Simulated && n.OS != "windows" && n.IP.IsValid()
}

// maxChosen is of how many nodes the symptoms are tried where not all are asked for.
const maxChosen = 50

// ClusterNodes are all nodes. Those that hold tunnel agents are among the chosen.
var ClusterNodes = &Fact[NodeList]{
	Name:   "cluster-nodes",
	Needs:  []check.Need{Agents},
	Access: []rbacv1.PolicyRule{rule("", "nodes", "list"), rule("coordination.k8s.io", "leases", "get")},
	Gather: func(ctx context.Context, e *Env) (NodeList, []check.Evidence, error) {
		list := NodeList{Items: []ClusterNode{}}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "nodes", "-o", "wide"}}}
		err := each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Nodes().List(ctx, o)
		}, "", func(object runtime.Object) {
			if n, ok := object.(*corev1.Node); ok {
				list.Items = append(list.Items, nodeOf(n))
			}
		})
		if err != nil {
			return list, seen, err
		}
		holds := map[string]bool{}
		if agents, err := Agents.From(ctx, e); err == nil { // without them any nodes are as good
			for _, a := range agents.Items {
				holds[a.Node] = true
			}
		}
		list.choose(holds, e.AllNodes)
		list.beat(ctx, e)
		for _, n := range list.Items {
			if n.Heartbeat.After(list.At) {
				list.At = n.Heartbeat
			}
		}
		return list, seen, nil
	},
}

func nodeOf(n *corev1.Node) ClusterNode {
	node := ClusterNode{
		Name: n.Name, OS: n.Labels[corev1.LabelOSStable],
		Simulated: n.Labels["type"] == "virtual-kubelet" || n.Labels["type"] == "kwok" || n.Annotations["kwok.x-k8s.io/node"] != "",
	}
	for _, a := range n.Status.Addresses {
		if ip, err := netip.ParseAddr(a.Address); err == nil && a.Type == corev1.NodeInternalIP && !node.IP.IsValid() {
			node.IP = ip
		}
	}
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			node.Ready = Condition{Type: string(c.Type), Status: string(c.Status), Reason: c.Reason, Message: clean(c.Message), Since: c.LastTransitionTime.UTC()}
		}
	}
	if i, ok := nodepod.InstanceOf(n); ok {
		node.Azure = i
	}
	return node
}

// choose marks the nodes whose symptoms are tried: those that hold agents, then those that are not Ready, then others spread
// over the list, which is always the same choice.
func (l *NodeList) choose(holds map[string]bool, all bool) {
	if all || len(l.Items) <= maxChosen {
		for i := range l.Items {
			l.Items[i].Chosen = true
		}
		return
	}
	left := maxChosen
	mark := func(i int) {
		if left > 0 && !l.Items[i].Chosen {
			l.Items[i].Chosen = true
			left--
		}
	}
	for i, n := range l.Items {
		if holds[n.Name] {
			mark(i)
		}
	}
	for i, n := range l.Items {
		if n.Ready.Status != string(corev1.ConditionTrue) && left > maxChosen/2 {
			mark(i)
		}
	}
	for step := max(1, len(l.Items)/left); left > 0; step = 1 {
		for i := 0; i < len(l.Items); i += step {
			mark(i)
		}
	}
}

// beat reads the heartbeats of the chosen nodes. What cannot be read is left out: the Ready condition stays.
func (l *NodeList) beat(ctx context.Context, e *Env) {
	bounded(len(l.Items), func(i int) {
		n := &l.Items[i]
		if !n.Chosen || n.Simulated {
			return
		}
		if lease, err := e.Clients.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, n.Name, metav1.GetOptions{}); err == nil && lease.Spec.RenewTime != nil {
			n.Heartbeat = lease.Spec.RenewTime.UTC()
		}
	})
}
