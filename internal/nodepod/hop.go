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
	"github.com/akstools/akstools/internal/podhealth"
)

// AgentSelector selects the konnectivity agents, in kube-system, which hold the tunnel between control plane and nodes on current AKS
// clusters.
const AgentSelector = "app=konnectivity-agent"

// NoHopError reports that no other node can relay connections to a node.
type NoHopError struct {
	Target   string
	Windows  bool     // the target runs Windows, so that nothing but another node can reach its sshd
	Rejected []string // why each of the other Linux nodes cannot
	// RunCommand is the command line that runs something on the target without the help of the cluster.
	RunCommand string
}

func (e *NoHopError) Error() string {
	need := ""
	if e.Windows {
		need = ", and a Windows node is reached over SSH only from a Linux node"
	}
	if len(e.Rejected) == 0 {
		return fmt.Sprintf("no hop to node %q: the cluster has no other Linux node%s", e.Target, need)
	}
	return fmt.Sprintf("no hop to node %q: no other Linux node can run a pod%s: %s", e.Target, need, strings.Join(e.Rejected, "; "))
}

// Hop returns a Linux node that can run a node pod from which the target is reached. It prefers a node on which this user has a pod in
// use, so that sessions share it, then one with a tunnel agent, since that depends on no third node, then any; of these, one that is not
// under pressure. While the cluster does not change it returns the same node. If there is none, the error is a *NoHopError.
func (m *Manager) Hop(ctx context.Context, target *corev1.Node, o Options) (string, error) {
	nodes, err := m.Clients.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelOSStable + "=linux", Limit: 500})
	if err != nil {
		return "", err
	}
	none := &NoHopError{Target: target.Name, Windows: IsWindows(target), RunCommand: RunCommandLine(target, "hostname")}
	var usable []string
	pressed := map[string]bool{}
	for _, n := range nodes.Items {
		if n.Name == target.Name {
			continue
		}
		notReady, err := CheckNode(&n)
		switch {
		case err != nil:
			none.Rejected = append(none.Rejected, err.Error())
		case notReady != "":
			none.Rejected = append(none.Rejected, fmt.Sprintf("node %q is not Ready (%s)", n.Name, notReady))
		default:
			usable = append(usable, n.Name)
			pressed[n.Name] = len(Pressure(&n)) > 0
		}
	}
	if len(usable) == 0 {
		return "", none
	}
	inUse, agents := m.nodesInUse(o), agentNodes(ctx, m.Clients)
	rank := func(name string) int {
		switch {
		case inUse[name]:
			return 0
		case pressed[name]:
			return 3
		case agents[name]:
			return 1
		}
		return 2
	}
	return slices.MinFunc(usable, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	}), nil
}

// nodesInUse returns the nodes on which a process of this user uses a pod that a session with these options would share.
func (m *Manager) nodesInUse(o Options) map[string]bool {
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

// agentNodes returns the nodes with a Ready tunnel agent, or none if the agents cannot be listed.
func agentNodes(ctx context.Context, clients *kube.Clients) map[string]bool {
	nodes := map[string]bool{}
	pods, err := clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: AgentSelector, Limit: 500})
	if err != nil {
		return nodes
	}
	for _, p := range pods.Items {
		if podhealth.PodReady(&p) {
			nodes[p.Spec.NodeName] = true
		}
	}
	return nodes
}
