package checks

import (
	"fmt"
	"net"
	"strconv"

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
clients that their firewall does not allow. NetworkPolicies are
evaluated for the pods that use the connection, with the address that was found.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/basic-troubleshooting-outbound-connections",
	},
	After: []*check.Check{TargetNameResolves},
	Needs: []check.Need{facts.Connection, facts.TargetAddress, facts.TargetAnswer, facts.Enforcement},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		at, a, ok, err := answered(p)
		if !ok {
			return nil, err
		}
		s, err := facts.Connection.Get(p)
		if err != nil {
			return nil, err
		}
		switch {
		case a.PodDenied != nil && len(a.PodDenied.Verdict.Policies) > 0 && len(a.PodDenied.Ports) > 0:
			return enforced(p, []check.Finding{podDenied(subject{ConnectionInfo: s}, *a.PodDenied, a.Address)})
		case a.Connect == endpoints.Connected:
			return amqp(at, a), nil
		case at.Proxied:
			return nil, fmt.Errorf("no connection to %s from %s: %s; but pod %s connects through a proxy, which was not tried", a.Address,
				place(at, a.Node), a.Connect, at.Pod)
		case len(a.Denied) > 0:
			return nil, denied(a.Denied, a.Address)
		}
		f := check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("no connection to %s (%s) from %s: %s", at.Host, a.Address, place(at, a.Node), a.Connect),
		}
		if at.Pod != "" {
			to := net.JoinHostPort(at.Host, strconv.Itoa(int(at.Port)))
			f.Fixes = []check.Fix{fix("see where packets are lost", cmdline.Kubectl("insideout", "pod/"+at.Pod, "-n", s.Namespace, "--to", to))}
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

// podDenied is the finding that NetworkPolicies keep a pod of the connection from the target, although the test pod may have reached it.
func podDenied(s subject, d facts.EgressDenial, address string) check.Finding {
	return check.Finding{
		Severity: check.Error,
		Summary: fmt.Sprintf("NetworkPolicy %s does not allow pod %s to connect to the target's address, %s", names(d.Verdict.Policies), d.Pod,
			address),
		Cause: d.Verdict.Closest(),
		Fixes: []check.Fix{allowEgress(s, d)},
	}
}

// amqp are the findings about the port of AMQP; none for a target that has no such port, or that was reached there.
func amqp(at facts.TargetAt, a facts.TargetAnswered) []check.Finding {
	if a.AMQP == "" || a.AMQP == endpoints.Connected {
		return nil
	}
	return []check.Finding{{
		Severity: check.Warning,
		Summary: fmt.Sprintf("%s accepts connections on port %d, but not on port %d from %s: %s", at.Host, at.Port, facts.AMQPPort,
			place(at, a.Node), a.AMQP),
		Cause: "a firewall on the cluster's outbound path does not allow AMQP, which clients use unless they are set to WebSockets",
	}}
}
