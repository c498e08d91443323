package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// redirectedTwice is the finding on a Service that no agent's node reaches, although they reach its pods, where two backends of a node's
// packet filter redirect its cluster IP, one of them to what is no endpoint. kube-proxy keeps rules in one; those in the other stay as they
// were when it changed (https://github.com/kubernetes/kubernetes/issues/109811).
func redirectedTwice(s facts.CalledService, tried []try) (check.Finding, bool) {
	for _, t := range tried {
		reached := func(e facts.CalledEndpoint) bool { ok, _ := t.reaches(e.At); return ok }
		rules := redirecting(s, t)
		old := slices.IndexFunc(rules, func(r firewall.Rule) bool { return stale(s, r) })
		if len(rules) < 2 || old < 0 || s.More || !slices.ContainsFunc(s.Endpoints, reached) {
			continue
		}
		rule := rules[old]
		f := calledFinding(s, fmt.Sprintf("calls of %s through the agent on node %s fail: %s: %s", s.Of, t.node, s.At, t.services[s.At.String()]))
		f.Also = append(f.Also, nodeRef(t.node))
		f.Cause = fmt.Sprintf("the node reaches the pods of Service %s/%s, and not its cluster IP: a rule in %s redirects it to what is no "+
			"endpoint (%s), besides that of %s. It is left over from a former kube-proxy", s.Service.Namespace, s.Service.Name, rule.Backend,
			rule.Text, rules[1-min(old, 1)].Backend)
		f.Evidence = append(seenOn(t.node, []string{rule.Text}, rule.List()), connection(t.node, s.At))
		if remove := rule.Delete(); !remove.IsZero() {
			f.Fixes = append(f.Fixes, fix("delete the rule that is left over, on each node", noTunnel(t.node, remove)))
		}
		f.Fixes = append(f.Fixes, check.Fix{
			Title: "or restart the nodes: kube-proxy writes its own rules again, and the others are gone", Disruptive: true,
		})
		return f, true
	}
	return check.Finding{}, false
}

// onlyClusterIP is the finding on a Service whose cluster IP no agent's node reaches, although one reaches each of its pods. Connections
// that the API server has kept may still work.
func onlyClusterIP(s facts.CalledService, tried []try) (check.Finding, bool) {
	for _, t := range tried {
		missed := func(e facts.CalledEndpoint) bool { ok, _ := t.reaches(e.At); return !ok }
		if len(s.Endpoints) == 0 || s.More || slices.ContainsFunc(s.Endpoints, missed) {
			continue
		}
		f := calledFinding(s, fmt.Sprintf("new calls of %s fail: no agent's node reaches %s: %s", s.Of, s.At, t.services[s.At.String()]))
		f.Also = append(f.Also, nodeRef(t.node))
		f.Cause = fmt.Sprintf("node %s reaches every pod of Service %s/%s, and not its cluster IP: the rules of kube-proxy are outdated, or "+
			"others come before them, such as those that a former kube-proxy left in iptables-legacy", t.node, s.Service.Namespace, s.Service.Name)
		f.Evidence = append(f.Evidence, connection(t.node, s.At))
		f.Fixes = []check.Fix{{
			Title: "look for rules of the cluster IP in both backends",
			Commands: []cmdline.Command{
				noTunnel(t.node, cmdline.Program("iptables-legacy", "-t", "nat", "-S")),
				noTunnel(t.node, cmdline.Program("iptables", "-t", "nat", "-S")),
			},
		}}
		return f, true
	}
	return check.Finding{}, false
}

// stale reports whether the rule redirects to an address that is no endpoint of the Service.
func stale(s facts.CalledService, r firewall.Rule) bool {
	to, ok := r.Destination()
	return ok && !slices.ContainsFunc(s.Endpoints, func(e facts.CalledEndpoint) bool { return e.At == to })
}

// redirecting returns the rules of the node that redirect the Service's cluster IP, one of each backend; nil if its rules are not known.
func redirecting(s facts.CalledService, t try) (rules []firewall.Rule) {
	all, err := rulesets(t.report)
	if err != nil {
		return nil
	}
	packet := firewall.Packet{Protocol: "tcp", Source: t.client, Destination: s.At.Addr(), Port: s.At.Port()}
	for _, r := range all {
		if v := firewall.Decide(packet, firewall.Forward, r); v.Redirects && v.Rule != nil {
			rules = append(rules, *v.Rule)
		}
	}
	return rules
}
