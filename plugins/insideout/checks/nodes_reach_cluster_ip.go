package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// NodesReachClusterIP finds nodes from which the ClusterIP fails.
var NodesReachClusterIP = &check.Check{
	Code: "INS0402",
	Name: "nodes-reach-cluster-ip",
	Hop:  hopClusterIP,
	Doc: `the ClusterIP accepts connections from every node

Each node has its own rules for ClusterIPs: if kube-proxy is stalled on one node, only the pods there cannot connect. With
--node-probes, a test pod on each of up to 12 nodes connects.`,
	Sources: []string{"https://kubernetes.io/docs/reference/networking/virtual-ips/"},
	After:   ClusterIPAnswers.After,
	Needs:   []check.Need{facts.Service, facts.NodeProbes, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		probes, err := facts.NodeProbes.Get(p)
		switch {
		case err != nil:
			return nil, err
		case probes.NotProbed() != "":
			p.Skip("%s", probes.NotProbed())
			return nil, nil
		case len(probes.Items) == 0:
			p.Skip("the Service has no ClusterIP with a TCP port, or no node can run a test pod")
			return nil, nil
		}
		var bad []facts.NodeAnswer
		for _, a := range probes.Items {
			if a.Error != "" || len(a.Outcomes) == 0 {
				return nil, fmt.Errorf("the ClusterIP could not be tried from node %s: %s", a.Node, or(a.Error, "no connection was made"))
			}
			if !a.OK() && !metFailing(p, s, a) {
				bad = append(bad, a)
			}
		}
		switch {
		case len(bad) == 0:
			return nil, nil
		case probes.Proxy == nil:
			return nil, fmt.Errorf("connections from node %s fail, and the state of kube-proxy there is unknown", bad[0].Node)
		}
		var names []string
		for _, a := range bad {
			names = append(names, a.Node)
		}
		outcome := bad[0].Outcomes[slices.IndexFunc(bad[0].Outcomes, func(o string) bool { return o != endpoints.Connected })]
		f := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "node", Name: bad[0].Node},
			Summary: fmt.Sprintf("ClusterIP %s fails from %d of %d nodes (%s): %s",
				s.ClusterIP, len(bad), len(probes.Items), strings.Join(names, ", "), outcome),
		}
		f.Cause, f.Fixes = proxyState(*probes.Proxy, outcome)
		fs := []check.Finding{f}
		if probes.Nodes > len(probes.Items) {
			fs = append(fs, check.Finding{
				Severity: check.Info, Target: f.Target,
				Summary: fmt.Sprintf("only %d of %d nodes were tried", len(probes.Items), probes.Nodes), Cause: "the number of test pods is limited",
			})
		}
		return fs, nil
	},
}

// metFailing reports whether all failed connections from the node may have met pods that fail at their own addresses too.
func metFailing(p *check.Pass, s facts.ServiceInfo, a facts.NodeAnswer) bool {
	answers, err := facts.Answers.Get(p)
	if err != nil {
		return false
	}
	for port, outcomes := range a.ByPort(s.Ports) {
		bad := slices.DeleteFunc(slices.Clone(outcomes), func(o string) bool { return o == endpoints.Connected })
		if len(bad) > 0 && !metFailingPods(answers, port, bad) {
			return false
		}
	}
	return true
}
