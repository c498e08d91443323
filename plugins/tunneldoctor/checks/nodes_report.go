package checks

import (
	"fmt"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// NodesReport finds nodes whose kubelet does not report.
var NodesReport = &check.Check{
	Code: "TUN0401",
	Name: "nodes-report",
	Hop:  hopNodes,
	Doc: `the nodes' kubelets report to the control plane

Logs, exec and port-forward end at the node's kubelet. A kubelet that updates neither its lease nor its status does not serve them
either, and no pod can start on the node to check it: what is known about it comes from other nodes.`,
	Sources: []string{"https://kubernetes.io/docs/reference/node/node-status/#heartbeats"},
	After:   []*check.Check{APIServerAnswers},
	Needs:   []check.Need{facts.ClusterNodes, facts.Webhooks, facts.LogAttempts},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		nodes, err := facts.ClusterNodes.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, n := range nodes.Items {
			if n.Simulated || !nodes.Down(n) {
				continue
			}
			f := check.Finding{Severity: check.Error, Target: nodeRef(n.Name)}
			switch n.Ready.Status {
			case "True":
				f.Summary = fmt.Sprintf("the kubelet of node %s does not renew its lease", n.Name)
				f.Cause = "the kubelet is stopped or hangs, or the node is cut off; the node becomes NotReady soon"
			case "Unknown", "":
				reason := firstNonEmpty(n.Ready.Reason, "it never reported")
				f.Summary = fmt.Sprintf("node %s is NotReady: its kubelet does not report (%s)", n.Name, reason)
				f.Cause = firstNonEmpty(n.Ready.Message, "the kubelet is stopped or hangs, or the node is cut off or gone")
			default: // it reports that it is not ready
				f.Severity = check.Warning
				f.Summary = fmt.Sprintf("node %s is NotReady: %s", n.Name, firstNonEmpty(n.Ready.Reason, "no reason given"))
				f.Cause = firstNonEmpty(n.Ready.Message, "its kubelet reports this itself")
			}
			stranger(p, n, &f)
			if nodes.NewOrLeaving(n) {
				f.Severity = check.Info
				f.Cause = "the node is new, being removed or shutting down: " + f.Cause
			}
			restart := n.Azure.RunShellScript("systemctl restart kubelet; systemctl status kubelet --no-pager | head -20")
			if n.OS == "windows" {
				restart = n.Azure.RunPowerShellScript("Restart-Service kubelet; Get-Service kubelet")
			}
			if !restart.IsZero() {
				f.Fixes = append(f.Fixes, fix("restart the kubelet through Azure, since no pod can start on the node", restart))
			}
			f.Fixes = append(f.Fixes, fix("check the node's last known state", cmdline.Kubectl("describe", "node", n.Name)))
			fs = append(fs, f)
		}
		if f, found := rejectedHeartbeats(p, nodes); found && len(fs) > 0 {
			f.Target, f.Also = fs[0].Target, nil
			for _, other := range fs[1:] {
				f.Also = append(f.Also, other.Target)
			}
			return []check.Finding{f}, nil
		}
		if silentTogether(nodes) && len(fs) > 0 {
			fs[0].Summary = fmt.Sprintf("all %d nodes stopped reporting at the same time, such as node %s", len(fs), fs[0].Target.Name)
			cause, network := whySilentTogether(p)
			fs[0].Cause = cause
			for _, f := range fs[1:] {
				fs[0].Also = append(fs[0].Also, f.Target)
			}
			if !network {
				return fs[:1], nil
			}
			fs[0].Fixes = append([]check.Fix{{
				Title: "compare the authorized IP ranges with the cluster's egress address, and check its routes",
				Commands: []cmdline.Command{ofCluster("show", "--query", "{ranges:apiServerAccessProfile.authorizedIpRanges,"+
					"outbound:networkProfile.outboundType,ips:networkProfile.loadBalancerProfile.effectiveOutboundIPs}")},
				Placeholders: clusterPlaceholders(),
			}}, fs[0].Fixes...)
			return fs[:1], nil
		}
		return limited(fs, "node"), nil
	},
}

// whySilentTogether is the cause where all nodes stopped reporting at the same time. Agents that answered, by the attempts to read logs,
// have the way to the API server that kubelets need; where the server has lost all of them, that way is cut. network reports whether it may
// be that way.
func whySilentTogether(p *check.Pass) (cause string, network bool) {
	const cut = "the nodes cannot reach the API server: authorized IP ranges without the nodes' egress address, a route to a firewall that " +
		"is down, an NSG, or DNS"
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil {
		return "most likely " + cut, true
	}
	for _, t := range attempts {
		if slices.ContainsFunc(t.Errors, errtext.NoAgent) {
			return "most likely " + cut + ". The tunnel agents have lost the API server, too", true
		}
		if slices.ContainsFunc(t.Errors, func(e string) bool { return errtext.Explain(e).Class == errtext.Refused }) {
			return fmt.Sprintf("the kubelets were probably stopped: a tunnel agent, which connects to the API server as they do, answers, and node "+
				"%s refuses its connection", t.Node), false
		}
	}
	return "either " + cut + "; or the kubelets of all nodes hang or were stopped at once: no CPU or memory is left for them, or a change " +
		"was rolled out to all nodes", true
}

// stranger adds to the finding on a node that another program answers on the kubelet's port, if an attempt to read a log there shows that:
// the kubelet cannot start while it does.
func stranger(p *check.Pass, n podhealth.Node, f *check.Finding) {
	attempts, err := facts.LogAttempts.Get(p)
	if err != nil {
		return
	}
	for _, t := range attempts {
		if t.Node != n.Name || len(t.Errors) == 0 {
			continue
		}
		if class := errtext.Explain(t.Errors[0]).Class; class == errtext.NotTLS || class == errtext.WrongServer {
			f.Summary += "; another program answers on its port 10250"
			f.Cause = "the kubelet cannot start while that program holds its port"
			if find := n.Azure.RunShellScript("ss -ltnp 'sport = :10250'"); !find.IsZero() {
				f.Fixes = append(f.Fixes, fix("find the program, stop it, and restart the kubelet", find))
			}
			f.Evidence = append(f.Evidence, check.Evidence{Source: t.Command(), Lines: t.Errors[:1]})
		}
	}
}

// rejectedHeartbeats is the finding on a webhook that is asked about what kubelets report and cannot answer, while nodes are lost.
func rejectedHeartbeats(p *check.Pass, nodes facts.NodeList) (check.Finding, bool) {
	lost := 0
	for _, n := range nodes.Items {
		if nodes.Lost(n) {
			lost++
		}
	}
	if lost == 0 {
		return check.Finding{}, false
	}
	webhooks, err := facts.Webhooks.Get(p)
	if err != nil {
		return check.Finding{}, false // what follows from the nodes themselves stands
	}
	for _, w := range webhooks {
		if !w.Heartbeats || !w.FailClosed || !w.Unusable() || w.Host != "" {
			continue
		}
		return check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("webhook %s cannot be called about what kubelets report: %s seem to be lost", w.Name, counted(lost, "node")),
			Cause: fmt.Sprintf("it is asked about nodes' leases or status, has failurePolicy Fail, and no ready endpoint in Service %s/%s: "+
				"the kubelets may be well", w.Service.Namespace, w.Service.Name),
			Fixes: []check.Fix{
				fix("exclude leases and nodes/status from its rules, permanently", cmdline.Kubectl("edit", w.Configuration.String())),
				ignoreFix(w),
			},
			Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", w.Configuration.String(), "-o", "yaml")}},
		}, true
	}
	return check.Finding{}, false
}

// together is within what time nodes stop reporting if one cause stops all: the control plane notices each within its lease and the
// monitor's period.
const together = 2 * time.Minute

// silentTogether reports whether all nodes, and at least two, stopped reporting at the same time.
func silentTogether(nodes facts.NodeList) bool {
	var first, last time.Time
	count := 0
	for _, n := range nodes.Items {
		switch {
		case n.Simulated || n.OS == "windows":
			continue
		case n.Ready.Status == "True" || n.Ready.Status == "False" || nodes.NewOrLeaving(n):
			return false
		}
		count++
		if first.IsZero() || n.Ready.Since.Before(first) {
			first = n.Ready.Since
		}
		if n.Ready.Since.After(last) {
			last = n.Ready.Since
		}
	}
	return count > 1 && !first.IsZero() && last.Sub(first) <= together
}
