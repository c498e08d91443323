package checks

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// somePods is the finding on a Service whose cluster IP every agent's node reached, and not every pod behind it: which pod a connection
// meets is chance, so some calls fail.
func somePods(s facts.CalledService, tried []try) (check.Finding, bool) {
	for _, e := range s.Endpoints {
		lost := slices.IndexFunc(tried, func(t try) bool { ok, known := t.reaches(e.At); return known && !ok })
		if lost < 0 {
			continue
		}
		t := tried[lost]
		switch {
		case !reachedByAny(tried, e):
			if t.services[e.At.String()] == nodecheck.Refused {
				return deadPod(s, e, t), true
			}
		case t.services[e.At.String()] != nodecheck.Refused: // one that is refused here and not there has just started or ended
			f := calledFinding(s, fmt.Sprintf("some calls of %s through the agent on node %s fail: pod %s: %s", s.Of, t.node, podAt(e),
				t.services[e.At.String()]))
			f.Also = append(f.Also, nodeRef(t.node))
			f.Cause, f.Fixes, f.Evidence = lostOnTheWay(e, t, tried, []check.Evidence{connection(t.node, e.At)})
			return f, true
		}
	}
	return check.Finding{}, false
}

func reachedByAny(tried []try, e facts.CalledEndpoint) bool {
	return slices.ContainsFunc(tried, func(t try) bool { ok, _ := t.reaches(e.At); return ok })
}

// nodesApart completes the cause of a call that got no answer: each agent's node gets none from a pod of the Service, which is on another
// node.
func nodesApart(p *check.Pass, service check.Ref, f *check.Finding) {
	called, err := facts.CalledServices.Get(p)
	i := slices.IndexFunc(called, func(s facts.CalledService) bool { return s.Service == service })
	reports, failed := facts.AgentNodeReports.Get(p)
	if err != nil || failed != nil || i < 0 {
		return
	}
	tried := triesOf(called[i], reports)
	for _, e := range called[i].Endpoints {
		lost := func(t try) bool { return t.services[e.At.String()] == nodecheck.TimedOut && t.node != e.Node }
		if len(tried) == 0 || slices.ContainsFunc(tried, func(t try) bool { return !lost(t) }) {
			continue
		}
		f.Cause = also(f.Cause, fmt.Sprintf("the agent on node %s gets no answer from pod %s, which is on node %s: a network security group, a "+
			"firewall or a rule between these nodes drops the packets, or one on them", tried[0].node, podAt(e), firstNonEmpty(e.Node, "unknown")))
		f.Evidence = append(f.Evidence, connection(tried[0].node, e.At))
		return
	}
}

// podAt names the pod of the endpoint.
func podAt(e facts.CalledEndpoint) string {
	return firstNonEmpty(e.Pod, "endpoint") + " (" + e.At.String() + ")"
}

// connection is the command that connects from the node to the address.
func connection(node string, at netip.AddrPort) check.Evidence {
	return check.Evidence{Source: noTunnel(node, cmdline.Program("curl", "-vk", "https://"+at.String()))}
}

// deadPod is the finding on a pod behind the Service that no agent's node reaches, while others are reached.
func deadPod(s facts.CalledService, e facts.CalledEndpoint, t try) check.Finding {
	outcome := t.services[e.At.String()]
	f := calledFinding(s, fmt.Sprintf("some calls of %s fail: its pod %s is Ready and accepts no connection: %s", s.Of, podAt(e), outcome))
	f.Cause = fmt.Sprintf("no agent's node reaches it; others of Service %s/%s answer", s.Service.Namespace, s.Service.Name)
	f.Fixes = []check.Fix{checkServiceFix(s.Service, errtext.Refused)}
	if s.PublishesUnready {
		f.Summary = fmt.Sprintf("some calls of %s fail: its Service also leads to pods that are not ready, such as %s: %s",
			s.Of, podAt(e), outcome)
		f.Cause = fmt.Sprintf("Service %s/%s has publishNotReadyAddresses: true", s.Service.Namespace, s.Service.Name)
		f.Fixes = []check.Fix{fix("lead to ready pods only", cmdline.Kubectl("patch", "service", s.Service.Name, "-n", s.Service.Namespace, "-p",
			`{"spec":{"publishNotReadyAddresses":false}}`))}
	}
	f.Evidence = append(f.Evidence, connection(t.node, e.At))
	return f
}

// lostOnTheWay explains that the node does not reach the pod, which another agent's node reaches. It adds to the evidence.
func lostOnTheWay(e facts.CalledEndpoint, t try, tried []try, seen []check.Evidence) (string, []check.Fix, []check.Evidence) {
	there := slices.IndexFunc(tried, func(o try) bool { return o.node == e.Node })
	for _, o := range []int{slices.IndexFunc(tried, func(o try) bool { return o.node == t.node }), there} {
		if o < 0 || !t.client.IsValid() {
			continue
		}
		for _, way := range [][2]netip.Addr{{t.client, e.At.Addr()}, {e.At.Addr(), t.client}} {
			if p, drops := tried[o].ipsec.Drops(way[0], way[1]); drops {
				return ipsecText(tried[o].node, p), []check.Fix{ipsecFix(tried[o].node, p)},
					append(seen, check.Evidence{Source: noTunnel(tried[o].node, cmdline.Program("ip", "xfrm", "policy", "list"))})
			}
		}
	}
	cause := fmt.Sprintf("the node does not reach pod %s on node %s, which another agent's node reaches: a rule on one of the two nodes, "+
		"or the network between them", podAt(e), firstNonEmpty(e.Node, "unknown"))
	return cause, []check.Fix{fix("show the rules of the node", noTunnel(t.node, cmdline.Program("iptables-save")))}, seen
}

// ipsecText says why the node drops the packets of the policy.
func ipsecText(node string, p nodecheck.IPsecPolicy) string {
	if p.Block {
		return fmt.Sprintf("an IPsec policy of node %s blocks packets from %s to %s", node, p.From, p.To)
	}
	return fmt.Sprintf("an IPsec policy of node %s demands that packets from %s to %s are encrypted, and its kernel has no keys for that: "+
		"it drops them. A network plugin that was removed may have left it", node, p.From, p.To)
}

func ipsecFix(node string, p nodecheck.IPsecPolicy) check.Fix {
	return fix("if nothing on the node uses IPsec, delete its policies, such as this one", noTunnel(node,
		cmdline.Program("ip", "xfrm", "policy", "delete", "src", p.From.String(), "dst", p.To.String(), "dir", p.Direction)))
}
