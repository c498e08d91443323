package facts

import (
	"context"
	"slices"

	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/podhealth"
)

// BrokenPath is the path from a tunnel agent's node to a kubelet on which connections fail, always or sometimes.
type BrokenPath struct {
	From NodeReport     // of the agent's node
	To   podhealth.Node // the kubelet's node
	nodecheck.Reach
}

// BrokenPaths returns the broken paths to the chosen nodes that are up and not being removed. This one rule decides which nodes
// are in trouble: KubeletNodeReports checks those nodes, and checks look for the causes there. logs is nil if reading logs could not be
// tried; tunnel returns false only if the cluster is known to have no tunnel, and is called only if that decides.
//
// A path counts if reading logs from its node may fail. Otherwise it counts only if every attempt failed and there is a tunnel:
// without one, the API server itself connects to kubelets, and nothing may use the path.
func BrokenPaths(nodes NodeList, logs []Attempts, reports NodeReports, tunnel func() bool) []BrokenPath {
	var broken []BrokenPath
	for _, from := range reports.Items {
		if from.Error != "" {
			continue
		}
		for _, to := range nodes.Items {
			r, ok := from.Report.Reach[to.IP.String()]
			if !ok || !to.Chosen || to.Leaving || nodes.Down(to) || len(r.Outcomes) == 0 || r.OK() {
				continue
			}
			if logsMayFail(logs, to.Name) || r.Failed() && tunnel() {
				broken = append(broken, BrokenPath{From: from, To: to, Reach: r})
			}
		}
	}
	return broken
}

// brokenPaths is BrokenPaths with what else is known. The fact that calls it must need Tunnel and LogAttempts.
func (e *Env) brokenPaths(ctx context.Context, nodes NodeList, reports NodeReports) []BrokenPath {
	logs, _ := LogAttempts.From(ctx, e) // without them, any broken path counts
	return BrokenPaths(nodes, logs, reports, func() bool {
		t, err := Tunnel.From(ctx, e)
		return err != nil || t.Kind != ""
	})
}

// logsMayFail reports whether reading logs from the node failed or could not be tried.
func logsMayFail(logs []Attempts, node string) bool {
	i := slices.IndexFunc(logs, func(a Attempts) bool { return a.Node == node })
	return i < 0 || logs[i].Off != "" || len(logs[i].Errors) > 0
}

// Targets returns the kubelets' nodes of the paths, each once, in the order of the paths.
func Targets(paths []BrokenPath) []podhealth.Node {
	var list []podhealth.Node
	for _, p := range paths {
		if !slices.ContainsFunc(list, func(n podhealth.Node) bool { return n.Name == p.To.Name }) {
			list = append(list, p.To)
		}
	}
	return list
}
