package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// AuthorizedRangesAllowNodes finds nodes that stopped reporting because their public address is not authorized.
var AuthorizedRangesAllowNodes = &check.Check{
	Code: "TUN0212",
	Name: "authorized-ranges-allow-nodes",
	Hop:  hopAgents,
	Doc: `the cluster's authorized IP ranges contain the nodes' public addresses

Nodes reach the API server from the public address of the cluster's load balancer, which is always authorized, or from that of a
firewall or a NAT gateway, which is not. Unless --azure=off, these addresses are read from Azure if nodes stopped reporting.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges",
		"https://learn.microsoft.com/azure/aks/limit-egress-traffic",
	},
	After:    []*check.Check{APIServerAnswers},
	Explains: true,
	Needs:    []check.Need{facts.ClusterNodes, facts.AzureNetwork},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, lost, info, err := lostFromAzure(p)
		switch {
		case err != nil || info.Off != "":
			return nil, err
		case len(info.Cluster.AuthorizedRanges) == 0:
			p.Skip("the cluster has no authorized IP ranges")
			return nil, nil
		}
		var shut []check.Ref
		var absent []netip.Prefix
		var unknown []error
		var first facts.AzureEgress
		for _, n := range lost {
			m, e := info.Machine(n.Name), info.EgressOf(n.Name)
			switch {
			case m != nil && m.Off():
				continue
			case e == nil:
				unknown = append(unknown, errors.New("the machines of the nodes that stopped reporting were not read"))
				continue
			}
			missing, err := unauthorized(info, *e)
			unknown = append(unknown, err)
			if len(missing) > 0 && (len(shut) == 0 || first.By == e.By) {
				shut, absent, first = append(shut, nodeRef(n.Name)), missing, *e
			}
		}
		if len(shut) == 0 {
			return nil, check.Distinct(unknown)
		}
		f := check.Finding{
			Severity: check.Error,
			Summary: fmt.Sprintf("node %s cannot connect to the API server: the authorized IP ranges of cluster %s do not contain %s",
				shut[0].Name, topology.NameOf(info.Cluster.ID), joinPrefixes(absent)),
			Cause: fmt.Sprintf("the node connects through %s, from this address; %s", translator(first.By), noOthers(info.Cluster)),
			Fixes: []check.Fix{authorize(info.Cluster, absent...)},
		}
		if len(absent) < len(first.Addresses) {
			f.Summary = fmt.Sprintf("node %s may lose the API server: the authorized IP ranges of cluster %s do not contain %s",
				shut[0].Name, topology.NameOf(info.Cluster.ID), joinPrefixes(absent))
			f.Cause = fmt.Sprintf("the node connects through %s, from any of its addresses, and connections from the addresses that are missing "+
				"get no answer; %s", translator(first.By), noOthers(info.Cluster))
		}
		return []check.Finding{f.About(shut, len(nodes.Items), "nodes")}, nil
	},
}

// unauthorized returns the public addresses of the egress that the authorized IP ranges do not contain.
func unauthorized(info facts.AzureInfo, e facts.AzureEgress) (absent []netip.Prefix, err error) {
	switch {
	case e.Error != "":
		return nil, fmt.Errorf("%s, and from where the nodes connect is unknown: %s", noOthers(info.Cluster), e.Error)
	case e.By == "":
		return nil, nil
	case len(e.Addresses) == 0:
		return nil, fmt.Errorf("%s, and the public addresses of %s are unknown", noOthers(info.Cluster), translator(e.By))
	}
	for _, a := range e.Addresses {
		allowed, err := authorized(info.Cluster, a)
		if err != nil {
			return nil, err
		}
		if !allowed {
			absent = append(absent, a)
		}
	}
	return absent, nil
}

// translator names what translates the nodes' addresses, by its ID.
func translator(id string) string {
	if strings.Contains(strings.ToLower(id), "/natgateways/") {
		return "NAT gateway " + topology.NameOf(id)
	}
	return "Azure Firewall " + topology.NameOf(id)
}

func joinPrefixes(all []netip.Prefix) string {
	texts := make([]string, len(all))
	for i, p := range all {
		texts[i] = p.String()
		if p.IsSingleIP() {
			texts[i] = p.Addr().String()
		}
	}
	return joinNames(texts)
}
