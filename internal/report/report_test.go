package report

import (
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

func resultOf(s check.Status, severity check.Severity) check.Result {
	r := check.Result{Code: "TST0001", Hop: "in", Title: "it works", Status: s}
	if severity != "" {
		r.Findings = []check.Finding{{Code: "TST0001", Severity: severity, Summary: "it is off"}}
	}
	return r
}

func TestExitCode(t *testing.T) {
	target := check.Ref{Kind: "service", Name: "web"}
	of := func(results ...check.Result) *Report { return New("doctor", target, results) }
	healthy, failed := of(resultOf(check.Passed, "")), of(resultOf(check.Fail, check.Error))
	degraded, noted := of(resultOf(check.Warn, check.Warning)), of(resultOf(check.Passed, check.Info))
	unknown := of(resultOf(check.Unknown, ""), resultOf(check.Fail, check.Error))
	for name, try := range map[string]struct {
		reports      []*Report
		failOn       check.Severity
		allowUnknown bool
		want         int
	}{
		"healthy":                         {[]*Report{healthy}, check.Error, false, ExitHealthy},
		"an error":                        {[]*Report{healthy, failed}, check.Error, false, ExitFindings},
		"a warning":                       {[]*Report{degraded}, check.Error, false, ExitHealthy},
		"a warning counts":                {[]*Report{degraded}, check.Warning, false, ExitFindings},
		"an info counts":                  {[]*Report{noted}, check.Info, false, ExitFindings},
		"unknown hides what is behind":    {[]*Report{unknown}, check.Error, false, ExitUnknown},
		"unknown is allowed":              {[]*Report{of(resultOf(check.Unknown, ""))}, check.Error, true, ExitHealthy},
		"unknown is allowed, not a fault": {[]*Report{unknown}, check.Error, true, ExitFindings},
		"findings outweigh unknown":       {[]*Report{unknown, failed}, check.Error, false, ExitFindings},
	} {
		got := ExitHealthy
		for _, r := range try.reports {
			got = max(got, ExitCode(r, try.failOn, try.allowUnknown))
		}
		if got != try.want {
			t.Errorf("%s: %d, want %d", name, got, try.want)
		}
	}
}

// TestEachCommand holds that every command of a report is replaced: those of the verdict, of findings, and of results without any.
func TestEachCommand(t *testing.T) {
	failed := resultOf(check.Fail, check.Error)
	failed.Findings[0].Evidence = []check.Evidence{{Source: cmdline.Kubectl("get", "pods")}}
	failed.Findings[0].Fixes = []check.Fix{{Commands: []cmdline.Command{cmdline.Kubectl("patch"), cmdline.Az("aks", "update")}}}
	passed := resultOf(check.Passed, "")
	passed.Evidence = []check.Evidence{{Source: cmdline.Kubectl("version")}}
	r := New("doctor", check.Ref{Kind: "service", Name: "web"}, []check.Result{failed, passed})
	r.EachCommand(cmdline.ClusterFlags{"--context=prod"}.Add)
	commands := []cmdline.Command{
		r.Results[0].Findings[0].Evidence[0].Source, r.Results[0].Findings[0].Fixes[0].Commands[0], r.Results[0].Findings[0].Fixes[0].Commands[1],
		r.Results[1].Evidence[0].Source, r.Verdict.Fixes[0].Commands[0],
	}
	var got []string
	for _, c := range commands {
		got = append(got, c.Posix())
	}
	want := []string{
		"kubectl --context=prod get pods",
		"kubectl --context=prod patch",
		"az aks update",
		"kubectl --context=prod version",
		"kubectl --context=prod patch",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestForeignOptionsAreNotShown holds that a command is left out in which a name of the cluster, or of a bundle, would be an option.
func TestForeignOptionsAreNotShown(t *testing.T) {
	failed := resultOf(check.Fail, check.Error)
	good, bad := cmdline.Kubectl("describe", "node", "aks-1"), cmdline.Kubectl("describe", "node", "--kubeconfig=/tmp/evil")
	failed.Findings[0].Fixes = []check.Fix{{Title: "see", Commands: []cmdline.Command{bad, good}}}
	failed.Findings[0].Evidence = []check.Evidence{{Source: bad}, {Source: good}}
	r := New("doctor", check.Ref{Kind: "service", Name: "web"}, []check.Result{failed})
	f := r.Results[0].Findings[0]
	if diff := cmp.Diff([]cmdline.Command{good}, f.Fixes[0].Commands); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]check.Evidence{{}, {Source: good}}, f.Evidence); diff != "" {
		t.Error(diff)
	}
}

// TestNewNeutralizes holds that no text of the cluster reaches a report with control characters.
func TestNewNeutralizes(t *testing.T) {
	r := resultOf(check.Fail, check.Error)
	r.Findings[0].Summary, r.Findings[0].Cause = "a\x1b[2Jb", "c\nd"
	r.Findings[0].Also = []check.Ref{{Kind: "pod", Namespace: "sh\x07op", Name: "a\u009b31m"}}
	r.Findings[0].Evidence = []check.Evidence{{Source: cmdline.Kubectl("x\x07"), Lines: []string{"\u202eabc"}}}
	r.Findings[0].Fixes = []check.Fix{{Weakens: "for a\x1b"}}
	r.Missing = []string{"get\u202e pods"}
	got := New("doctor", check.Ref{Kind: "service", Name: "we\x1bb"}, []check.Result{r})
	f := got.Results[0].Findings[0]
	seen, also, fix := f.Evidence[0], f.Also[0], got.Verdict.Fixes[0]
	for _, text := range []string{
		got.Target.Name, got.Verdict.Summary, got.Verdict.Cause, seen.Source.Argv()[1], seen.Lines[0], also.Namespace, also.Name, fix.Weakens,
		got.Results[0].Missing[0],
	} {
		for _, c := range text {
			if unicode.IsControl(c) || c == '\u202e' {
				t.Errorf("%q", text)
			}
		}
	}
}

// Evidence that findings share is changed once.
func TestSharedEvidence(t *testing.T) {
	shared := []check.Evidence{{Source: cmdline.Kubectl("get", "\x1b")}}
	own := []check.Evidence{{Source: cmdline.Kubectl("logs", "x")}, shared[0]}
	r := New("insideout", check.Ref{Name: "x"}, []check.Result{{
		Code: "INS0101", Status: check.Fail, Findings: []check.Finding{{Evidence: shared}, {Evidence: shared}, {Evidence: own}},
	}})
	r.EachCommand(func(c cmdline.Command) cmdline.Command { return c.With("--context=c") })
	for i, want := range []string{"kubectl get \ufffd --context=c", "kubectl get \ufffd --context=c", "kubectl logs x --context=c"} {
		if got := strings.Join(r.Results[0].Findings[i].Evidence[0].Source.Argv(), " "); got != want {
			t.Errorf("%d: %q", i, got)
		}
	}
	if n := r.Size(1e6); n < 100 || r.Size(10) < 10 {
		t.Errorf("%d", n)
	}
}
