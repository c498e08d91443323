package aksnode

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/podhealth"
)

// diagnoseTunnel adds the state of the tunnel's agents to e if err is a *noderun.TunnelError. It takes at most two seconds.
func (e *hintContext) diagnoseTunnel(clients *kube.Clients, err error) {
	var tunnel *noderun.TunnelError
	if !errors.As(err, &tunnel) {
		return
	}
	e.noAgent = errtext.NoAgent(err.Error())
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	pods, err := clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: nodepod.AgentSelector})
	if err != nil {
		e.agents = fmt.Sprintf("cannot list the tunnel's agents: %v", err)
		return
	}
	ready := 0
	for _, p := range pods.Items {
		if podhealth.PodReady(&p) {
			ready++
		}
	}
	e.agents = fmt.Sprintf("%d of %d konnectivity-agent pods in kube-system are Ready (%s)",
		ready, len(pods.Items), cmdline.Kubectl("get", "pods", "-n", metav1.NamespaceSystem, "-l", nodepod.AgentSelector))
}

func tunnelHints(c hintContext) []string {
	command := c.command
	if len(command) == 0 {
		command = []string{"COMMAND"}
	}
	hints := []string{"the tunnel between control plane and nodes is down or does not reach this node; logs, exec and port-forward fail too"}
	if c.noAgent {
		hints[0] = "no agent of the tunnel between control plane and nodes is connected; logs, exec and port-forward fail on every node"
	}
	if c.agents != "" {
		hints = append(hints, c.agents)
	}
	if c.windows != nil {
		return append(hints, "without the tunnel: "+nodepod.RunCommandLine(c.windows, command...))
	}
	return append(hints, "without the tunnel: "+cmdline.Kubectl("aksnode", "run", c.node, "--no-tunnel", "--").With(command...).String())
}

// lostHints are hints for a connection that broke although the pod at its end still runs.
func lostHints(c hintContext) []string {
	detached := cmdline.Kubectl("aksnode", "ssh", c.node, "--", "systemd-run", "--unit=NAME", "COMMAND")
	return []string{
		"the API server still reports the node pod as running: the connection was cut by the node's kubelet, by the cluster's tunnel, or by " +
			"a VPN, proxy, firewall or load balancer before the API server",
		"to start a command that runs on without a connection: " + detached.String(),
	}
}
