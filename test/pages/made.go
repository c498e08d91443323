package main

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/report"
)

// result makes the result of a check.
func result(code, hop, title string, s check.Status, findings ...check.Finding) check.Result {
	for i := range findings {
		findings[i].Code = code
	}
	return check.Result{Code: code, Name: "made", Hop: hop, Title: title, Status: s, Findings: findings, Milliseconds: 1234}
}

// manyNodes is the report of a cluster in which 40 nodes are not reached, and some have other troubles.
func manyNodes() *report.Report {
	var agents, network, symptoms []check.Finding
	for i := range 40 {
		name := fmt.Sprintf("aks-nodepool1-12345678-vmss%06d", i)
		about := func(severity check.Severity, summary string) check.Finding {
			return check.Finding{
				Severity: severity, Target: check.Ref{Kind: "node", Name: name}, Summary: summary,
				Cause:    "packets are lost between the nodes",
				Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", "nodes", "-o", "wide")}},
				Fixes: []check.Fix{
					{Title: "list the rules of the node's network", Commands: []cmdline.Command{cmdline.Az("network", "nsg", "list", "-o", "table")}},
				},
			}
		}
		network = append(network, about(check.Error, "the agents cannot connect to the kubelet of node "+name+" (timed out)"))
		if i%3 == 0 {
			symptoms = append(symptoms, about(check.Error, "logs fail on node "+name+": no answer within 8 s"))
		}
		if i%7 == 0 {
			agents = append(agents, about(check.Warning, "the lease of node "+name+" is old"))
		}
	}
	symptom := result("TUN0801", "symptoms", "logs work on each node", check.Fail, symptoms...)
	symptom.Symptom = true
	return report.New("tunneldoctor", check.Ref{Kind: "cluster", Name: "production-westeurope"}, []check.Result{
		result("TUN0101", "api", "the API server answers this client", check.Passed),
		result("TUN0401", "nodes", "the nodes report to the control plane", check.Warn, agents...),
		result("TUN0601", "network", "the tunnel agents reach port 10250 of every node", check.Fail, network...),
		symptom,
	})
}

// Words of a hostile cluster. Touched would be set if any of them was executed.
const (
	tag  = `</code></pre></style></title><script>window.touched=1</script><img src=x onerror="window.touched=1">`
	link = `javascript:window.touched=1`
	css  = `"'></style><style>*{display:none}</style><svg/onload=window.touched=1>{{.}}<!--`
)

// hostile is a report in which everything that may come from a cluster or a bundle is hostile.
func hostile() *report.Report {
	long := strings.Repeat("very-long-", 300)
	control := "a\x1b[31mb\x00c\u202ed\xff\xfee\r\nf\u2028g"
	ref := func(name string) check.Ref { return check.Ref{Kind: "node", Namespace: css, Name: name} }
	finding := func(severity check.Severity, name string) check.Finding {
		return check.Finding{
			Severity: severity, Target: ref(name), Also: []check.Ref{ref(link), ref(long)}, Summary: tag + name, Cause: control + css + link,
			Evidence: []check.Evidence{
				{Source: cmdline.Kubectl("logs", tag+control), Lines: []string{control, tag, long, css}}, {Lines: []string{tag}},
			},
			Fixes: []check.Fix{
				{
					Title: tag, Commands: []cmdline.Command{cmdline.Kubectl("delete", long), cmdline.Apply(strings.Repeat(tag, 30))},
					Weakens: tag + css, Template: tag, Disruptive: true,
					Placeholders: []check.Placeholder{check.Placeholder(tag), ""},
				},
				{
					Title: control, Commands: []cmdline.Command{cmdline.Az("aks", "show", "-g", "RESOURCE_GROUP", "-n", css)},
					Placeholders: []check.Placeholder{check.ResourceGroup},
				},
			},
		}
	}
	unknown := result("TST0003", "dns", tag, check.Unknown)
	unknown.Error = tag + control + long
	unknown.Evidence = []check.Evidence{{Source: cmdline.Kubectl("get", tag)}}
	skipped := result("TST0004", "client", css, check.Skip)
	skipped.Reason = css + tag
	r := report.New("insideout", check.Ref{Kind: "service", Namespace: link, Name: tag + control}, []check.Result{
		result("TST0001", "pod", tag, check.Fail, finding(check.Error, tag), finding(check.Warning, long), finding(check.Error, link)),
		result("TST0002", "app", css, check.Warn, finding(check.Warning, css)), unknown, skipped,
	})
	r.From = tag + ".bundle"
	return r
}
