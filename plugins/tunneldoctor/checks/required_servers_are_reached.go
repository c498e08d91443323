package checks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// RequiredServersAreReached finds servers outside the cluster that AKS requires and nodes do not reach.
var RequiredServersAreReached = &check.Check{
	Code: "TUN0308",
	Name: "required-servers-are-reached",
	Hop:  hopEgress,
	Doc: `nodes reach the servers outside the cluster that AKS requires

With --egress, each agent's node sends HTTPS requests to the servers of its cloud and region, as the kubelet and containerd do:
through the node's proxy, with the CAs that the node trusts. Without these servers, images cannot be pulled and nodes cannot be
upgraded. A network isolated cluster needs none of them.`,
	Sources: []string{"https://learn.microsoft.com/azure/aks/outbound-rules-control-egress"},
	After:   []*check.Check{APIPortIsReached},
	Needs:   []check.Need{facts.ClusterNodes, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		all, err := facts.AgentNodeReports.Get(p)
		if err != nil {
			return nil, fmt.Errorf("the agents' nodes could not be checked: %w", err)
		}
		switch {
		case all.Off != "":
			p.Skip("%s", all.Off)
			return nil, nil
		case len(all.Egress) == 0:
			p.Skip("only with --egress")
			return nil, nil
		}
		var found []check.Finding
		var errs []error
		checked := false
		for _, s := range all.Items {
			failed, err := failedServers(all.Egress, s)
			if err != nil {
				errs = append(errs, err)
			}
			checked = checked || s.Error == ""
			if len(failed) > 0 {
				found = append(found, requiredServersFinding(p, s, failed, len(all.Egress)))
			}
		}
		if !checked && len(errs) == 0 {
			errs = append(errs, errors.New("no node could be checked"))
		}
		return found, errors.Join(errs...)
	},
}

// failedServers returns the servers that did not answer the node. If that is unknown for some, it returns an error too.
func failedServers(names []string, s facts.NodeReport) (failed []string, err error) {
	if s.Error != "" {
		return nil, fmt.Errorf("node %s: %s", s.Node, s.Error)
	}
	var unknown []string
	for _, name := range names {
		h := s.Report.Egress[name]
		switch {
		case h.OK():
		case facts.OptionalServer(name) && (h.Outcome == nodecheck.Unresolved || h.Proxy):
		case h.Outcome == "":
			unknown = append(unknown, strings.TrimSpace(name+" "+h.Error))
		default:
			failed = append(failed, name)
		}
	}
	if len(unknown) > 0 {
		err = fmt.Errorf("whether node %s reaches these servers is unknown: %s", s.Node, strings.Join(unknown, ", "))
		if slices.Contains(s.Report.Missing, "curl") {
			err = fmt.Errorf("node %s has no curl, which the check of its egress needs", s.Node)
		}
	}
	return failed, err
}

// requiredServersFinding returns the finding for a node that does not reach some of its required servers.
func requiredServersFinding(p *check.Pass, s facts.NodeReport, failed []string, of int) check.Finding {
	var list, lines []string
	cause := "a firewall, a route table, a network security group or a DNS server blocks them; a network isolated cluster needs none of them"
	for _, name := range failed {
		h := s.Report.Egress[name]
		list = append(list, fmt.Sprintf("%s (%s)", name, h.Outcome))
		lines = append(lines, name+": "+firstNonEmpty(h.Error, string(h.Outcome)))
		if h.Outcome == nodecheck.Untrusted {
			cause = "something on the path inspects TLS with a CA that the node does not trust: " + firstNonEmpty(h.Issuer, "its name is unknown")
		}
	}
	first := s.Report.Egress[failed[0]]
	if first.Proxy {
		cause = "the node's HTTP proxy, or something behind it, blocks them"
	}
	return check.Finding{
		Severity: check.Warning, Target: nodeRef(s.Node),
		Summary:  fmt.Sprintf("node %s does not reach %d of %d servers that AKS requires: %s", s.Node, len(failed), of, strings.Join(list, ", ")),
		Cause:    cause,
		Evidence: seenOn(s.Node, lines, cmdline.Program("curl", "-sS", "-o", "/dev/null", "--max-time", "8", "https://"+failed[0]+"/")),
		Fixes:    []check.Fix{egressFix(p, "allow HTTPS to these servers in the egress rules of the node subnet")},
	}
}
