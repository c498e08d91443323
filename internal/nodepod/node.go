package nodepod

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/akstools/akstools/internal/kube"
)

// UnusableNodeError says why no pod of ours can run on a node.
type UnusableNodeError struct {
	Node   string
	Reason string
	Hints  []string
	// Machine says that there is a machine all the same, which another node may reach; Windows says what runs on it, and
	// NotReady that its kubelet starts no pod.
	Machine, Windows, NotReady bool
}

func (e *UnusableNodeError) Error() string { return fmt.Sprintf("node %q %s", e.Node, e.Reason) }

// GetNode returns the node, or an UnusableNodeError that names its nearest namesakes.
func GetNode(ctx context.Context, clients *kube.Clients, name string) (*corev1.Node, error) {
	if errs := validation.IsDNS1123Subdomain(name); len(errs) > 0 {
		return nil, &UnusableNodeError{Node: name, Reason: "cannot exist: " + errs[0]}
	}
	node, err := clients.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return node, err
	}
	unknown := &UnusableNodeError{Node: name, Reason: "not found"}
	list, err := clients.Metadata("v1", "nodes").List(ctx, metav1.ListOptions{Limit: 5000})
	if err != nil {
		return nil, unknown //nolint:nilerr // without the right to list nodes there is no suggestion to make
	}
	var names []string
	for _, n := range list.Items {
		names = append(names, n.Name)
	}
	if near := nearest(name, names); len(near) > 0 {
		unknown.Hints = []string{"did you mean: " + strings.Join(near, ", ")}
	}
	unknown.Hints = append(unknown.Hints, "see all nodes with: kubectl aksnode list")
	return nil, unknown
}

// CheckNode returns an UnusableNodeError for a node on which no Linux pod can start. notReady is a reason to warn: the
// kubelet says that the node is not Ready, but it is there to start a host-network pod.
func CheckNode(node *corev1.Node) (notReady string, err error) {
	unusable := func(reason string, hints ...string) *UnusableNodeError {
		return &UnusableNodeError{Node: node.Name, Reason: reason, Hints: hints}
	}
	if node.Labels["type"] == "virtual-kubelet" || node.Labels["kubernetes.io/role"] == "virtual-kubelet" {
		return "", unusable("is a virtual node (virtual-kubelet): it has no machine to be on", "see a pod's logs with: kubectl logs POD")
	}
	ready := corev1.NodeCondition{}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			ready = c
		}
	}
	switch {
	case ready.Status == corev1.ConditionUnknown:
		since, look := time.Since(ready.LastTransitionTime.Time).Round(time.Second), "systemctl status kubelet --no-pager"
		if IsWindows(node) {
			look = "Get-Service kubelet"
		}
		e := unusable(
			fmt.Sprintf("is NotReady since %s: its kubelet stopped reporting (%s), so no pod can start there", since, ready.Reason),
			"if its sshd still runs, go by way of another node: kubectl aksnode ssh "+node.Name+" -i KEY",
			"reach it through Azure: "+RunCommandLine(node, look),
			"restart it: "+RestartLine(node),
		)
		e.Machine, e.Windows, e.NotReady = true, IsWindows(node), true
		return "", e
	case IsWindows(node):
		e := unusable("runs Windows, where no Linux command runs",
			"a session over SSH: kubectl aksnode ssh "+node.Name+" -i KEY",
			"PowerShell without SSH: kubectl aksnode ssh "+node.Name+" --hostprocess")
		e.Machine, e.Windows = true, true
		return "", e
	case ready.Status == corev1.ConditionFalse:
		return fmt.Sprintf("%s: %s", ready.Reason, ready.Message), nil
	}
	return "", nil
}

// IsWindows says whether the node runs Windows.
func IsWindows(node *corev1.Node) bool { return node.Labels[corev1.LabelOSStable] == "windows" }

// InternalIP returns the address by which other nodes reach the node; ok is false where the Node object has none.
func InternalIP(node *corev1.Node) (ip netip.Addr, ok bool) {
	for _, a := range node.Status.Addresses {
		if a.Type != corev1.NodeInternalIP {
			continue
		}
		if ip, err := netip.ParseAddr(a.Address); err == nil {
			return ip, true
		}
	}
	return netip.Addr{}, false
}

// nearest returns up to three names that differ from name in few letters or contain it.
func nearest(name string, names []string) []string {
	type candidate struct {
		name     string
		distance int
	}
	var cs []candidate
	for _, n := range names {
		d := distance(name, n)
		if strings.Contains(n, name) {
			d = 1
		}
		if d <= max(2, len(name)/4) {
			cs = append(cs, candidate{n, d})
		}
	}
	slices.SortStableFunc(cs, func(a, b candidate) int { return a.distance - b.distance })
	var near []string
	for _, c := range cs[:min(3, len(cs))] {
		near = append(near, c.name)
	}
	return near
}

// distance is the Levenshtein distance.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return row[len(b)]
}
