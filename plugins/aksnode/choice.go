package aksnode

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodepod"
)

// poolLabel is the label with the name of a node's pool.
const poolLabel = "kubernetes.azure.com/agentpool"

// choice tells which nodes a command is for: by name or by flags.
type choice struct {
	names    []string
	selector string
	pool     string
	all      bool
}

func (f *choice) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.selector, "selector", "l", "", "Label selector of the nodes")
	c.Flags().StringVar(&f.pool, "pool", "", "Name of a node pool")
}

// given reports whether there is any choice.
func (f *choice) given() bool { return len(f.names) > 0 || f.byFlags() }

// byFlags reports whether flags choose nodes.
func (f *choice) byFlags() bool { return f.selector != "" || f.pool != "" || f.all }

// nodes returns the chosen nodes without duplicates: those given by name in that order, others sorted by name.
func (f *choice) nodes(ctx context.Context, clients *kube.Clients) ([]corev1.Node, error) {
	if len(f.names) > 0 {
		if f.byFlags() {
			return nil, errors.New("give either the names of nodes or flags that select nodes, not both")
		}
		return nodesByName(ctx, clients, f.names)
	}
	selector, err := labels.Parse(f.selector)
	if err != nil {
		return nil, fmt.Errorf("--selector is %q: %w", f.selector, err)
	}
	if f.pool != "" {
		pool, err := labels.Parse(poolLabel + "=" + f.pool)
		if err != nil {
			return nil, fmt.Errorf("--pool is %q: %w", f.pool, err)
		}
		more, _ := pool.Requirements()
		selector = selector.Add(more...)
	}
	var nodes []corev1.Node
	err = eachNode(ctx, clients, selector.String(), func(n *corev1.Node) { nodes = append(nodes, *n) })
	if err == nil && len(nodes) == 0 {
		err = fmt.Errorf("no node matches the labels %q", selector)
		if selector.Empty() {
			err = errors.New("the cluster has no nodes")
		}
	}
	slices.SortFunc(nodes, func(a, b corev1.Node) int { return strings.Compare(a.Name, b.Name) })
	return nodes, err
}

// eachNode calls f with each node that matches the label selector.
func eachNode(ctx context.Context, clients *kube.Clients, selector string, f func(*corev1.Node)) error {
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.CoreV1().Nodes().List(ctx, lo)
	}))
	return pages.EachListItem(ctx, metav1.ListOptions{LabelSelector: selector}, func(object runtime.Object) error {
		if n, ok := object.(*corev1.Node); ok {
			f(n)
		}
		return nil
	})
}

// nodesByName returns the nodes of those names, without duplicates, in the order of the names.
func nodesByName(ctx context.Context, clients *kube.Clients, names []string) ([]corev1.Node, error) {
	var unique []string
	for _, n := range names {
		if !slices.Contains(unique, n) {
			unique = append(unique, n)
		}
	}
	nodes := make([]corev1.Node, len(unique))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i, name := range unique {
		g.Go(func() error {
			n, err := nodepod.GetNode(ctx, clients, name)
			if err == nil {
				nodes[i] = *n
			}
			return err
		})
	}
	return nodes, g.Wait()
}
