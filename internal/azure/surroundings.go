package azure

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nsg"
)

// NodeMachine is a node, its machine, and whether the machine's power state is to be read too.
type NodeMachine struct {
	Node  string
	At    id.Instance
	Power bool
}

// surroundings collects what Azure has around machines, from several goroutines.
type surroundings struct {
	client *Client
	mu     sync.Mutex
	found  topology.Topology
}

// maxRequests bounds how many requests for surroundings are sent at once.
const maxRequests = 4

// Surroundings returns the machines with the networks of their subnets, then the groups and route tables of both, in the order of their
// IDs; neither the cluster nor what is behind service tags. Errors stand in what it returns.
func Surroundings(ctx context.Context, c *Client, machines []NodeMachine) topology.Topology {
	r := &surroundings{client: c}
	r.found = topology.Topology{Machines: make([]topology.Machine, len(machines)), Unread: map[string]string{}}
	each(machines, func(i int, n NodeMachine) {
		m := topology.Machine{Node: n.Node}
		var err error
		if m.NICs, err = MachineNICs(ctx, r.client, n.At); err != nil {
			m.Error = err.Error()
		}
		if n.Power {
			if m.Power, err = Power(ctx, r.client, n.At); err != nil {
				m.PowerError = err.Error()
			}
		}
		r.found.Machines[i] = m
	})
	var subnets, groups, tables []string
	for _, m := range r.found.Machines {
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
				read(r, network, func() (topology.Network, error) { return NetworkOf(ctx, r.client, id) }, &r.found.Networks)
				return
			}
		}
	})
	for _, n := range r.found.Networks {
		for _, id := range subnets {
			if s := n.Find(id); s != nil {
				groups, tables = appendID(groups, s.Group), appendID(tables, s.RouteTable)
			}
		}
	}
	each(append(groups, tables...), func(i int, id string) {
		if i < len(groups) {
			read(r, id, func() (nsg.Group, error) { return SecurityGroup(ctx, r.client, id) }, &r.found.Groups)
			return
		}
		read(r, id, func() (nsg.RouteTable, error) { return RouteTable(ctx, r.client, id) }, &r.found.Tables)
	})
	r.sort()
	return r.found
}

// sort puts what was read in the order of IDs: answers come in any order.
func (r *surroundings) sort() {
	slices.SortFunc(r.found.Networks, func(a, b topology.Network) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.found.Groups, func(a, b nsg.Group) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(r.found.Tables, func(a, b nsg.RouteTable) int { return strings.Compare(a.ID, b.ID) })
}

// read adds what get returns to the list, or why there is nothing.
func read[T any](r *surroundings, id string, get func() (T, error), list *[]T) {
	v, err := get()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.found.Unread[strings.ToLower(id)] = err.Error()
		return
	}
	*list = append(*list, v)
}

func each[T any](items []T, f func(int, T)) {
	var g errgroup.Group
	g.SetLimit(maxRequests)
	for i, item := range items {
		g.Go(func() error { f(i, item); return nil })
	}
	_ = g.Wait() // f returns no error
}

// appendID adds a resource ID to the list, unless it is empty or listed already.
func appendID(list []string, id string) []string {
	for _, known := range list {
		if Same(known, id) {
			return list
		}
	}
	if id == "" {
		return list
	}
	return append(list, id)
}

// EvidenceOf returns the commands that show the groups and tables.
func EvidenceOf(t topology.Topology) []check.Evidence {
	var seen []check.Evidence
	for _, g := range t.Groups {
		seen = append(seen, check.Evidence{Source: cmdline.Az("network", "nsg", "show", "--ids", g.ID)})
	}
	for _, table := range t.Tables {
		seen = append(seen, check.Evidence{Source: cmdline.Az("network", "route-table", "show", "--ids", table.ID)})
	}
	return seen
}
