package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/azure/topology"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nsg"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// SecurityGroupsAllowKubelets finds the rules of network security groups that deny the agents' connections to kubelets.
var SecurityGroupsAllowKubelets = &check.Check{
	Code: "TUN0604",
	Name: "security-groups-allow-kubelets",
	Hop:  hopNetwork,
	Doc: `network security groups allow the agents' connections to port 10250 of the nodes

Unless --azure=off, the network security groups of the subnets and NICs at both ends are read from Azure, and evaluated for the
connections that failed. AKS requires that all traffic between the nodes is allowed. Rules in the group that AKS manages do not
last: put them into a group of the subnet.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
		"https://learn.microsoft.com/azure/aks/concepts-network#network-security-groups",
	},
	After:    []*check.Check{KubeletListens, KubeletHasServingCertificate, KubeletAnswers},
	Explains: true,
	Needs:    append([]check.Need{facts.AzureNetwork}, kubeletNeeds...),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return lostInAzure(p, func(info facts.AzureInfo, nodes facts.NodeList, path facts.BrokenPath) (*check.Finding, error) {
			v, err := deniedByGroup(info, nodes, path)
			if v == nil {
				return nil, err
			}
			return v.Finding(clientOf(path.From), allowNodes), nil
		})
	},
}

// lostInAzure returns what find finds about the connections between nodes that get no answer, although the kubelet answers on its own
// node: one finding for each target. If it finds nothing, its errors say what is unknown.
func lostInAzure(
	p *check.Pass, find func(facts.AzureInfo, facts.NodeList, facts.BrokenPath) (*check.Finding, error),
) ([]check.Finding, error) {
	nodes, broken, err := brokenPaths(p)
	if err != nil {
		return nil, err
	}
	info, err := azureInfo(p, len(broken) > 0)
	if err != nil || info.Off != "" {
		return nil, err
	}
	var unknown []error
	found, err := eachTarget(p, broken, func(paths []facts.BrokenPath, s facts.NodeReport) *check.Finding {
		if k := s.Report.Kubelet; k.Own != nodecheck.Answered && k.Local != nodecheck.Answered {
			return nil // the fault is the kubelet's
		}
		for _, path := range paths {
			if path.Worst() != nodecheck.TimedOut || path.From.Node == path.To.Name {
				continue
			}
			f, err := find(info, nodes, path)
			if f != nil {
				return f
			}
			unknown = append(unknown, err)
		}
		return nil
	})
	if len(found) == 0 {
		err = check.Distinct(append(unknown, err))
	}
	return found, err
}

// azureInfo returns what Azure has around the nodes of failed connections. Without any, and where Azure is not read, it skips the
// check.
func azureInfo(p *check.Pass, fails bool) (facts.AzureInfo, error) {
	if !fails {
		p.Skip("no connection fails that Azure could block")
		return facts.AzureInfo{Off: "nothing to evaluate"}, nil
	}
	info, err := facts.AzureNetwork.Get(p)
	if facts.IsNotHeld(err) {
		info, err = facts.AzureInfo{Off: "the bundle holds nothing of Azure"}, nil
	}
	if err == nil && info.Off != "" {
		p.Skip("%s", info.Off)
	}
	return info, err
}

// deniedByGroup returns the verdict of a network security group that certainly denies the connection to the kubelet, or an error if
// that is unknown; nil if all groups allow it.
func deniedByGroup(info facts.AzureInfo, nodes facts.NodeList, path facts.BrokenPath) (*topology.Verdict, error) {
	return deniedFlow(info, nodes, path.From, topology.Flow{
		To: path.To.Name, Protocol: "tcp", Destination: path.To.IP, Port: facts.KubeletPort,
	})
}

// deniedFlow is deniedByGroup for a flow from the node of the report, which it completes.
func deniedFlow(info facts.AzureInfo, nodes facts.NodeList, from facts.NodeReport, f topology.Flow) (*topology.Verdict, error) {
	var denied, allowed *topology.Verdict
	f.From = from.Node
	for _, f.Source = range sources(info, from, nodes) {
		v, err := info.Decide(f)
		switch {
		case err != nil && v.Action != nsg.Deny:
			return nil, err
		case v.Action != nsg.Deny:
			allowed = &v
		case denied != nil && denied.Deciding() != v.Deciding():
			return nil, fmt.Errorf("%s, and %s: which of these addresses node %s uses is unknown", denied, v, from.Node)
		default:
			denied = &v
		}
	}
	switch {
	case denied == nil && allowed == nil:
		return nil, fmt.Errorf("the address from which node %s connects is unknown", from.Node)
	case denied != nil && allowed != nil:
		return nil, fmt.Errorf("%s, but not %s: which of these addresses node %s uses is unknown", denied, allowed.Flow.Source, from.Node)
	}
	return denied, nil
}
