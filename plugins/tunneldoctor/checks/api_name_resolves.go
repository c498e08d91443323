package checks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// APINameResolves finds nodes that cannot resolve the API server's name.
var APINameResolves = &check.Check{
	Code: "TUN0302",
	Name: "api-name-resolves",
	Hop:  hopEgress,
	Doc: `the agents' nodes resolve the API server's name

Agents use the DNS servers of their node, which are those of the virtual network. For a private cluster, a custom DNS server must
forward to 168.63.129.16, and the private DNS zone must be linked to the DNS server's virtual network. An entry in the agents' /etc/hosts,
by hostAliases, counts before DNS.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/private-clusters"},
	After:   []*check.Check{AgentsStart},
	Needs:   []check.Need{facts.Tunnel, facts.Agents, facts.AgentNodeReports, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		t, agents, reports, err := withAPIState(p)
		if err != nil {
			return nil, err
		}
		if _, err := netip.ParseAddr(t.Endpoint.Host); err == nil {
			p.Skip("the agents connect to an IP address, not a name")
			return nil, nil
		}
		for _, s := range reports {
			if f, ok := aliased(t, agentOf(agents, s.Agent), s); ok {
				return f, nil
			}
		}
		var errs []error
		for _, s := range reports {
			api := s.Report.API
			if api.Resolve == "0" && len(api.Addresses) > 0 {
				continue
			}
			var cause string
			switch api.Resolve { // https://man7.org/linux/man-pages/man1/getent.1.html; 124 is from timeout(1)
			case "2":
				cause = "its DNS servers do not know the name"
			case "124":
				cause = "its DNS servers do not answer"
			default:
				errs = append(errs, fmt.Errorf("whether node %s resolves %s is unknown: getent exited with code %q",
					s.Node, t.Endpoint.Host, api.Resolve))
				continue
			}
			return egressFinding(agents, s.Node, fmt.Sprintf("node %s cannot resolve %s", s.Node, t.Endpoint.Host),
				fmt.Sprintf("%s (%s)", cause, firstNonEmpty(joinNames(api.Nameservers), "none in /etc/resolv.conf")),
				seenOn(s.Node, nil, cmdline.Program("getent", "ahosts", t.Endpoint.Host)),
				check.Fix{
					Title:        "check the DNS servers of the virtual network",
					Commands:     []cmdline.Command{cmdline.Az("network", "vnet", "show", "--ids", string(check.VNetID), "--query", "dhcpOptions")},
					Placeholders: []check.Placeholder{check.VNetID},
				},
				fix("check whether Azure DNS, to which a custom DNS server must forward, answers the node",
					noTunnel(s.Node, cmdline.Program("nslookup", t.Endpoint.Host, "168.63.129.16"))),
			), nil
		}
		return nil, errors.Join(errs...)
	},
}

// aliased is the finding on an agent whose hostAliases give the API server another address than DNS does on its node.
func aliased(t facts.TunnelInfo, a facts.Agent, s facts.NodeReport) ([]check.Finding, bool) {
	to, known := a.Aliases[t.Endpoint.Host]
	addresses := s.Report.API.Addresses
	if !known || len(addresses) == 0 || slices.Contains(addresses, to) {
		return nil, false
	}
	return []check.Finding{{
		Severity: check.Error, Target: deploymentRef(t),
		Summary: fmt.Sprintf("the agents' hostAliases say that %s is %s, and DNS says %s", t.Endpoint.Host, to, joinNames(addresses)),
		Cause:   "/etc/hosts of a pod counts before DNS: the agents connect to an address that the API server does not have",
		Fixes: []check.Fix{
			fix("remove hostAliases from the Deployment", cmdline.Kubectl("patch", "deployment", t.Kind, "-n", system, "--type=json", "-p",
				`[{"op":"remove","path":"/spec/template/spec/hostAliases"}]`)),
		},
		Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", "pod", a.Name, "-n", system, "-o", "jsonpath={.spec.hostAliases}")}},
	}}, true
}
