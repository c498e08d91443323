package nodepod

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/cmdline"
)

// waysLimit is how long finding other ways to a node may take.
const waysLimit = 3 * time.Second

// ways returns hints on how to reach the node while no pod starts on it.
func (m *Manager) ways(ctx context.Context, node *corev1.Node, o Options) []string {
	ctx, cancel := context.WithTimeout(ctx, waysLimit)
	defer cancel()
	var hints []string
	ssh := cmdline.Kubectl("aksnode", "ssh", node.Name)
	if IsWindows(node) {
		hints = append(hints, "over SSH: "+ssh.With("-i", "KEY").String())
	} else if hop, err := m.Hop(ctx, node, o); err == nil {
		hints = append(hints, "if its sshd works, connect via another node: "+ssh.With("--hop", hop, "-i", "KEY").String())
	}
	return append(hints,
		"read its kubelet's log without a pod: "+cmdline.Kubectl("aksnode", "logs", node.Name, "--via-kubelet").String(),
		"run a command through Azure: "+RunCommandLine(node, kubeletStatus(node).Argv()...))
}

// kubeletStatus is the command that shows the state of the node's kubelet.
func kubeletStatus(node *corev1.Node) cmdline.Command {
	if IsWindows(node) {
		return cmdline.Program("Get-Service", "kubelet")
	}
	return cmdline.Program("systemctl", "status", "kubelet", "--no-pager")
}
