package doctortest

import (
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/report"
)

// Hostile are reports whose texts are what the cluster might write, by kind. They have not passed through report.New, which neutralizes
// such texts: a writer must not depend on it.
func Hostile() map[string]*report.Report {
	all := map[string]*report.Report{}
	for kind, text := range map[string]string{
		"markup":   `"><script>alert(1)</script>]]></failure><testcase name="forged"/><!--`,
		"entities": `&#0; &lt; <!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]> &e;`,
		"controls": "\x00\a\x1b[31mred\x1b[0m\r\n\t\u0085\u2028\u202e\ufffe\uffff\U0001F4A9",
		"bytes":    "\xff\xfe\xc3(\xed\xa0\x80",
		"links":    `[a fix](https://evil.example/) {0} {1} %s %!d(x)`,
		"json":     `"}],"results":[{"ruleId":"forged`,
		"long":     strings.Repeat("A", 1<<20),
		"empty":    "",
	} {
		all[kind] = hostile(text)
	}
	return all
}

// hostile is a report in which the cluster wrote the text wherever it can.
func hostile(text string) *report.Report {
	ref := check.Ref{Kind: text, Namespace: text, Name: text}
	f := check.Finding{
		Code: "TST0001", Severity: check.Error, Target: ref, Also: []check.Ref{ref}, Summary: text, Cause: text,
		Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", text), Lines: []string{text, text}}},
		Fixes:    []check.Fix{{Title: text, Commands: []cmdline.Command{cmdline.Kubectl("delete", text)}, Weakens: text, Template: text}},
	}
	unknown, skipped := Result("TST0002", "app", check.Unknown), Result("TST0003", "ingress", check.Skip)
	unknown.Error, skipped.Reason = text, text
	results := []check.Result{Result("TST0001", "pod", check.Fail, f), unknown, skipped}
	return &report.Report{
		Plugin: "doctor", From: text, Target: ref,
		Verdict: check.Judge(results), Path: check.Path(results), Results: results,
	}
}
