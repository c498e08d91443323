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

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
)

// UnusableNodeError reports that no Linux pod can run on a node.
type UnusableNodeError struct {
	Node   string
	Reason string // continues "node NAME"
	Hints  []string

	Machine  bool // a machine exists, and other nodes may reach it
	NotReady bool // its kubelet has stopped reporting
	Missing  bool // there is no such node

	Err error // the reason as an error, if there is one
}

// Unwrap returns the reason.
func (e *UnusableNodeError) Unwrap() error { return e.Err }

func (e *UnusableNodeError) Error() string { return fmt.Sprintf("node %q %s", e.Node, e.Reason) }

// GetNode returns the node. If it does not exist, the error is an *UnusableNodeError that suggests nodes with similar names.
func GetNode(ctx context.Context, clients *kube.Clients, name string) (*corev1.Node, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	node, err := clients.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return node, err
	}
	unknown := &UnusableNodeError{Node: name, Reason: "not found", Missing: true}
	list, err := clients.Metadata("v1", "nodes").List(ctx, metav1.ListOptions{Limit: 5000})
	if err != nil {
		return nil, unknown //nolint:nilerr // there is nothing to suggest without permission to list nodes
	}
	var names []string
	for _, n := range list.Items {
		names = append(names, n.Name)
	}
	if similar := nearest(name, names); len(similar) > 0 {
		unknown.Hints = []string{"did you mean: " + strings.Join(similar, ", ")}
	}
	unknown.Hints = append(unknown.Hints, "list all nodes: kubectl aksnode list")
	return nil, unknown
}

// checkName returns an *UnusableNodeError if no node can have the name.
func checkName(name string) error {
	if errs := validation.IsDNS1123Subdomain(name); len(errs) > 0 {
		return &UnusableNodeError{Node: name, Reason: "cannot exist: " + errs[0]}
	}
	return nil
}

// CheckNode returns an *UnusableNodeError for a node on which no Linux pod can start. If notReady is not empty, the kubelet reports the
// node as not Ready, for that reason, but can still start a host-network pod.
func CheckNode(node *corev1.Node) (notReady string, err error) {
	unusable := func(reason string, hints ...string) *UnusableNodeError {
		return &UnusableNodeError{Node: node.Name, Reason: reason, Hints: hints}
	}
	if node.Labels["type"] == "virtual-kubelet" || node.Labels["kubernetes.io/role"] == "virtual-kubelet" {
		return "", unusable("is a virtual node (virtual-kubelet): there is no machine to connect to", "for the logs of a pod: kubectl logs POD")
	}
	ready := podhealth.NodeReady(node)
	switch {
	case ready.Status == corev1.ConditionUnknown:
		duration := time.Since(ready.LastTransitionTime.Time).Round(time.Second)
		e := unusable(
			fmt.Sprintf("has been NotReady for %s: its kubelet has been silent since about %s (%s), so no pod can start there",
				duration, clock(ready.LastTransitionTime.Time), ready.Reason),
			"if its sshd still works, connect via another node: "+cmdline.Kubectl("aksnode", "ssh", node.Name, "-i", "KEY").String(),
			"run a command through Azure: "+RunCommandLine(node, kubeletStatus(node).Argv()...),
			"restart it: "+RestartLine(node),
		)
		e.Machine, e.NotReady = true, true
		return "", e
	case IsWindows(node):
		e := unusable("runs Windows, which cannot run Linux commands",
			"for a session over SSH: "+cmdline.Kubectl("aksnode", "ssh", node.Name, "-i", "KEY").String(),
			"for PowerShell without SSH: "+cmdline.Kubectl("aksnode", "ssh", node.Name, "--hostprocess").String())
		e.Machine = true
		return "", e
	case ready.Status == corev1.ConditionFalse:
		return fmt.Sprintf("%s: %s", ready.Reason, ready.Message), nil
	}
	return "", nil
}

// IsWindows reports whether the node runs Windows.
func IsWindows(node *corev1.Node) bool { return node.Labels[corev1.LabelOSStable] == "windows" }

// InternalIP returns the address at which other nodes reach the node. ok is false if the Node object has none.
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

// nearest returns up to three names that contain name or differ from it in a few letters, the most similar first.
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
	var similar []string
	for _, c := range cs[:min(3, len(cs))] {
		similar = append(similar, c.name)
	}
	return similar
}

// distance returns the Levenshtein distance between a and b.
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
