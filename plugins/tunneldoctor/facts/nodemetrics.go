package facts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
)

// NodeMetricsInfo holds of which nodes the metrics API has figures.
type NodeMetricsInfo struct {
	// Known means that the API answered. It is false where it does not exist or does not answer: see AggregatedAPIs.
	Known bool     `json:"known,omitempty"`
	Nodes []string `json:"nodes"` // sorted
}

// Has reports whether the API has figures of the node.
func (n NodeMetricsInfo) Has(node string) bool {
	_, found := slices.BinarySearch(n.Nodes, node)
	return found
}

// NodeMetrics is what `kubectl top nodes` shows, without the figures.
var NodeMetrics = &Fact[NodeMetricsInfo]{
	Name:   "node-metrics",
	Access: []rbacv1.PolicyRule{fact.Rule("metrics.k8s.io", "nodes", "list")},
	Gather: func(ctx context.Context, e *Env) (NodeMetricsInfo, []check.Evidence, error) {
		info := NodeMetricsInfo{Nodes: []string{}}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "nodes.metrics.k8s.io")}}
		var raw []byte
		err := attemptRequest(ctx, attemptTimeout, func(ctx context.Context) (err error) {
			raw, err = e.Clients.Discovery().RESTClient().Get().AbsPath("/apis/metrics.k8s.io/v1beta1/nodes").DoRaw(ctx)
			return err
		})
		switch {
		case apierrors.IsForbidden(err):
			return info, seen, &kube.DeniedError{Missing: []kube.Right{{Verb: "list", Group: "metrics.k8s.io", Resource: "nodes"}}}
		case errors.Is(err, errNotTried), apierrors.IsTooManyRequests(err):
			return info, seen, err
		case err != nil:
			return info, seen, nil //nolint:nilerr // that the API does not answer is what AggregatedAPIs are about
		}
		var list struct {
			Items []struct {
				Metadata struct{ Name string }
			}
		}
		if err := json.Unmarshal(raw, &list); err != nil {
			return info, seen, fmt.Errorf("parsing the metrics of nodes: %w", err)
		}
		info.Known = true
		for _, item := range list.Items {
			info.Nodes = append(info.Nodes, item.Metadata.Name)
		}
		slices.Sort(info.Nodes)
		return info, seen, nil
	},
}
