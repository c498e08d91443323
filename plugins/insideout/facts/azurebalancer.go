package facts

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// AzureMode tells whether Azure is read.
type AzureMode = azure.Mode

// AzureAuto is the mode that is used unless the user names another.
const AzureAuto = azure.Auto

// AzureModes returns the values of --azure.
func AzureModes() []string { return azure.Modes() }

// ParseAzureMode returns the mode that the flag --azure names.
func ParseAzureMode(flag string) (AzureMode, error) { return azure.ParseMode(flag) }

// BalancerInfo is what Azure has for the Service: the load balancers, and the network around the machines behind them.
type BalancerInfo struct {
	Off string `json:"off,omitempty"` // why Azure was not read; empty: it was
	topology.Topology
	// Nodes are those that should get the Service's traffic, or some of them; Machines are theirs.
	Nodes     []BalancedNode      `json:"nodes,omitempty"`
	Balancers []topology.Balancer `json:"balancers,omitempty"`
	// BalancersError is why they could not be read.
	BalancersError string `json:"balancersError,omitempty"`
	// Health is that of the machines behind the Service's rules.
	Health []topology.Health `json:"health,omitempty"`
	// Client is the address by which the load balancer sees this client; not valid: it is unknown. SignedIn reports that it is the one from
	// which the user signed in to Azure, rather than that of an interface.
	Client      netip.Addr `json:"client,omitzero"`
	SignedIn    bool       `json:"signedIn,omitempty"`
	ClientError string     `json:"clientError,omitempty"` // why it is unknown
}

// BalancedNode is a node behind the load balancer.
type BalancedNode struct {
	Name string     `json:"name"`
	IP   netip.Addr `json:"ip"`
}

// The bounds of reading Azure: all of it, and the health, which is a question that takes some requests.
const (
	azureTimeout  = 10 * time.Second
	healthTimeout = 6 * time.Second
	maxHealth     = 4 // rules whose health is asked for
)

// AzureBalancer is read only if connections from here to the load balancer fail: an app that answers sends no request to Azure.
var AzureBalancer = &Fact[BalancerInfo]{
	Name:    "azure-load-balancer",
	Needs:   []check.Need{Service, Pods, FromHere},
	Access:  []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Azure:   azure.BalancerActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (BalancerInfo, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil || s.LoadBalancer == nil {
			return BalancerInfo{Off: "the Service has no load balancer"}, nil, err
		}
		here, err := FromHere.From(ctx, e)
		if err != nil {
			return BalancerInfo{}, nil, err
		}
		failed := here.Failed()
		switch {
		case s.LoadBalancer.Class != "":
			return BalancerInfo{Off: "the load balancer is not Azure's"}, nil, nil
		case here.Off != "":
			return BalancerInfo{Off: "no connection was tried: " + here.Off}, nil, nil
		case len(failed) == 0:
			return BalancerInfo{Off: "no connection from here fails"}, nil, nil
		}
		nodes, _, err := balancedNodes(ctx, e, s)
		if err != nil {
			return BalancerInfo{}, nil, err
		}
		r := balancerReader{service: s, answer: failed[0]}
		off, err := r.read(ctx, e, nodes)
		if err != nil || off != "" {
			return BalancerInfo{Off: off}, nil, err
		}
		return r.info, azure.EvidenceOf(r.info.Topology), nil
	},
}

// azureSession returns how this run reads Azure.
func (e *Env) azureSession() azure.Session {
	s := azure.Session{Mode: e.Azure, Plugin: "kubectl-insideout"}
	if e.Notes != nil {
		s.Note = e.Notes.Notef
	}
	return s
}

// balancerReader collects what is read about the Service's load balancer, for a connection from here that fails.
type balancerReader struct {
	service ServiceInfo
	answer  ClientAnswer
	client  *azure.Client
	info    BalancerInfo
}

// read reads everything. off says why Azure is not read, where that is no error.
func (r *balancerReader) read(ctx context.Context, e *Env, nodes []podhealth.Node) (off string, err error) {
	var machines []azure.NodeMachine
	subscription, group := "", ""
	for _, n := range nodes {
		r.info.Nodes = append(r.info.Nodes, BalancedNode{Name: n.Name, IP: n.IP})
		if n.Azure.Subscription == "" {
			continue
		}
		if subscription == "" {
			subscription, group = n.Azure.Subscription, n.Azure.ResourceGroup
		}
		if azure.Same(n.Azure.Subscription, subscription) && azure.Same(n.Azure.ResourceGroup, group) {
			machines = append(machines, azure.NodeMachine{Node: n.Name, At: n.Azure})
		}
	}
	if r.client, off, err = e.azureSession().Client(subscription); err != nil || off != "" {
		return off, err
	}
	var g errgroup.Group
	var found topology.Cluster
	var around topology.Topology
	g.Go(func() (err error) {
		found, err = azure.FindCluster(ctx, r.client, group, e.Clients.ServerNames())
		return err
	})
	g.Go(func() error {
		around = azure.Surroundings(ctx, r.client, machines)
		return nil
	})
	g.Go(func() error {
		var err error
		if r.info.Balancers, err = azure.Balancers(ctx, r.client, group); err != nil {
			r.info.BalancersError = err.Error()
			return nil
		}
		r.health(ctx)
		return nil
	})
	g.Go(func() error { r.findClient(ctx); return nil })
	if err := g.Wait(); err != nil {
		return "", err
	}
	r.info.Topology = around
	r.info.Cluster = found
	azure.ReadTags(ctx, r.client, &r.info.Topology)
	return "", nil
}

// health reads the health of the machines behind the Service's rules.
func (r *balancerReader) health(ctx context.Context) {
	ctx, stop := context.WithTimeout(ctx, healthTimeout)
	defer stop()
	var mu sync.Mutex
	var g errgroup.Group
	entries, _ := r.info.Entries(r.service) // an error is that of the checks
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return e.Rule == nil })
	for _, e := range entries[:min(len(entries), maxHealth)] {
		g.Go(func() error {
			h, err := azure.RuleHealth(ctx, r.client, e.Rule.ID)
			if err != nil {
				h.Error = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			r.info.Health = append(r.info.Health, h)
			return nil
		})
	}
	_ = g.Wait() // its functions return no error
	slices.SortFunc(r.info.Health, func(a, b topology.Health) int { return strings.Compare(a.Rule, b.Rule) })
}

// findClient finds the address by which the load balancer sees this client.
func (r *balancerReader) findClient(ctx context.Context) {
	from := r.answer.From
	switch {
	case !from.IsValid():
		r.info.ClientError = "this client has no route to the address"
	case r.service.LoadBalancer.Internal, azure.IsPublic(from):
		r.info.Client = from
	default:
		a, err := r.client.SignInAddress(ctx)
		if err == nil && !azure.IsPublic(a) {
			err = errors.New("this client's public address is unknown: the access token for Azure does not have it")
		}
		if err != nil {
			r.info.ClientError = err.Error()
			return
		}
		r.info.Client, r.info.SignedIn = a, true
	}
}
