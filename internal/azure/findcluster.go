package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"golang.org/x/sync/errgroup"
)

// ErrNoNode is returned where no node names its Azure machine, so that the cluster cannot be found.
var ErrNoNode = errors.New("no node has the ID of an Azure virtual machine in spec.providerID")

// FindCluster returns the cluster whose nodes are in the node resource group, by the group's managedBy and, without it, by a list of
// the subscription's clusters. servers are the names under which the API server is known; one of them must be the cluster's, or
// else the error says so: nodes or a kubeconfig of another cluster.
func FindCluster(ctx context.Context, c *Client, nodeGroup string, servers []string) (Cluster, error) {
	var group struct {
		ManagedBy string `json:"managedBy"`
	}
	path := "/subscriptions/" + c.Subscription
	if err := c.get(ctx, path+"/resourceGroups/"+nodeGroup, resourcesVersion, &group); err != nil {
		return Cluster{}, err
	}
	var raw managedCluster
	if id, err := arm.ParseResourceID(group.ManagedBy); err == nil && strings.EqualFold(id.ResourceType.String(), clusterType) {
		if err := c.get(ctx, group.ManagedBy, clusterVersion, &raw); err != nil {
			return Cluster{}, err
		}
	} else {
		all, err := list[managedCluster](ctx, c, path+"/providers/"+clusterType, clusterVersion)
		if err != nil {
			return Cluster{}, err
		}
		i := slices.IndexFunc(all, func(m managedCluster) bool { return strings.EqualFold(m.Properties.NodeResourceGroup, nodeGroup) })
		if i < 0 {
			return Cluster{}, &Error{Reason: NotFound, Text: fmt.Sprintf("no AKS cluster with node resource group %s in subscription %s",
				nodeGroup, c.Subscription)}
		}
		raw = all[i]
	}
	found := raw.cluster()
	if !found.Has(servers) {
		return Cluster{}, fmt.Errorf("cluster %s in Azure has the API server %s, and this kubeconfig has %s: "+
			"it may be another cluster; if it is this one, set tls-server-name to that name in the kubeconfig",
			found.ID, cmp.Or(found.FQDN, found.PrivateFQDN), strings.Join(servers, ", "))
	}
	return found, nil
}

// maxSubscriptions bounds in how many subscriptions a cluster is looked for.
const maxSubscriptions = 50

// ByServer returns the cluster whose API server has one of the names, from a list of the clusters in each subscription of the login, or,
// if the Azure CLI knows none, in each that the principal can read. The client is for its subscription. plugin is that of New.
func ByServer(ctx context.Context, l Login, servers []string, plugin string) (Cluster, *Client, error) {
	subscriptions := l.Subscriptions
	if len(subscriptions) == 0 {
		c, err := New(l, "", plugin)
		if err != nil {
			return Cluster{}, nil, err
		}
		all, err := list[struct {
			ID     string `json:"subscriptionId"`
			Tenant string `json:"tenantId"`
		}](ctx, c, "/subscriptions", subscriptionsVersion)
		if err != nil {
			return Cluster{}, nil, err
		}
		for _, s := range all {
			subscriptions = append(subscriptions, Subscription{ID: s.ID, Tenant: s.Tenant})
		}
	}
	subscriptions = slices.Clone(subscriptions)
	slices.SortStableFunc(subscriptions, func(a, b Subscription) int { return cmp.Compare(b.rank(), a.rank()) })
	skipped := max(0, len(subscriptions)-maxSubscriptions)
	subscriptions = subscriptions[:len(subscriptions)-skipped]
	clients, err := clientsOf(l, subscriptions, plugin)
	if err != nil {
		return Cluster{}, nil, err
	}
	var mu sync.Mutex
	var found Cluster
	var client *Client
	var failed []error
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var g errgroup.Group
	g.SetLimit(4)
	for _, s := range subscriptions {
		g.Go(func() error {
			c := clients[s.Tenant].in(s.ID)
			at, ok, err := inSubscription(ctx, c, servers)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && client == nil:
				failed = append(failed, err)
			case err == nil && ok:
				found, client = at, c
				stop()
			}
			return nil
		})
	}
	_ = g.Wait() // its functions return no error
	switch {
	case client != nil:
		return found, client, nil
	case len(failed) == len(subscriptions) && len(failed) > 0:
		return Cluster{}, nil, failed[0]
	}
	text := fmt.Sprintf("no AKS cluster that you can read has API server %s: it may be deleted, or in another subscription (searched: %d",
		strings.Join(servers, ", "), len(subscriptions)-len(failed))
	if len(failed) > 0 {
		text += fmt.Sprintf("; not readable: %d: %v", len(failed), failed[0])
	}
	if skipped > 0 {
		text += fmt.Sprintf("; not searched: %d", skipped)
	}
	text += ")"
	return Cluster{}, nil, &Error{Reason: NotFound, Text: text}
}

// clientsOf returns a client for each tenant of the subscriptions: signing in once a tenant is enough.
func clientsOf(l Login, subscriptions []Subscription, plugin string) (map[string]*Client, error) {
	clients := map[string]*Client{}
	for _, s := range subscriptions {
		if clients[s.Tenant] != nil {
			continue
		}
		c, err := New(l, s.ID, plugin)
		if err != nil {
			return nil, err
		}
		clients[s.Tenant] = c
	}
	return clients, nil
}

// inSubscription is ByServer for the client's subscription. ok is false if it does not have the cluster.
func inSubscription(ctx context.Context, c *Client, servers []string) (found Cluster, ok bool, err error) {
	all, err := list[managedCluster](ctx, c, "/subscriptions/"+c.Subscription+"/providers/"+clusterType, clusterVersion)
	if err != nil {
		return Cluster{}, false, err
	}
	for _, m := range all {
		if found := m.cluster(); found.Has(servers) {
			return found, true, nil
		}
	}
	return Cluster{}, false, nil
}
