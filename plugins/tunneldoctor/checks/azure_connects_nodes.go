package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AzureConnectsNodes finds what in Azure keeps nodes that stopped reporting from the API server.
var AzureConnectsNodes = &check.Check{
	Code: "TUN0211",
	Name: "azure-connects-nodes",
	Hop:  hopAgents,
	Doc: `network security groups and routes allow the nodes' connections to the API server

A node that stopped reporting may be cut off: its kubelet, like the tunnel's agents, needs TCP 443 to the API server, and no pod can
start there to check it. Unless --azure=off, the network security groups and the route table are read from Azure, and evaluated for
this connection.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress",
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/availability-performance/node-not-ready-basic-troubleshooting",
	},
	After:    []*check.Check{APIServerAnswers, AuthorizedRangesAllowNodes},
	Explains: true,
	Needs:    []check.Need{facts.ClusterNodes, facts.AzureNetwork},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, lost, info, err := lostFromAzure(p)
		if err != nil || info.Off != "" {
			return nil, err
		}
		if len(info.API) == 0 {
			return nil, errors.New(
				"the addresses of the API server are unknown: endpointslices of the Service default/kubernetes could not be read",
			)
		}
		blamed := ""
		var cut []check.Ref
		var first *check.Finding
		var unknown []error
		evaluated := 0
		for _, n := range lost {
			if info.Machine(n.Name) == nil {
				continue // only some of many are read
			}
			evaluated++
			if info.Machine(n.Name).Off() {
				continue
			}
			f, by, err := cutOff(info, nodes, n)
			unknown = append(unknown, err)
			if f == nil {
				continue
			}
			if first == nil {
				first, blamed = f, by
			}
			if by == blamed {
				cut = append(cut, nodeRef(n.Name))
			}
		}
		switch {
		case evaluated == 0:
			return nil, errors.New("the machines of the nodes that stopped reporting were not read")
		case first == nil:
			return nil, check.Distinct(unknown)
		}
		first.Severity = check.Error
		return []check.Finding{first.About(cut, len(nodes.Items), "nodes")}, nil
	},
}

// lostFromAzure returns the nodes, those of them that stopped reporting, and what azureInfo returns about these. The check must need
// facts.ClusterNodes and facts.AzureNetwork.
func lostFromAzure(p *check.Pass) (nodes facts.NodeList, lost []podhealth.Node, info facts.AzureInfo, err error) {
	if nodes, err = facts.ClusterNodes.Get(p); err != nil {
		return nodes, nil, info, err
	}
	lost = slices.DeleteFunc(slices.Clone(nodes.Items), func(n podhealth.Node) bool { return !nodes.Lost(n) })
	info, err = azureInfo(p, len(lost) > 0)
	return nodes, lost, info, err
}

// cutOff returns a finding if a network security group denies the node's connections to the API server, or a route stops them, and what
// does. An appliance is blamed only if no node that is up sends its packets by the same table: the appliance lets them pass.
func cutOff(info facts.AzureInfo, nodes facts.NodeList, n podhealth.Node) (f *check.Finding, by string, err error) {
	const port = 443
	client, api := "node "+n.Name, info.API[0]
	v, err := deniedFlow(info, nodes, facts.NodeReport{Node: n.Name}, topology.Flow{Protocol: "tcp", Destination: api, Port: port})
	if v != nil {
		return v.Finding(client, allowAPI(port)), v.Deciding(), nil
	}
	d, routeErr := detourToAPI(info, nodes, n.Name, api)
	if d != nil && (d.Dropped() || !passes(info, nodes, d.Table)) {
		return d.Finding(client, fmt.Sprintf("%s:%d", api, port), fmt.Sprintf("TCP %d to the API server", port)), d.String(), nil
	}
	return nil, "", check.Distinct([]error{err, routeErr})
}

// passes reports whether packets by the route table may reach the API server: they do if a node that is up has it.
func passes(info facts.AzureInfo, nodes facts.NodeList, table string) bool {
	pools := map[string]bool{} // of nodes that are up; false: it is not known that they have another table
	for _, n := range nodes.Items {
		if !n.Simulated && !nodes.Down(n) {
			pools[n.Azure.ScaleSet] = false
		}
	}
	for _, n := range nodes.UpByPool() {
		end, err := info.End(n.Name, n.IP)
		pools[n.Azure.ScaleSet] = err == nil && !strings.EqualFold(end.Table, table)
	}
	for _, other := range pools {
		if !other {
			return true
		}
	}
	return false
}
