package fault

import (
	"context"
	"fmt"
	"syscall"

	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/process"
)

func controlPlaneFaults() []Fault {
	return []Fault{
		{
			Name:   "controller-manager-stopped",
			Doc:    "the controller manager is frozen: it neither creates pods nor updates EndpointSlices",
			Inject: signal(controlplane.ControllerManager, syscall.SIGSTOP),
			Clear:  signal(controlplane.ControllerManager, syscall.SIGCONT),
		},
		{
			Name:   "konnectivity-server-down",
			Doc:    "the konnectivity server is killed and not restarted; the API server and its port 443 work",
			Inject: func(ctx context.Context, _ Runner) error { return process.End(ctx, controlplane.TunnelServer) },
			Clear:  func(context.Context, Runner) error { return process.Restart(controlplane.TunnelServer) },
			Breaks: Tunnel,
		},
		{
			Name:   "kube-proxy-down",
			Doc:    "kube-proxy is not running on any node; its rules remain",
			Inject: stopProxies,
			Clear:  startProxies,
		},
	}
}

// proxySelector is a patch of the DaemonSet with a node selector that matches no node, or null.
const proxySelector = `{"spec":{"template":{"spec":{"nodeSelector":{"lab.akstools.dev/none":%s}}}}}`

func stopProxies(ctx context.Context, kubectl Runner) error {
	patch := fmt.Sprintf(proxySelector, `"true"`)
	if err := output(kubectl(ctx, "-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", patch)); err != nil {
		return err
	}
	return output(kubectl(ctx, "-n", "kube-system", "wait", "pod", "-l", "component=kube-proxy", "--for=delete", "--timeout=60s"))
}

func startProxies(ctx context.Context, kubectl Runner) error {
	patch := fmt.Sprintf(proxySelector, "null")
	if err := output(kubectl(ctx, "-n", "kube-system", "patch", "daemonset", "kube-proxy", "-p", patch)); err != nil {
		return err
	}
	return output(kubectl(ctx, "-n", "kube-system", "rollout", "status", "daemonset/kube-proxy", "--timeout=60s"))
}
