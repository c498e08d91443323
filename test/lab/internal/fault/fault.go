// Package fault holds what can be broken on purpose in a running lab. Each fault is real: a process ended, a rule in a
// node's firewall, an object changed.
package fault

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/node"
)

// Fault is one thing to break.
type Fault struct {
	Name   string
	Doc    string
	Inject func(context.Context, Runner) error
	Clear  func(context.Context, Runner) error // also right where the fault was not injected
}

// Runner runs kubectl as the lab's administrator.
type Runner func(ctx context.Context, args ...string) *exec.Cmd

// All returns the faults in the order in which they are listed.
func All() []Fault {
	last := layout.Nodes()[1]
	return []Fault{
		{
			Name:   "tunnel-agents-down",
			Doc:    "every konnectivity agent is killed and none is started again",
			Inject: killAgents,
			Clear:  restoreAgents,
		},
		{
			Name:   "kubelet-port-drop",
			Doc:    "node " + last.Name + " drops packets to its kubelet's port 10250",
			Inject: on(last, "iptables -I INPUT -p tcp --dport 10250 -j DROP"),
			Clear:  on(last, "while iptables -D INPUT -p tcp --dport 10250 -j DROP 2>/dev/null; do :; done"),
		},
		{
			Name:   "ufw-on",
			Doc:    "node " + last.Name + " has ufw enabled with its defaults, which let 10250 through to nobody",
			Inject: on(last, "ufw --force enable"),
			Clear:  on(last, "ufw --force disable && ufw --force reset && rm -f /etc/ufw/*.rules.2*"),
		},
		{
			Name:   "kubelet-stopped",
			Doc:    "the kubelet of node " + last.Name + " is stopped; the node becomes NotReady",
			Inject: on(last, "systemctl stop kubelet"),
			Clear:  on(last, "systemctl start kubelet"),
		},
		{
			Name:   "controller-manager-stopped",
			Doc:    "the controller manager stands still: it neither makes pods nor writes EndpointSlices",
			Inject: signal("kube-controller-manager", syscall.SIGSTOP),
			Clear:  signal("kube-controller-manager", syscall.SIGCONT),
		},
		{
			Name:   "kube-proxy-down",
			Doc:    "no kube-proxy runs; its rules stay as they were",
			Inject: stopProxies,
			Clear:  startProxies,
		},
	}
}

// Find returns the fault of that name, or an error with all names.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Fault{}, fmt.Errorf("no fault is called %q; there are: %s", name, strings.Join(names, ", "))
}

// on returns a step that runs a shell line on the node.
func on(n layout.Node, line string) func(context.Context, Runner) error {
	return func(ctx context.Context, _ Runner) error {
		return output(node.Command(ctx, n, "sh", "-c", line))
	}
}

// signal returns a step that sends a signal to a process of the control plane.
func signal(process string, s syscall.Signal) func(context.Context, Runner) error {
	return func(context.Context, Runner) error {
		text, err := os.ReadFile(layout.In("run", process+".pid"))
		if err != nil {
			return err
		}
		pid, err := strconv.Atoi(string(text))
		if err != nil {
			return err
		}
		return syscall.Kill(pid, s)
	}
}

const proxySelector = `{"spec":{"template":{"spec":{"nodeSelector":{"lab.akstools.dev/none":%s}}}}}`

func stopProxies(ctx context.Context, kubectl Runner) error {
	if err := output(kubectl(ctx, "-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", fmt.Sprintf(proxySelector, `"true"`))); err != nil {
		return err
	}
	return output(kubectl(ctx, "-n", "kube-system", "wait", "pod", "-l", "component=kube-proxy", "--for=delete", "--timeout=60s"))
}

func startProxies(ctx context.Context, kubectl Runner) error {
	if err := output(kubectl(ctx, "-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", fmt.Sprintf(proxySelector, "null"))); err != nil {
		return err
	}
	return output(kubectl(ctx, "-n", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=60s"))
}

func killAgents(ctx context.Context, kubectl Runner) error {
	if err := output(kubectl(ctx, "-n", "kube-system", "scale", "deployment/konnectivity-agent", "--replicas=0")); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "delete", "pod", "-l", "app=konnectivity-agent", "--grace-period=0", "--force", "--wait")); err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		// an agent that is only asked to end keeps serving for a while
		if err := output(node.Command(ctx, n, "sh", "-c", "while pkill -KILL -x proxy-agent; do sleep 0.1; done")); err != nil {
			return err
		}
	}
	return nil
}

func restoreAgents(ctx context.Context, kubectl Runner) error {
	if err := output(kubectl(ctx, "-n", "kube-system", "scale", "deployment/konnectivity-agent", "--replicas=2")); err != nil {
		return err
	}
	if err := output(kubectl(ctx, "-n", "kube-system", "rollout", "status", "deployment/konnectivity-agent", "--timeout=90s")); err != nil {
		return err
	}
	return tunnelWorks(ctx, kubectl)
}

// tunnelWorks returns when the kubelet answers through the tunnel ten times in a row: for up to a minute, the
// konnectivity server also picks agents that died without closing their connection.
func tunnelWorks(ctx context.Context, kubectl Runner) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	path := "/api/v1/nodes/" + layout.Nodes()[0].Name + "/proxy/healthz"
	for good := 0; good < 10; good++ {
		if err := output(kubectl(ctx, "get", "--raw", path, "--request-timeout=3s")); err != nil {
			if ctx.Err() != nil {
				return fmt.Errorf("the tunnel does not work again: %w", err)
			}
			good = -1
		}
	}
	return nil
}

func output(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, strings.TrimSpace(string(out)))
	}
	return nil
}
