package nodepod

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/kube"
)

// AgentSelector selects the pods, in kube-system, that hold the tunnel between control plane and nodes on a current AKS cluster.
const AgentSelector = "app=konnectivity-agent"

// NoHopError says that no node is left to go by.
type NoHopError struct {
	Target string
	Seen   []string // the other Linux nodes, with what is wrong with each
	// RunCommand is the az command that runs something on the target without the cluster.
	RunCommand string
}

func (e *NoHopError) Error() string {
	if len(e.Seen) == 0 {
		return fmt.Sprintf("no other Linux node is there by way of which node %q could be reached", e.Target)
	}
	return fmt.Sprintf("no Linux node by way of which %q could be reached can run a pod: %s", e.Target, strings.Join(e.Seen, "; "))
}

// Hop returns a Linux node that can run a node pod, by way of which the target is reached: one on which this user has a
// pod in use, so that sessions share it; else one that holds an agent of the tunnel, which needs no second node to be
// well; else any. The same is returned again while the cluster stays as it is. Where none is, the error is a *NoHopError.
func (m *Manager) Hop(ctx context.Context, target *corev1.Node, o Options) (string, error) {
	nodes, err := m.Clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelOSStable + "=linux", Limit: 500})
	if err != nil {
		return "", err
	}
	none := &NoHopError{Target: target.Name, RunCommand: RunCommandLine(target, "hostname")}
	var usable []string
	for _, n := range nodes.Items {
		if n.Name == target.Name {
			continue
		}
		notReady, err := CheckNode(&n)
		switch {
		case err != nil:
			none.Seen = append(none.Seen, err.Error())
		case notReady != "":
			none.Seen = append(none.Seen, fmt.Sprintf("node %q is not Ready (%s)", n.Name, notReady))
		default:
			usable = append(usable, n.Name)
		}
	}
	if len(usable) == 0 {
		return "", none
	}
	mine, agents := m.used(o), agentNodes(ctx, m.Clients)
	rank := func(name string) int {
		switch {
		case mine[name]:
			return 0
		case agents[name]:
			return 1
		}
		return 2
	}
	return slices.MinFunc(usable, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) }), nil
}

// used returns the nodes on which a process of this user uses a pod that sessions with these options would share.
func (m *Manager) used(o Options) map[string]bool {
	nodes := map[string]bool{}
	dir, err := stateDir(m.Clients.ClusterKey())
	if err != nil {
		return nodes
	}
	s := store{dir}
	for _, key := range s.keys() {
		if r, ok := s.read(key); ok && key == recordKey(r.Node, o) && !s.unused(r.Use) {
			nodes[r.Node] = true
		}
	}
	return nodes
}

// agentNodes returns the nodes with a Ready tunnel agent; none where the agents may not be listed.
func agentNodes(ctx context.Context, clients *kube.Clients) map[string]bool {
	nodes := map[string]bool{}
	pods, err := clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: AgentSelector, Limit: 500})
	if err != nil {
		return nodes
	}
	for _, p := range pods.Items {
		for _, c := range p.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				nodes[p.Spec.NodeName] = true
			}
		}
	}
	return nodes
}
