package facts

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/podhealth"
)

// AzureInfo is what Azure has around the nodes of failed connections.
type AzureInfo struct {
	Off string `json:"off,omitempty"` // why Azure was not read; empty: it was
	topology.Topology
	// API are the addresses of the API server as the Service kubernetes has them.
	API      []netip.Addr `json:"api,omitempty"`
	APIError string       `json:"apiError,omitempty"` // why they could not be read
	// Egress is from where packets to the API server come, if the cluster has authorized IP ranges.
	Egress []AzureEgress `json:"egress,omitempty"`
	// SNAT is read only if new connections of nodes to the outside get no answer; nil: it was not, or another outbound type translates.
	SNAT *AzureSNAT `json:"snat,omitempty"`
}

// ScaledDown reports whether the node's pool keeps nodes, deallocated, when it is scaled down. AKS names a pool's scale set
// aks-POOL-NUMBER-vmss.
func (i AzureInfo) ScaledDown(n podhealth.Node) bool {
	return slices.ContainsFunc(i.Cluster.Deallocating, func(pool string) bool {
		return strings.HasPrefix(strings.ToLower(n.Azure.ScaleSet), "aks-"+strings.ToLower(pool)+"-")
	})
}

// maxAzureMachines bounds how many machines are read: groups and tables belong to subnets and pools, and repeat.
const maxAzureMachines = 10

// AzureNetwork is read only if connections fail that Azure could block: a healthy cluster sends no request to Azure.
var AzureNetwork = &Fact[AzureInfo]{
	Name:    "azure-network",
	Needs:   []check.Need{Tunnel, ClusterNodes, LogAttempts, AgentNodeReports},
	Timeout: 10 * time.Second,
	Azure:   azure.NetworkActions(),
	AccessIn: map[string][]rbacv1.PolicyRule{
		metav1.NamespaceDefault: {fact.Rule("discovery.k8s.io", "endpointslices", "list")},
	},
	Gather: func(ctx context.Context, e *Env) (AzureInfo, []check.Evidence, error) {
		nodes, err := e.azureNodes(ctx)
		if err != nil || len(nodes) == 0 {
			return AzureInfo{Off: "no connection fails that Azure could block"}, nil, err
		}
		client, group, off, err := e.azure(nodes)
		if err != nil || off != "" {
			return AzureInfo{Off: off}, nil, err
		}
		// which nodes are the cluster's is verified for one node resource group
		nodes = slices.DeleteFunc(nodes, func(n podhealth.Node) bool {
			return !azure.Same(n.Azure.Subscription, client.Subscription) || !azure.Same(n.Azure.ResourceGroup, group)
		})
		r := &azureReader{client: client}
		all, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return AzureInfo{}, nil, err
		}
		reports, _ := AgentNodeReports.From(ctx, e) // without any, nothing is known to time out
		var around topology.Topology
		var g errgroup.Group
		g.Go(func() (err error) {
			if r.info.Cluster, err = azure.FindCluster(ctx, client, group, e.Servers); err == nil {
				r.snat(ctx, slices.ContainsFunc(reports.Items, NodeReport.TimesOut))
			}
			return err
		})
		g.Go(func() error {
			var machines []azure.NodeMachine
			for _, n := range nodes {
				machines = append(machines, azure.NodeMachine{Node: n.Name, At: n.Azure, Power: all.Lost(n)})
			}
			around = azure.Surroundings(ctx, client, machines)
			return nil
		})
		g.Go(func() error {
			var err error
			if r.info.API, err = apiAddresses(ctx, e); err != nil {
				r.info.APIError = err.Error()
			}
			return nil
		})
		if err := g.Wait(); err != nil {
			return AzureInfo{}, nil, err
		}
		around.Cluster = r.info.Cluster
		r.info.Topology = around
		azure.ReadTags(ctx, client, &r.info.Topology)
		r.egress(ctx)
		return r.info, azure.EvidenceOf(r.info.Topology), nil
	},
}

// apiAddresses returns the addresses behind the Service kubernetes, which are the API server's.
func apiAddresses(ctx context.Context, e *Env) (all []netip.Addr, err error) {
	list, err := cluster.EndpointSlices(ctx, e.Clients, metav1.NamespaceDefault, discoveryv1.LabelServiceName+"=kubernetes")
	if err != nil {
		return nil, err
	}
	for _, s := range list {
		for _, at := range s.Endpoints {
			if a, err := netip.ParseAddr(at.Address); err == nil {
				all = append(all, a)
			}
		}
	}
	return all, nil
}

// azureNodes returns the nodes at both ends of broken paths, those that do not reach the API server, and those that stopped reporting,
// with some that report, up to maxAzureMachines.
func (e *Env) azureNodes(ctx context.Context) ([]podhealth.Node, error) {
	nodes, err := ClusterNodes.From(ctx, e)
	if err != nil {
		return nil, err
	}
	reports, _ := AgentNodeReports.From(ctx, e) // without any, nodes may still have stopped reporting
	var ends []podhealth.Node
	seen := map[string]bool{}
	add := func(n *podhealth.Node) {
		if n != nil && !seen[n.Name] && len(ends) < maxAzureMachines {
			seen[n.Name] = true
			ends = append(ends, *n)
		}
	}
	for _, path := range e.brokenPaths(ctx, nodes, reports) {
		add(nodes.Find(path.From.Node))
		add(&path.To)
	}
	for _, r := range reports.Items {
		if r.TimesOut() {
			add(nodes.Find(r.Node))
		}
	}
	lost := false
	for i, n := range nodes.Items {
		if nodes.Lost(n) {
			lost = true
			add(&nodes.Items[i])
		}
	}
	if lost {
		for _, n := range nodes.UpByPool() {
			add(n)
		}
	}
	return ends, nil
}

// maxUpPools bounds of how many pools a node that reports is read, besides those that stopped reporting.
const maxUpPools = 4

// UpByPool returns a node that reports of each scale set that has one, up to maxUpPools: what they have in Azure is not what cuts others
// off.
func (l NodeList) UpByPool() (up []*podhealth.Node) {
	seen := map[string]bool{}
	for i, n := range l.Items {
		if !n.Simulated && !l.Down(n) && !seen[n.Azure.ScaleSet] && len(up) < maxUpPools {
			seen[n.Azure.ScaleSet] = true
			up = append(up, &l.Items[i])
		}
	}
	return up
}
