package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetConnects finds targets that accept no connection from the pods' nodes.
var TargetConnects = &check.Check{
	Code: "CON0802",
	Name: "target-connects",
	Hop:  hopTrial,
	Doc: `the target accepts connections from the connection's namespace

A test pod connects, on the node of a pod that uses the connection. Some services, such as PostgreSQL and MySQL, drop the packets of
clients that their firewall does not allow.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/basic-troubleshooting-outbound-connections",
	},
	After: []*check.Check{TargetNameResolves},
	Needs: []check.Need{facts.TargetAddress, facts.TargetAnswer},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		at, a, ok, err := answered(p)
		if !ok || a.Connect == endpoints.Connected {
			return nil, err
		}
		if len(a.Denied) > 0 {
			return nil, denied(a.Denied, a.Address)
		}
		f := check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("no connection to %s (%s) from %s: %s", at.Host, a.Address, place(at, a.Node), a.Connect),
			Fixes: []check.Fix{
				fix("see where packets are lost", cmdline.Kubectl("insideout", "pod/"+at.Pod, "--to", fmt.Sprintf("%s:%d", at.Host, at.Port))),
			},
		}
		if at.Pod == "" {
			f.Fixes = nil
		}
		switch a.Connect {
		case endpoints.Refused:
			f.Cause = "nothing listens on the port, or a firewall rejects it"
		case endpoints.Unreachable:
			f.Cause = "the node has no route there"
		default:
			f.Cause = "something drops the packets: a network security group, a firewall or route table on the cluster's outbound path, or the " +
				"target's own firewall, if it does not allow the cluster's outbound address"
		}
		return []check.Finding{f}, nil
	},
}
