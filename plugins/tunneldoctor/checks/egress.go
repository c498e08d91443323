package checks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// unconnected returns what the nodes show on which an agent is not connected, or on which an agent could be where there is none.
// An agent that is Ready outranks what we try: its node is left out; so are all of an old tunnel while anything goes through it.
// agents has no items where there is no tunnel, or where the check was skipped.
func unconnectedNodes(p *check.Pass) (t facts.TunnelInfo, agents facts.AgentList, reports []facts.NodeReport, err error) {
	t, agents, ok, err := tunnelAgents(p)
	if !ok || err != nil {
		return t, facts.AgentList{}, nil, err
	}
	if !t.ReadyIsConnected() {
		if _, err := facts.LogAttempts.Get(p); err != nil {
			return t, agents, nil, fmt.Errorf("whether %s works could not be tried: %w", t.Name(), err)
		}
		if !allLogsFail(p) {
			return t, agents, nil, nil
		}
		agents = withoutReadiness(agents)
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

// unproved returns the agents without their readiness, which says nothing of their connection.
func withoutReadiness(agents facts.AgentList) facts.AgentList {
	agents.Items = slices.Clone(agents.Items)
	for i := range agents.Items {
		agents.Items[i].Conditions = nil
	}
	return agents
}

// tried returns what unconnected returns, as far as the way to the API server was tried there. That it was tried nowhere is an
// error.
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
		err = fmt.Errorf("Deployment kube-system/%s does not show which server its agents connect to", t.Kind)
	default:
		err = errors.New("the nodes' reports lack their connections to the API server")
	}
	return t, agents, reports, err
}

// endpoint names to what the agents connect.
func endpoint(t facts.TunnelInfo) string {
	return fmt.Sprintf("%s:%d", t.Endpoint.Host, t.Endpoint.Port)
}

// aboutEgress makes a finding about the way from a node to the API server: an error where no agent is connected.
func egressFinding(agents facts.AgentList, node, summary, cause string, seen []check.Evidence, fixes ...check.Fix) []check.Finding {
	severity := check.Error
	if readyCount(agents) > 0 {
		severity = check.Warning
	}
	return []check.Finding{{Severity: severity, Target: nodeRef(node), Summary: summary, Cause: cause, Fixes: fixes, Evidence: seen}}
}

// egressFixes show what Azure lets out of the subnet of the nodes. The check needs facts.ClusterNodes.
func egressFixes(p *check.Pass, title string) []check.Fix {
	nodes, _ := facts.ClusterNodes.Get(p) // without it the user fills in the group
	group := ""
	for _, n := range nodes.Items {
		group = cmp.Or(group, n.Azure.ResourceGroup)
	}
	return []check.Fix{showNetwork(title, group, nil)}
}

// showNetwork is a fix by commands that show the network security groups in the nodes' resource group, whatever more is given, and
// what the subnet has. group may be empty: it is a placeholder then.
func showNetwork(title, group string, more [][]string) check.Fix {
	placeholders := []check.Placeholder{check.SubnetID}
	if group == "" {
		group, placeholders = string(check.NodeResourceGroup), append(placeholders, check.NodeResourceGroup)
	}
	commands := append([][]string{{"az", "network", "nsg", "list", "-g", group, "-o", "table"}}, more...)
	subnet := []string{
		"az", "network", "vnet", "subnet", "show", "--ids", string(check.SubnetID),
		"--query", "{nsg:networkSecurityGroup.id,routes:routeTable.id,nat:natGateway.id}",
	}
	return check.Fix{Title: title, Commands: append(commands, subnet), Placeholders: placeholders}
}
