package facts

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// NodeList is the cluster's nodes in the order of their names.
type NodeList struct {
	// At is the newest heartbeat of all: of the cluster's own clocks, since this client's may be wrong.
	At    time.Time        `json:"at,omitzero"`
	Items []podhealth.Node `json:"items"`
}

// Find returns the node of that name, or nil.
func (l NodeList) Find(name string) *podhealth.Node {
	if i := slices.IndexFunc(l.Items, func(n podhealth.Node) bool { return n.Name == name }); i >= 0 {
		return &l.Items[i]
	}
	return nil
}

// Down says whether the node's kubelet does not report: by its Ready condition, or by its lease before that tells.
func (l NodeList) Down(n podhealth.Node) bool {
	return n.Ready.Status != string(corev1.ConditionTrue) || n.Stale
}

// young is how long a new node may take to be of use.
const newNodeGrace = 3 * time.Minute

// Passing says whether the node comes or goes, so that what it lacks is no fault.
func (l NodeList) NewOrLeaving(n podhealth.Node) bool {
	return n.Leaving || l.At.Sub(n.Created) < newNodeGrace && !l.At.IsZero()
}

// Usable says whether a Linux pod can start on the node.
func (l NodeList) Usable(n podhealth.Node) bool {
	return !l.Down(n) && !n.Simulated && n.OS != "windows" && n.IP.IsValid()
}

// maxChosen is of how many nodes the symptoms are tried where not all are asked for.
const maxChosen = 50

// ClusterNodes are all nodes. Those that hold tunnel agents are among the chosen.
var ClusterNodes = &Fact[NodeList]{
	Name:   "cluster-nodes",
	Needs:  []check.Need{Agents},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "list"), fact.Rule("coordination.k8s.io", "leases", "get")},
	Gather: func(ctx context.Context, e *Env) (NodeList, []check.Evidence, error) {
		list := NodeList{Items: []podhealth.Node{}}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "nodes", "-o", "wide"}}}
		err := cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			return e.Clients.CoreV1().Nodes().List(ctx, o)
		}, "", func(object runtime.Object) {
			if n, ok := object.(*corev1.Node); ok {
				list.Items = append(list.Items, cluster.NodeOf(n))
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
		list.checkLeases(ctx, e)
		return list, seen, nil
	},
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
	for step := max(1, len(l.Items)/max(1, left)); left > 0; step = 1 {
		for i := 0; i < len(l.Items); i += step {
			mark(i)
		}
	}
}

const (
	// behind is how far a lease may lag behind the newest: clocks of nodes differ, so that alone says little.
	maxLeaseLag = 25 * time.Second
	// renews is how long to wait for a kubelet that is alive to renew its lease.
	leaseRenewWait = 12 * time.Second
)

// beat finds out of the chosen nodes that are Ready whether their kubelets are silent: of those whose lease lags behind it is
// seen whether they renew it. What cannot be read is left out: the Ready condition stays.
func (l *NodeList) checkLeases(ctx context.Context, e *Env) {
	first := make([]time.Time, len(l.Items))
	l.renewTimes(ctx, e, first)
	for _, t := range first {
		if t.After(l.At) {
			l.At = t
		}
	}
	lags := func(t time.Time) bool { return !t.IsZero() && l.At.Sub(t) > maxLeaseLag }
	if !slices.ContainsFunc(first, lags) {
		return
	}
	select {
	case <-ctx.Done():
		return
	case <-time.After(leaseRenewWait):
	}
	second := make([]time.Time, len(l.Items))
	l.renewTimes(ctx, e, second)
	for i := range l.Items {
		l.Items[i].Stale = lags(first[i]) && second[i].Equal(first[i])
	}
}

// leases reads when the chosen nodes that are Ready renewed their leases.
func (l *NodeList) renewTimes(ctx context.Context, e *Env, renewed []time.Time) {
	fact.Concurrently(len(l.Items), func(i int) {
		n := l.Items[i]
		if !n.Chosen || n.Simulated || n.Ready.Status != string(corev1.ConditionTrue) {
			return
		}
		if lease, err := e.Clients.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(ctx, n.Name, metav1.GetOptions{}); err == nil && lease.Spec.RenewTime != nil {
			renewed[i] = lease.Spec.RenewTime.UTC()
		}
	})
}
