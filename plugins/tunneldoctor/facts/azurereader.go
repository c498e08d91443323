package facts

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/internal/podhealth"
)

// azureReader collects what is read, from several goroutines.
type azureReader struct {
	client *azure.Client
	mu     sync.Mutex
	info   AzureInfo
}

// maxAzureRequests bounds how many requests are sent at once.
const maxAzureRequests = 4

// machines reads the machines of the nodes, with the power state of those for which lost is true, then the networks of their subnets, then
// the groups and tables of both.
func (r *azureReader) machines(ctx context.Context, nodes []podhealth.Node, lost func(podhealth.Node) bool) {
	r.info.Machines = make([]AzureMachine, len(nodes))
	each(nodes, func(i int, n podhealth.Node) {
		m := AzureMachine{Node: n.Name}
		var err error
		if m.NICs, err = azure.MachineNICs(ctx, r.client, n.Azure); err != nil {
			m.Error = err.Error()
		}
		if lost(n) {
			if m.Power, err = azure.Power(ctx, r.client, n.Azure); err != nil {
				m.PowerError = err.Error()
			}
		}
		r.info.Machines[i] = m
	})
	var subnets, groups, tables []string
	for _, m := range r.info.Machines {
		for _, nic := range m.NICs {
			subnets, groups = appendID(subnets, nic.Subnet), appendID(groups, nic.Group)
		}
	}
	var networks []string // a subnet of each network is enough
	for _, id := range subnets {
		network, _, _ := strings.Cut(strings.ToLower(id), "/subnets/")
		networks = appendID(networks, network)
	}
	each(networks, func(_ int, network string) {
		for _, id := range subnets {
			if strings.HasPrefix(strings.ToLower(id), network+"/subnets/") {
				read(r, network, func() (azure.Network, error) { return azure.NetworkOf(ctx, r.client, id) }, &r.info.Networks)
				return
			}
		}
	})
	for _, n := range r.info.Networks {
		for _, id := range subnets {
			if s := n.Find(id); s != nil {
				groups, tables = appendID(groups, s.Group), appendID(tables, s.RouteTable)
			}
		}
	}
	each(append(groups, tables...), func(i int, id string) {
		if i < len(groups) {
			read(r, id, func() (nsg.Group, error) { return azure.SecurityGroup(ctx, r.client, id) }, &r.info.Groups)
			return
		}
		read(r, id, func() (nsg.RouteTable, error) { return azure.RouteTable(ctx, r.client, id) }, &r.info.Tables)
	})
}

// sort puts what was read in the order of IDs: answers come in any order.
func (r *azureReader) sort() {
	slices.SortFunc(r.info.Networks, func(a, b azure.Network) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.info.Groups, func(a, b nsg.Group) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.info.Tables, func(a, b nsg.RouteTable) int { return strings.Compare(a.ID, b.ID) })
}

// read adds what get returns to the list, or why there is nothing.
func read[T any](r *azureReader, id string, get func() (T, error), list *[]T) {
	v, err := get()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.info.Unread[strings.ToLower(id)] = err.Error()
		return
	}
	*list = append(*list, v)
}

func each[T any](items []T, f func(int, T)) {
	var g errgroup.Group
	g.SetLimit(maxAzureRequests)
	for i, item := range items {
		g.Go(func() error { f(i, item); return nil })
	}
	_ = g.Wait() // f returns no error
}

// appendID adds a resource ID to the list, unless it is empty or listed already.
func appendID(list []string, id string) []string {
	for _, known := range list {
		if azure.Same(known, id) {
			return list
		}
	}
	if id == "" {
		return list
	}
	return append(list, id)
}

// evidence returns the commands that show the groups and tables.
func (r *azureReader) evidence() []check.Evidence {
	var seen []check.Evidence
	for _, g := range r.info.Groups {
		seen = append(seen, check.Evidence{Source: cmdline.Az("network", "nsg", "show", "--ids", g.ID)})
	}
	for _, t := range r.info.Tables {
		seen = append(seen, check.Evidence{Source: cmdline.Az("network", "route-table", "show", "--ids", t.ID)})
	}
	return seen
}
