package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/html"
)

func result(code, hop string, s check.Status, findings ...check.Finding) check.Result {
	for i := range findings {
		findings[i].Code = code
	}
	return check.Result{Code: code, Hop: hop, Title: "hop " + hop + " works", Status: s, Findings: findings, Milliseconds: 1234}
}

func reportOf(results ...check.Result) *report.Report {
	return report.New("doctor", check.Ref{Kind: "service", Namespace: "shop", Name: "web"}, results)
}

func page(t *testing.T, o html.Options, reports ...*report.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := html.Write(&out, slices.Values(reports), o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// broken is a report with all that a report can have.
func broken() *report.Report {
	node := func(severity check.Severity, name string) check.Finding {
		return check.Finding{
			Severity: severity, Target: check.Ref{Kind: "node", Name: name}, Summary: "the kubelet of node " + name + " is not reached",
			Cause:    "it is off",
			Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", "nodes"), Lines: []string{"NotReady"}}, {Lines: []string{"not shown"}}},
			Fixes: []check.Fix{
				{
					Title: "start it", Commands: []cmdline.Command{cmdline.Az("vm", "start", "-g", "RESOURCE_GROUP", "-n", name)}, Disruptive: true,
					Placeholders: []check.Placeholder{check.ResourceGroup}, Weakens: "everything is allowed", Template: "the resource",
				},
				{Title: "buy another"},
			},
		}
	}
	unknown := result("TST0003", "dns", check.Unknown)
	unknown.Error = "no permission"
	skipped := result("TST0004", "dns", check.Skip)
	skipped.Reason = "only with --egress"
	blocked := result("TST0005", "client", check.Blocked)
	blocked.BlockedBy = []string{"TST0002"}
	symptom := result("TST0006", "symptoms", check.Fail, node(check.Error, "b"))
	symptom.Symptom = true
	return reportOf(result("TST0001", "api", check.Passed),
		result("TST0002", "nodes", check.Fail, node(check.Error, "a"), node(check.Warning, "b"), node(check.Info, "c")),
		unknown, skipped, blocked, symptom)
}

func TestGolden(t *testing.T) {
	healthy := reportOf(result("TST0001", "api", check.Passed))
	degraded := reportOf(result("TST0001", "api", check.Warn, check.Finding{Severity: check.Warning, Summary: "1 of 3 pods is not Ready"}))
	file := reportOf(result("TST0001", "api", check.Passed))
	file.From = "web.bundle"
	for name, reports := range map[string][]*report.Report{
		"broken": {broken()}, "healthy": {healthy}, "file": {file}, "several": {broken(), healthy, degraded}, "none": {},
	} {
		text := page(t, html.Options{}, reports...)
		_, text, _ = strings.Cut(text, "</style>")
		text, _, _ = strings.Cut(text, "<script>")
		doctortest.Golden(t, "testdata/"+name+".html", []byte(text))
		doctortest.CheckPage(t, name, []byte(page(t, html.Options{Verbose: true}, reports...)))
	}
}

// TestPolicy holds that the page's policy has the hashes of just its own script and style, and that neither ends early.
func TestPolicy(t *testing.T) {
	text := page(t, html.Options{}, broken())
	for tag, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		_, content, _ := strings.Cut(text, "<"+tag+">")
		content, _, _ = strings.Cut(content, "</"+tag+">")
		sum := sha256.Sum256([]byte(content))
		want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		doc, err := nethtml.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				found = found || n.Data == "meta" && a.Key == "content" && strings.Contains(a.Val, want)
			}
		}
		if len(content) < 100 || !found {
			t.Errorf("the policy does not have %q", want)
		}
	}
}

// FuzzWrite holds that no text of a report becomes an element, an attribute or a link, or is anything but printable UTF-8.
func FuzzWrite(f *testing.F) {
	f.Add(`</code></pre></style><script>x()</script><img src=x onerror="x()">`, "a\x1b[31m\x00\u202e\xff\r\n\u2028b")
	f.Add(`" onclick="x() ' style='`, "javascript:x()")
	f.Add("{{.}} {{template \"x\"}} <!-- ]]> ${x} `", strings.Repeat("long", 1000))
	f.Fuzz(func(t *testing.T, a, b string) {
		finding := check.Finding{
			Severity: check.Error, Target: check.Ref{Kind: "node", Namespace: b, Name: a}, Also: []check.Ref{{Kind: "node", Name: b}},
			Summary: a, Cause: b, Evidence: []check.Evidence{{Source: cmdline.Kubectl("get", a, b), Lines: []string{a, b}}},
			Fixes: []check.Fix{{Title: a, Weakens: b, Template: a, Commands: []cmdline.Command{cmdline.Kubectl("get", b)}}},
		}
		unknown := result("TST0002", "app", check.Unknown)
		unknown.Error, unknown.Title = a, b
		results := []check.Result{result("TST0001", "pod", check.Fail, finding), unknown}
		r := &report.Report{Plugin: a, From: b, Target: finding.Target, Results: results}
		r.Verdict, r.Path = check.Judge(r.Results), check.Path(r.Results) // not neutralized, as report.New does
		one, two := page(t, html.Options{}, r), page(t, html.Options{}, r, r)
		for _, text := range []string{one, two} {
			doctortest.CheckPage(t, "fuzz", []byte(text))
			if !utf8.ValidString(text) {
				t.Error("not UTF-8")
			}
			i := strings.IndexFunc(text, func(r rune) bool {
				return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r)
			})
			if i >= 0 {
				t.Errorf("a control character: %q", text[max(0, i-20):i+20])
			}
		}
	})
}
