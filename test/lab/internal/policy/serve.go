// Package policy enforces NetworkPolicies on the lab's nodes, like AKS's network policy manager: it translates them
// into an nftables table on each node.
package policy

import (
	"context"
	"fmt"
	"log"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"

	"github.com/akstools/akstools/test/lab/internal/apiclient"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// Command is the hidden subcommand that enforces the policies in a process of its own.
const Command = "policy-serve"

// ProcessName is the enforcer's name among the lab's processes.
const ProcessName = "network-policy"

// Serve enforces the policies until ctx is done.
func Serve(ctx context.Context) error {
	client, err := apiclient.New("network-policy")
	if err != nil {
		return err
	}
	wake := make(chan struct{}, 1)
	changed := func() {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, namespaces, policies := factory.Core().V1().Pods(), factory.Core().V1().Namespaces(), factory.Networking().V1().NetworkPolicies()
	for _, i := range []cache.SharedIndexInformer{pods.Informer(), namespaces.Informer(), policies.Informer()} {
		if _, err := i.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: func(any) { changed() }, UpdateFunc: func(any, any) { changed() }, DeleteFunc: func(any) { changed() },
		}); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	e := enforcer{applied: map[string]string{}, read: func() (Cluster, error) {
		c := Cluster{Namespaces: map[string]labels.Set{}}
		var err error
		if c.Pods, err = pods.Lister().List(labels.Everything()); err != nil {
			return c, err
		}
		slices.SortFunc(c.Pods, func(a, b *corev1.Pod) int { return strings.Compare(string(a.UID), string(b.UID)) })
		all, err := namespaces.Lister().List(labels.Everything())
		if err != nil {
			return c, err
		}
		for _, n := range all {
			c.Namespaces[n.Name] = n.Labels
		}
		c.Policies, err = policies.Lister().List(labels.Everything())
		return c, err
	}}
	for ctx.Err() == nil {
		retry := 10 * time.Minute
		if err := e.enforce(ctx); err != nil {
			log.Print(err)
			retry = 2 * time.Second
		}
		select {
		case <-ctx.Done():
		case <-wake:
			time.Sleep(100 * time.Millisecond) // batch simultaneous changes
		case <-time.After(retry):
		}
	}
	return nil
}

// enforcer knows which rules each node has.
type enforcer struct {
	read    func() (Cluster, error)
	applied map[string]string
}

// enforce loads the rules on each node where they have changed.
func (e enforcer) enforce(ctx context.Context) error {
	c, err := e.read()
	if err != nil {
		return err
	}
	for _, n := range layout.Nodes() {
		rules := c.Rules(n)
		if rules == e.applied[n.Name] {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		cmd := process.Command(ctx, n.Name, "nft", "-f", "-")
		cmd.Stdin = strings.NewReader(rules)
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			delete(e.applied, n.Name)
			return fmt.Errorf("rules of node %s: %w: %s\n%s", n.Name, err, strings.TrimSpace(string(out)), rules)
		}
		e.applied[n.Name] = rules
	}
	return nil
}
