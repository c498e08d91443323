package checks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// UfwAllowsKubeletPort finds nodes whose ufw was enabled and blocks the kubelet's port.
var UfwAllowsKubeletPort = &check.Check{
	Code: "TUN0501",
	Name: "ufw-lets-kubelet-port-in",
	Hop:  hopFirewall,
	Doc: `the nodes' ufw allows the kubelet's port

ufw is installed on Ubuntu nodes and disabled. Once enabled, it denies ingress that is not allowed, port 10250 included.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		fs, err := blockedKubelets(p, true, func(path facts.BrokenPath, v firewall.Verdict) check.Finding {
			cause := "ufw is enabled and does not allow the port: " + describeRule(v)
			if report, err := kubeletReport(p, path.To.Name); err == nil && report.Report.Filters != nil {
				if u, ok := firewall.ParseUfw(report.Report.Filters.Ufw); ok && u.Incoming != "" {
					cause = fmt.Sprintf("ufw is enabled (default for ingress: %s; %d rules): %s", u.Incoming, len(u.Rules), describeRule(v))
				}
			}
			return check.Finding{
				Summary: fmt.Sprintf("ufw on node %s blocks port 10250 for %s", path.To.Name, clientOf(path.From)),
				Cause:   cause,
			}
		})
		if err != nil { // an unknown here would precede rules that the next check knows to block
			p.Skip("the nodes' firewalls could not be evaluated: see TUN0502")
		}
		return fs, nil
	},
}

// FirewallAllowsKubeletPort finds rules on the target's node, other than ufw's, that block the kubelet's port.
var FirewallAllowsKubeletPort = &check.Check{
	Code: "TUN0502",
	Name: "packet-filter-lets-kubelet-port-in",
	Hop:  hopFirewall,
	Doc: `the nodes' iptables and nftables allow the kubelet's port

A rule or a chain's policy on the node drops or rejects TCP 10250. iptables does not list all rules: iptables-legacy and other
tables of nftables are evaluated too.`,
	Sources: []string{"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/tunnel-connectivity-issues"},
	After:   []*check.Check{UfwAllowsKubeletPort},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		return blockedKubelets(p, false, func(path facts.BrokenPath, v firewall.Verdict) check.Finding {
			return check.Finding{
				Summary: fmt.Sprintf("%s on node %s blocks port 10250 for %s (%s)", v.Rule.Backend, path.To.Name,
					clientOf(path.From), v.Action),
				Cause: describeRule(v),
			}
		})
	},
}

// blockedKubelets returns a finding for each kubelet that its own node's firewall blocks: by a rule of ufw if ufw, else by another.
// describe returns its summary and cause. Without a finding, it returns the errors of the firewalls that could not be evaluated.
func blockedKubelets(p *check.Pass, ufw bool, describe func(facts.BrokenPath, firewall.Verdict) check.Finding) ([]check.Finding, error) {
	nodes, broken, err := brokenPaths(p)
	if err != nil {
		return nil, err
	}
	var fs []check.Finding
	var errs []error
	evaluated := 0
	for _, path := range broken {
		if slices.ContainsFunc(fs, func(f check.Finding) bool { return f.Target.Name == path.To.Name }) {
			continue
		}
		report, err := kubeletReport(p, path.To.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		evaluated++
		if k := report.Report.Kubelet; k.Listed && len(k.Listens) == 0 || k.Elsewhere(path.To.IP.String()) {
			continue // the fault is the kubelet's
		}
		v, packet, err := evaluateIngress(report, sourceIP(path.From, nodes), path.To.IP)
		// or the target sees the address of the agent's node (SNAT)
		if n := nodes.Find(path.From.Node); err == nil && !v.Blocked() && n != nil && path.From.AgentIP.IsValid() {
			if other, p, err := evaluateIngress(report, n.IP, path.To.IP); err == nil && other.Blocked() {
				v, packet = other, p
			}
		}
		switch {
		case err != nil:
			errs = append(errs, err)
		case v.Redirects && v.Ufw == ufw:
			fs = append(fs, redirected(path, path.To.Name, v))
		case v.Action == firewall.Unknown && !v.MayBlock():
			errs = append(errs, fmt.Errorf("whether the firewall of node %s allows ingress from %s is unknown: %s",
				path.To.Name, clientOf(path.From), v.Reason))
		case v.Ufw != ufw:
		case v.MayBlock():
			fs = append(fs, mayBlock(path, v))
		case v.Blocked():
			f := describe(path, v)
			f.Severity, f.Target = check.Error, nodeRef(path.To.Name)
			f.Evidence = ruleEvidence(path.To.Name, v)
			f.Fixes = allowFixes(path.To, v, packet)
			owned(&f, v)
			fs = append(fs, f)
		}
	}
	if len(fs) > 0 {
		return limited(fs, "node"), nil
	}
	return nil, joinUnknown(errs, evaluated)
}

// allowFixes returns fixes that allow the packet. ufw also drops traffic that the node forwards for its pods, so it may have to be
// disabled, as on AKS's own nodes.
func allowFixes(n podhealth.Node, v firewall.Verdict, packet firewall.Packet) []check.Fix {
	commands := v.Fix(packet)
	least := onNode(n, fixTitle(v, commands), commands...)
	if !v.Ufw {
		return least
	}
	for _, f := range onNode(n, "disable ufw, which also drops forwarded pod traffic", cmdline.Program("ufw", "disable")) {
		least = append(least, weakening(f, "none of its rules applies any more"))
	}
	return least
}

// fixTitle describes the commands that v.Fix returned.
func fixTitle(v firewall.Verdict, commands []cmdline.Command) string {
	for _, command := range commands {
		switch argv := command.Argv(); {
		case argv[0] == "ufw":
			return "allow the port in ufw"
		case argv[0] == "nft" && argv[1] == "delete", slices.Contains(argv[:min(len(argv), 4)], "-D"):
			return "delete this rule"
		}
	}
	if v.Rule != nil && v.Rule.Number == 0 {
		return "accept the port before the chain's policy applies"
	}
	return "accept the port before this rule"
}

// FirewallAllowsAgentEgress finds rules on the agents' own nodes that block their egress to kubelets.
var FirewallAllowsAgentEgress = &check.Check{
	Code: "TUN0503",
	Name: "packet-filter-lets-agents-out",
	Hop:  hopFirewall,
	Doc: `the agents' nodes allow the agents' egress to the kubelets

An agent's packets first cross its own node's iptables and nftables: FORWARD if the agent has a pod IP, OUTPUT if it uses the host
network.`,
	Sources: []string{"https://www.netfilter.org/documentation/HOWTO/packet-filtering-HOWTO-6.html"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   kubeletNeeds,
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, broken, err := brokenPaths(p)
		if err != nil {
			return nil, err
		}
		var errs []error
		for _, path := range broken {
			if path.From.Node == path.To.Name {
				continue
			}
			v, packet, err := evaluateEgress(path.From, path.To.IP, "tcp", facts.KubeletPort)
			if v.Redirects {
				return []check.Finding{redirected(path, path.From.Node, v)}, nil
			}
			if !v.Blocked() {
				switch {
				case err != nil:
					errs = append(errs, err)
				case v.Action == firewall.Unknown:
					errs = append(errs, fmt.Errorf("whether the firewall of node %s allows its agent's egress is unknown: %s",
						path.From.Node, v.Reason))
				}
				continue
			}
			n := nodes.Find(path.From.Node)
			if n == nil {
				n = &podhealth.Node{Name: path.From.Node}
			}
			return []check.Finding{{
				Severity: check.Error, Target: nodeRef(path.From.Node),
				Summary: fmt.Sprintf("%s on node %s blocks its own agent's egress to port 10250 of node %s (%s)",
					v.Rule.Backend, path.From.Node, path.To.Name, v.Action),
				Cause:    describeRule(v),
				Evidence: ruleEvidence(path.From.Node, v),
				Fixes:    allowFixes(*n, v, packet),
			}}, nil
		}
		return nil, errors.Join(errs...)
	},
}
