package doctortest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/report"
)

// Result makes the result of a check with what the example reports vary.
func Result(code, hop string, s check.Status, findings ...check.Finding) check.Result {
	for i := range findings {
		findings[i].Code = code
	}
	return check.Result{Code: code, Name: "it-works", Hop: hop, Title: "hop " + hop + " works", Status: s, Findings: findings}
}

// Finding makes a finding about a pod.
func Finding(s check.Severity, name, summary string) check.Finding {
	return check.Finding{
		Severity: s,
		Target:   check.Ref{Kind: "pod", Namespace: "shop", Name: name},
		Summary:  summary,
		Cause:    "nobody turned it on",
	}
}

// ReportOf makes a report about a Service.
func ReportOf(results ...check.Result) *report.Report {
	return report.New("doctor", check.Ref{Kind: "service", Namespace: "shop", Name: "web"}, results)
}

// ManyNodes is a report in which each of 50 nodes fails.
func ManyNodes() *report.Report {
	var findings []check.Finding
	for i := range 50 {
		name := fmt.Sprintf("aks-nodepool1-12345678-vmss%06d", i)
		f := Finding(
			check.Error,
			name,
			"the kubelet of node "+name+" is not reached",
		)
		f.Evidence = []check.Evidence{
			{Source: cmdline.Kubectl("get", "node", f.Target.Name), Lines: []string{"agents -> kubelet: timed out", "timed out"}},
		}
		f.Fixes = []check.Fix{{Title: "restart it", Commands: []cmdline.Command{cmdline.Az("vmss", "restart", "-n", f.Target.Name)}}}
		findings = append(findings, f)
	}
	symptom := Result("TST0003", "symptoms", check.Fail, slices.Clone(findings[:20])...)
	symptom.Symptom = true
	return ReportOf(Result("TST0001", "api", check.Passed), Result("TST0002", "network", check.Fail, findings...), symptom)
}

// Examples has a report for each status, and for each thing that is written in a way of its own.
func Examples() map[string]*report.Report {
	disruptive := Finding(check.Error, "web-0", "it is off")
	disruptive.Fixes = []check.Fix{
		{Title: "restart it", Commands: []cmdline.Command{cmdline.Kubectl("rollout", "restart", "deployment/web")}, Disruptive: true},
		{
			Title:        "let Azure create it again",
			Commands:     []cmdline.Command{cmdline.Az("aks", "update", "-g", "RESOURCE_GROUP")},
			Placeholders: []check.Placeholder{check.ResourceGroup},
		},
		{Title: "ask its owner"},
	}
	weakening := Finding(check.Error, "web-0", "a webhook does not answer")
	weakening.Fixes = []check.Fix{{Title: "find out why"}, {Title: "look at its log"}, {
		Title: "ignore the webhook", Commands: []cmdline.Command{cmdline.Kubectl("edit", "webhook")},
		Weakens: "nothing is checked while it does not answer",
	}, {Title: "remove the webhook", Commands: []cmdline.Command{cmdline.Kubectl("delete", "webhook")}, Weakens: "for good"}}
	disruptive.Evidence = []check.Evidence{{Source: cmdline.Kubectl("logs", "web-0"), Lines: []string{"panic: no disk", "goroutine 1"}}}
	manifest := Finding(check.Error, "web-0", "no policy allows it")
	manifest.Fixes = []check.Fix{
		{
			Title:    "allow it",
			Commands: []cmdline.Command{cmdline.Kubectl("patch", "networkpolicy", "closed", "-p", strings.Repeat(`{"ports":[{"port":80}]},`, 30))},
		},
	}
	unknown := Result("TST0002", "app", check.Unknown)
	unknown.Error = "missing permissions: list pods in namespace shop"
	unknown.Evidence = []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", "shop")}}
	skipped := Result("TST0003", "ingress", check.Skip)
	skipped.Reason = "no Ingress routes to the Service"
	blocked := Result("TST0004", "client", check.Blocked)
	blocked.BlockedBy = []string{"TST0001"}
	passed := Result("TST0001", "pod", check.Passed)
	unshown := Finding(check.Error, "web-0", "it is off")
	unshown.Evidence = []check.Evidence{{Lines: []string{"command terminated"}}}
	file := ReportOf(Result("TST0001", "pod", check.Fail, unshown))
	file.From = "web.bundle"
	return map[string]*report.Report{
		"healthy":    ReportOf(passed, skipped),
		"info":       ReportOf(passed, Result("TST0002", "app", check.Passed, Finding(check.Info, "web-0", "a pod is still starting"))),
		"degraded":   ReportOf(Result("TST0001", "pod", check.Warn, Finding(check.Warning, "web-0", "1 of 3 pods is not Ready")), skipped),
		"unknown":    ReportOf(passed, unknown, Result("TST0003", "ingress", check.Fail, Finding(check.Error, "web", "no class"))),
		"disruptive": ReportOf(Result("TST0001", "pod", check.Fail, disruptive), blocked),
		"several": ReportOf(
			Result("TST0001", "pod", check.Fail, Finding(check.Error, "web-0", "it is off"), Finding(check.Error, "web-1", "it is off")),
			unknown,
			Result("TST0003", "dns", check.Warn, Finding(check.Warning, "web", "the name has no address")),
		),
		"weakening": ReportOf(Result("TST0001", "pod", check.Fail, weakening)),
		"manifest":  ReportOf(Result("TST0001", "pod", check.Fail, manifest)),
		"nodes":     ManyNodes(),
		"file":      file,
	}
}
