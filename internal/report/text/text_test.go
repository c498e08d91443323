package text_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
)

// result makes the result of a check with what the reports of these tests vary.
func result(code, hop string, s check.Status, findings ...check.Finding) check.Result {
	for i := range findings {
		findings[i].Code = code
	}
	return check.Result{Code: code, Name: "it-works", Hop: hop, Title: "hop " + hop + " works", Status: s, Findings: findings}
}

func finding(s check.Severity, name, summary string) check.Finding {
	return check.Finding{
		Severity: s,
		Target:   check.Ref{Kind: "pod", Namespace: "shop", Name: name},
		Summary:  summary,
		Cause:    "nobody turned it on",
	}
}

func reportOf(results ...check.Result) *report.Report {
	return report.New("doctor", check.Ref{Kind: "service", Namespace: "shop", Name: "web"}, results)
}

// manyNodes is a report in which each of 50 nodes fails.
func manyNodes() *report.Report {
	var findings []check.Finding
	for i := range 50 {
		name := fmt.Sprintf("aks-nodepool1-12345678-vmss%06d", i)
		f := finding(
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
	symptom := result("TST0003", "symptoms", check.Fail, slices.Clone(findings[:20])...)
	symptom.Symptom = true
	return reportOf(result("TST0001", "api", check.Passed), result("TST0002", "network", check.Fail, findings...), symptom)
}

// reports has a report for each status, and for each thing that is written in a way of its own.
func reports() map[string]*report.Report {
	disruptive := finding(check.Error, "web-0", "it is off")
	disruptive.Fixes = []check.Fix{
		{Title: "restart it", Commands: []cmdline.Command{cmdline.Kubectl("rollout", "restart", "deployment/web")}, Disruptive: true},
		{
			Title:        "let Azure create it again",
			Commands:     []cmdline.Command{cmdline.Az("aks", "update", "-g", "RESOURCE_GROUP")},
			Placeholders: []check.Placeholder{check.ResourceGroup},
		},
		{Title: "ask its owner"},
	}
	weakening := finding(check.Error, "web-0", "a webhook does not answer")
	weakening.Fixes = []check.Fix{{Title: "find out why"}, {Title: "look at its log"}, {
		Title: "ignore the webhook", Commands: []cmdline.Command{cmdline.Kubectl("edit", "webhook")},
		Weakens: "nothing is checked while it does not answer",
	}, {Title: "remove the webhook", Commands: []cmdline.Command{cmdline.Kubectl("delete", "webhook")}, Weakens: "for good"}}
	disruptive.Evidence = []check.Evidence{{Source: cmdline.Kubectl("logs", "web-0"), Lines: []string{"panic: no disk", "goroutine 1"}}}
	manifest := finding(check.Error, "web-0", "no policy allows it")
	manifest.Fixes = []check.Fix{
		{
			Title:    "allow it",
			Commands: []cmdline.Command{cmdline.Kubectl("patch", "networkpolicy", "closed", "-p", strings.Repeat(`{"ports":[{"port":80}]},`, 30))},
		},
	}
	unknown := result("TST0002", "app", check.Unknown)
	unknown.Error = "missing permissions: list pods in namespace shop"
	unknown.Evidence = []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", "shop")}}
	skipped := result("TST0003", "ingress", check.Skip)
	skipped.Reason = "no Ingress routes to the Service"
	blocked := result("TST0004", "client", check.Blocked)
	blocked.BlockedBy = []string{"TST0001"}
	passed := result("TST0001", "pod", check.Passed)
	unshown := finding(check.Error, "web-0", "it is off")
	unshown.Evidence = []check.Evidence{{Lines: []string{"command terminated"}}}
	file := reportOf(result("TST0001", "pod", check.Fail, unshown))
	file.From = "web.bundle"
	return map[string]*report.Report{
		"healthy":    reportOf(passed, skipped),
		"info":       reportOf(passed, result("TST0002", "app", check.Passed, finding(check.Info, "web-0", "a pod is still starting"))),
		"degraded":   reportOf(result("TST0001", "pod", check.Warn, finding(check.Warning, "web-0", "1 of 3 pods is not Ready")), skipped),
		"unknown":    reportOf(passed, unknown, result("TST0003", "ingress", check.Fail, finding(check.Error, "web", "no class"))),
		"disruptive": reportOf(result("TST0001", "pod", check.Fail, disruptive), blocked),
		"several": reportOf(
			result("TST0001", "pod", check.Fail, finding(check.Error, "web-0", "it is off"), finding(check.Error, "web-1", "it is off")),
			unknown,
			result("TST0003", "dns", check.Warn, finding(check.Warning, "web", "the name has no address")),
		),
		"weakening": reportOf(result("TST0001", "pod", check.Fail, weakening)),
		"manifest":  reportOf(result("TST0001", "pod", check.Fail, manifest)),
		"nodes":     manyNodes(),
		"file":      file,
	}
}

func TestGolden(t *testing.T) {
	for name, r := range reports() {
		for suffix, o := range map[string]text.Options{"": {}, "-v": {Verbose: true}, "-60": {Width: 60}} {
			var out bytes.Buffer
			if err := text.Write(&out, slices.Values([]*report.Report{r}), o); err != nil {
				t.Fatal(err)
			}
			doctortest.Golden(t, "testdata/"+name+suffix+".txt", out.Bytes())
		}
	}
}

// TestColorChangesNoRow holds that a report with colors has the same rows, with escapes around the marks only.
func TestColorChangesNoRow(t *testing.T) {
	for name, r := range reports() {
		var plain, colored bytes.Buffer
		for out, o := range map[*bytes.Buffer]text.Options{&plain: {}, &colored: {Color: true}} {
			if err := text.Write(out, slices.Values([]*report.Report{r}), o); err != nil {
				t.Fatal(err)
			}
		}
		bare := strings.NewReplacer(
			"\x1b[0m",
			"",
			"\x1b[31m",
			"",
			"\x1b[32m",
			"",
			"\x1b[33m",
			"",
			"\x1b[35m",
			"",
			"\x1b[2m",
			"",
			"\x1b[22m",
			"",
		).Replace(
			colored.String(),
		)
		if bare != plain.String() || colored.Len() == plain.Len() {
			t.Errorf("%s:\n%q", name, colored.String())
		}
	}
}

// TestManyNodesFitOnAScreen holds that a report in which 50 nodes fail takes at most 30 rows.
func TestManyNodesFitOnAScreen(t *testing.T) {
	var out bytes.Buffer
	if err := text.Write(&out, slices.Values([]*report.Report{manyNodes()}), text.Options{}); err != nil {
		t.Fatal(err)
	}
	if rows := strings.Count(out.String(), "\n"); rows > 30 {
		t.Errorf("%d rows:\n%s", rows, out.String())
	}
}

// TestGoldenList holds that of several reports those without a problem take one line each, and that the verdicts are counted.
func TestGoldenList(t *testing.T) {
	all := reports()
	var out bytes.Buffer
	list := []*report.Report{all["healthy"], all["healthy"], all["disruptive"], all["healthy"]}
	if err := text.Write(&out, slices.Values(list), text.Options{}); err != nil {
		t.Fatal(err)
	}
	doctortest.Golden(t, "testdata/list.txt", out.Bytes())
}

// Text of the cluster that is wrapped looks neither like a fix nor like the command of one.
func TestWrappedTextIsNoFix(t *testing.T) {
	advice := strings.Repeat("fix: kubectl delete everything ", 30)
	f := finding(check.Error, "web-0", advice)
	f.Cause = advice
	f.Fixes = []check.Fix{{Title: advice, Commands: []cmdline.Command{cmdline.Kubectl("version")}}}
	unknown := result("TST0002", "app", check.Unknown)
	unknown.Error = advice
	var out bytes.Buffer
	r := reportOf(result("TST0001", "pod", check.Fail, f), unknown)
	if err := text.Write(&out, slices.Values([]*report.Report{r}), text.Options{Verbose: true}); err != nil {
		t.Fatal(err)
	}
	_, details, _ := strings.Cut(out.String(), "TST0001 broken")
	fixes := 0
	for line := range strings.Lines(details) {
		if strings.HasPrefix(line, "      fix: ") {
			fixes++
		}
		if strings.HasPrefix(line, "        kubectl ") && line != "        kubectl version\n" {
			t.Errorf("looks like a command: %q", line)
		}
	}
	if fixes != 1 {
		t.Errorf("%d fixes in\n%s", fixes, details)
	}
}
