package fault

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Part is a part of the cluster that takes a while to work again.
type Part string

// The parts: the tunnel with its agents, and the kubelet of the last node.
const (
	Nothing Part = ""
	Tunnel  Part = "tunnel"
	Kubelet Part = "kubelet"
)

// repairTimeout is how long a part may take.
const repairTimeout = 2 * time.Minute

// works returns when the part works again, with the agents and the metrics API.
func (p Part) works(ctx context.Context, kubectl Runner) error {
	ctx, cancel := context.WithTimeout(ctx, repairTimeout)
	defer cancel()
	agents := func(ctx context.Context, kubectl Runner) error {
		return output(kubectl(ctx, "-n", "kube-system", "rollout", "status", "deployment/konnectivity-agent", "--timeout=90s"))
	}
	ready := func(ctx context.Context, kubectl Runner) error {
		return output(kubectl(ctx, "wait", "--for=condition=Ready", "node/"+last().Name, "--timeout=90s"))
	}
	switch p {
	case Tunnel:
		return inOrder(agents, answers(layout.Nodes()[0], 10), checkMetrics)(ctx, kubectl)
	case Kubelet:
		return inOrder(ready, answers(last(), 3), knowsPods, agents, checkMetrics)(ctx, kubectl)
	case Nothing:
	}
	return nil
}

// answers returns a step that ends when the node's kubelet has answered through the tunnel the given number of times in
// a row: the konnectivity server also selects agents that died without closing their connection.
func answers(n layout.Node, times int) step {
	return func(ctx context.Context, kubectl Runner) error {
		for good := 0; good < times; good++ {
			if err := output(kubectl(ctx, "get", "--raw", proxied(n, "healthz"), "--request-timeout=3s")); err != nil {
				if ctx.Err() != nil {
					return fmt.Errorf("the kubelet of node %s does not answer through the tunnel: %w", n.Name, err)
				}
				good = -1
				time.Sleep(100 * time.Millisecond)
			}
		}
		return nil
	}
}

// knowsPods returns when the last node's kubelet knows its pods. That takes a moment longer than answering; until then,
// it does not find their logs.
func knowsPods(ctx context.Context, kubectl Runner) error {
	for {
		pods, err := text(kubectl(ctx, "get", "--raw", proxied(last(), "pods"), "--request-timeout=3s"))
		if err == nil && strings.Contains(pods, `"items":[{`) {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the kubelet of node %s does not know its pods: %w", last().Name, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// proxied returns the API server's path for a path of a node's kubelet.
func proxied(n layout.Node, path string) string { return "/api/v1/nodes/" + n.Name + "/proxy/" + path }

// checkMetrics makes the API server check the metrics API at once, instead of after up to half a minute, and waits for
// it a little: until it is available, API discovery is incomplete. It is not an error if it is unavailable for another
// reason.
func checkMetrics(ctx context.Context, kubectl Runner) error {
	const service = "apiservice/v1beta1.metrics.k8s.io"
	stamp := "lab.akstools.dev/checked=" + time.Now().Format("150405.000")
	if err := output(kubectl(ctx, "annotate", "--overwrite", service, stamp)); err != nil {
		return err
	}
	_ = output(kubectl(ctx, "wait", "--for=condition=Available", service, "--timeout=15s"))
	return nil
}
