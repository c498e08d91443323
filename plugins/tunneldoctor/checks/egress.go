package checks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// unconnectedNodes returns the reports of the nodes with an agent that is not connected or, if there are no agents, of the nodes that
// stand in for theirs. While any log can be read, the node of a Ready agent is left out, whatever its report shows, and so are all
// nodes of an old tunnel. agents has no items if there is no tunnel or the check was skipped.
func unconnectedNodes(p *check.Pass) (t facts.TunnelInfo, agents facts.AgentList, reports []facts.NodeReport, err error) {
	t, agents, ok, err := tunnelAgents(p)
	if !ok || err != nil {
		return t, facts.AgentList{}, nil, err
	}
	if !t.ReadyIsConnected() {
		if _, err := facts.LogAttempts.Get(p); err != nil {
			return t, agents, nil, fmt.Errorf("whether %s works is unknown, since logs could not be tried: %w", t.Name(), err)
		}
		if !allLogsFail(p) {
			return t, agents, nil, nil
		}
		agents = withoutReadiness(agents, nil)
	} else if allLogsFail(p) { // Ready may be what was, or come and go
		lost := nodesWithoutServer(p)
		agents = withoutReadiness(agents, func(a facts.Agent) bool { return !lost[a.Node] })
	}
	alive := agents.Alive()
	if len(alive) > 0 && readyCount(agents) == len(alive) {
		return t, agents, nil, nil
	}
	all, err := facts.AgentNodeReports.Get(p)
	if err != nil && readyCount(agents) > 0 {
		p.Skip("other agents are connected, and the nodes could not be checked: %v", err)
		return t, facts.AgentList{}, nil, nil
	}
	if err != nil {
		return t, agents, nil, fmt.Errorf("the agents' nodes could not be checked: %w", err)
	}
	if all.Off != "" {
		p.Skip("%s", all.Off)
		return t, facts.AgentList{}, nil, nil
	}
	var errs []error
	for _, s := range all.Items {
		if agentOf(agents, s.Agent).Ready() {
			continue
		}
		if s.Error != "" {
			errs = append(errs, fmt.Errorf("node %s: %s", s.Node, s.Error))
			continue
		}
		reports = append(reports, s)
	}
	if len(reports) == 0 && len(errs) > 0 {
		return t, agents, nil, fmt.Errorf("no node with a disconnected agent could be checked: %w", errors.Join(errs...))
	}
	return t, agents, reports, nil
}

// withoutReadiness returns the agents without their conditions, which do not show whether they are connected; those that keep
// reports are left as they are.
func withoutReadiness(agents facts.AgentList, keep func(facts.Agent) bool) facts.AgentList {
	agents.Items = slices.Clone(agents.Items)
	for i, a := range agents.Items {
		if keep == nil || !keep(a) {
			agents.Items[i].Conditions = nil
		}
	}
	return agents
}

// nodesWithoutServer returns the nodes of which an agent answers, by their reports, that it is connected to no server.
func nodesWithoutServer(p *check.Pass) map[string]bool {
	all, _ := facts.AgentNodeReports.Get(p)
	nodes := map[string]bool{}
	for _, s := range all.Items {
		if s.Report.Agent != nil && s.Report.Agent.NoServer() {
			nodes[s.Node] = true
		}
	}
	return nodes
}

// withAPIState returns what unconnectedNodes returns, with only the reports that cover the connection to the API server. It returns an
// error if no report does.
func withAPIState(p *check.Pass) (t facts.TunnelInfo, agents facts.AgentList, reports []facts.NodeReport, err error) {
	t, agents, all, err := unconnectedNodes(p)
	for _, s := range all {
		if s.Report.API != nil {
			reports = append(reports, s)
		}
	}
	switch {
	case err != nil || len(all) == 0 || len(reports) > 0:
	case t.Endpoint.Host == "":
		err = fmt.Errorf("deployment kube-system/%s does not show which server its agents connect to", t.Kind)
	default:
		err = errors.New("the nodes' reports lack their connections to the API server")
	}
	return t, agents, reports, err
}

// endpoint returns the host and port that the agents connect to.
func endpoint(t facts.TunnelInfo) string {
	return fmt.Sprintf("%s:%d", t.Endpoint.Host, t.Endpoint.Port)
}

// egressFinding returns a finding about a node's connection to the API server: an error if no agent is ready, otherwise a warning.
func egressFinding(agents facts.AgentList, node, summary, cause string, seen []check.Evidence, fixes ...check.Fix) []check.Finding {
	severity := check.Error
	if readyCount(agents) > 0 {
		severity = check.Warning
	}
	return []check.Finding{{Severity: severity, Target: nodeRef(node), Summary: summary, Cause: cause, Fixes: fixes, Evidence: seen}}
}

// egressFix shows what governs the egress of the nodes' subnet in Azure. The check must need facts.ClusterNodes.
func egressFix(p *check.Pass, title string) check.Fix {
	nodes, _ := facts.ClusterNodes.Get(p) // without them, the resource group is a placeholder
	group := ""
	for _, n := range nodes.Items {
		group = cmp.Or(group, n.Azure.ResourceGroup)
	}
	return showNetwork(title, group, nil)
}

// showNetwork returns a fix by commands that show the network security groups of the nodes' resource group, then more, then what is
// attached to the subnet. If group is empty, it is a placeholder.
func showNetwork(title, group string, more []cmdline.Command) check.Fix {
	placeholders := []check.Placeholder{check.SubnetID}
	if group == "" {
		group, placeholders = string(check.NodeResourceGroup), append(placeholders, check.NodeResourceGroup)
	}
	commands := append([]cmdline.Command{cmdline.Az("network", "nsg", "list", "-g", group, "-o", "table")}, more...)
	subnet := cmdline.Az("network", "vnet", "subnet", "show", "--ids", string(check.SubnetID),
		"--query", "{nsg:networkSecurityGroup.id,routes:routeTable.id,nat:natGateway.id}")
	return check.Fix{Title: title, Commands: append(commands, subnet), Placeholders: placeholders}
}
