package facts

import (
	"context"
	"slices"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
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

// NodeList is the cluster's nodes in the order of their names.
type NodeList struct {
	// At is the newest lease renewal of all nodes, by the cluster's clocks, since this client's may be wrong; zero if unknown.
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

// Down reports whether the node's kubelet does not report, by its Ready condition or, earlier, by its lease.
func (l NodeList) Down(n podhealth.Node) bool {
	return n.Ready.Status != string(corev1.ConditionTrue) || n.Stale
}

// newNodeGrace is the time that a new node may take to become usable.
const newNodeGrace = 3 * time.Minute

// NewOrLeaving reports whether the node is new or being removed, so that its failures are to be expected. One whose condition is older
// than newNodeGrace is not new, whatever its object says: it was created again.
func (l NodeList) NewOrLeaving(n podhealth.Node) bool {
	since := n.Created
	if n.Ready.Status != string(corev1.ConditionTrue) && !n.Ready.Since.IsZero() && n.Ready.Since.Before(since) {
		since = n.Ready.Since
	}
	return n.Leaving || l.At.Sub(since) < newNodeGrace && !l.At.IsZero()
}

// Lost reports whether the node's kubelet stopped reporting, and the node is neither new nor being removed.
func (l NodeList) Lost(n podhealth.Node) bool {
	return l.Down(n) && n.Ready.Status != string(corev1.ConditionFalse) && !n.Simulated && !l.NewOrLeaving(n)
}

// Usable reports whether a Linux pod can start on the node.
func (l NodeList) Usable(n podhealth.Node) bool {
	return !l.Down(n) && !n.Simulated && n.OS != "windows" && n.IP.IsValid()
}

// maxChosen is the number of nodes on which the symptoms are tried, unless all are wanted.
const maxChosen = 50

// ClusterNodes are all nodes, with those chosen on which the symptoms are tried: first those with tunnel agents.
var ClusterNodes = &Fact[NodeList]{
	Name:  "cluster-nodes",
	Needs: []check.Need{Agents},
	// thousands of nodes are many megabytes, and the leases may be read twice, leaseRenewWait apart
	Timeout:  5 * time.Minute,
	Access:   []rbacv1.PolicyRule{fact.Rule("", "nodes", "list")},
	AccessIn: map[string][]rbacv1.PolicyRule{corev1.NamespaceNodeLease: {fact.Rule("coordination.k8s.io", "leases", "list")}},
	Gather: func(ctx context.Context, e *Env) (NodeList, []check.Evidence, error) {
		list := NodeList{Items: []podhealth.Node{}}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "nodes", "-o", "wide")}}
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
		if agents, err := Agents.From(ctx, e); err == nil { // without them, any nodes will do
			for _, a := range agents.Items {
				holds[a.Node] = true
			}
		}
		list.choose(holds, e.AllNodes)
		list.checkLeases(ctx, e)
		return list, seen, nil
	},
}

// choose sets Chosen on up to maxChosen nodes, or on all: first those with agents, then those that are not Ready, up to half, then
// others. Where only some of a kind are chosen, they are spread over the list. Of a larger cluster, nodes without a machine are not
// chosen: nothing is tried on them. The choice is deterministic.
func (l *NodeList) choose(holds map[string]bool, all bool) {
	var withAgents, notReady, others []int
	for i, n := range l.Items {
		switch {
		case n.Simulated:
		case holds[n.Name]:
			withAgents = append(withAgents, i)
		case n.Ready.Status != string(corev1.ConditionTrue):
			notReady = append(notReady, i)
		default:
			others = append(others, i)
		}
	}
	if all || len(withAgents)+len(notReady)+len(others) <= maxChosen {
		for i := range l.Items {
			l.Items[i].Chosen = true
		}
		return
	}
	chosen := spread(withAgents, maxChosen)
	left := maxChosen - len(chosen)
	room := max(left-maxChosen/2, left-len(others), 0) // all that is left, where there is nothing else to choose
	chosen = append(chosen, spread(notReady, room)...)
	chosen = append(chosen, spread(others, maxChosen-len(chosen))...)
	for _, i := range chosen {
		l.Items[i].Chosen = true
	}
}

// spread returns up to n elements of the list, at even distances and in their order.
func spread[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	chosen := make([]T, n)
	for i := range chosen {
		chosen[i] = list[(2*i+1)*len(list)/(2*n)] // the middle of each of n parts
	}
	return chosen
}

const (
	// maxLeaseLag is how far a lease may lag behind the newest. Nodes' clocks differ, so lag alone is no proof of failure.
	maxLeaseLag = 25 * time.Second
	// leaseRenewWait is enough for a live kubelet to renew its lease.
	leaseRenewWait = 12 * time.Second
)

// checkLeases sets Stale on chosen, Ready nodes whose lease lags and is not renewed within leaseRenewWait. Unreadable leases are
// ignored: the Ready condition stands.
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

// renewTimes fills renewed with the times at which chosen, Ready nodes last renewed their leases; zero for others.
func (l *NodeList) renewTimes(ctx context.Context, e *Env, renewed []time.Time) {
	index := map[string]int{}
	for i, n := range l.Items {
		if n.Chosen && !n.Simulated && n.Ready.Status == string(corev1.ConditionTrue) {
			index[n.Name] = i
		}
	}
	_ = cluster.Each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return e.Clients.CoordinationV1().Leases(corev1.NamespaceNodeLease).List(ctx, o)
	}, "", func(object runtime.Object) {
		lease, ok := object.(*coordinationv1.Lease)
		if !ok || lease.Spec.RenewTime == nil {
			return
		}
		if i, ok := index[lease.Name]; ok {
			renewed[i] = lease.Spec.RenewTime.UTC()
		}
	})
}
