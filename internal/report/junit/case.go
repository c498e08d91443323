package junit

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
)

// testCase is a check.
type testCase struct {
	Class   string   `xml:"classname,attr"` // PLUGIN.HOP
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"` // in seconds, with the time that the check waited for facts
	Failure *failure `xml:"failure"`
	Skipped *skipped `xml:"skipped"`
	Out     *output  `xml:"system-out"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"` // the severity
	Text    string `xml:",innerxml"` // from escaped
}

type skipped struct {
	Message string `xml:"message,attr"`
}

type output struct {
	Text string `xml:",innerxml"` // from escaped
}

func caseOf(r check.Result, o Options) testCase {
	c := testCase{
		Class: o.Plugin + "." + r.Hop,
		Name:  r.Code + " " + r.Name,
		Time:  fmt.Sprintf("%d.%03d", r.Milliseconds/1000, r.Milliseconds%1000),
	}
	switch r.Status {
	case check.Unknown:
		c.Skipped = &skipped{fmt.Sprintf("unknown whether %s: %s", r.Title, r.Error)}
	case check.Blocked:
		c.Skipped = &skipped{"not checked yet, because of " + strings.Join(r.BlockedBy, ", ")}
	case check.Skip:
		c.Skipped = &skipped{"does not apply: " + r.Reason}
	case check.Fail, check.Warn, check.Passed:
		c.add(r.Findings, o.FailOn)
	}
	return c
}

// add adds what was found: as a failure if any of it is at least as severe as failOn, otherwise as output.
func (c *testCase) add(findings []check.Finding, failOn check.Severity) {
	if len(findings) == 0 {
		return
	}
	worst := findings[0]
	for _, f := range findings {
		if !worst.Severity.AtLeast(f.Severity) {
			worst = f
		}
	}
	text := escaped(textOf(findings))
	if !worst.Severity.AtLeast(failOn) {
		c.Out = &output{text}
		return
	}
	message := worst.Summary
	if n := len(findings) - 1; n > 0 {
		message += fmt.Sprintf(" (and %d more)", n)
	}
	c.Failure = &failure{Message: message, Type: string(worst.Severity), Text: text}
}

// textOf is the findings with their fixes, then the evidence.
func textOf(findings []check.Finding) string {
	var b strings.Builder
	b.WriteByte('\n')
	for _, f := range findings {
		fmt.Fprintf(&b, "%s: %s (%s)\n", f.Severity, f.Summary, nameOf(f.Target))
		if f.Cause != "" {
			fmt.Fprintf(&b, "  cause: %s\n", f.Cause)
		}
		for _, fix := range f.Fixes {
			fmt.Fprintf(&b, "  fix: %s\n", fix.FullTitle())
			for _, command := range fix.Commands {
				fmt.Fprintf(&b, "    %s\n", command)
			}
			for _, word := range fix.Placeholders {
				fmt.Fprintf(&b, "    (%s is %s)\n", word, word.Meaning())
			}
		}
	}
	for _, e := range evidenceOf(findings) {
		if e.Source.IsZero() {
			b.WriteString("evidence: (command not shown)\n")
		} else {
			fmt.Fprintf(&b, "evidence: %s\n", e.Source)
		}
		for _, line := range e.Lines {
			fmt.Fprintf(&b, "  | %s\n", line)
		}
	}
	return b.String()
}

// evidenceOf is the evidence of the findings, without repetition.
func evidenceOf(findings []check.Finding) (all []check.Evidence) {
	lists, seen := map[*check.Evidence]bool{}, map[string]bool{}
	for _, f := range findings {
		if len(f.Evidence) == 0 || lists[&f.Evidence[0]] {
			continue // findings share lists
		}
		lists[&f.Evidence[0]] = true
		for _, e := range f.Evidence {
			if key := fmt.Sprintf("%q %q", e.Source.Argv(), e.Lines); !seen[key] {
				seen[key] = true
				all = append(all, e)
			}
		}
	}
	return all
}

// escaped returns the text as content of an element. Lines and quotes stay as they are, so that a command that somebody copies from the
// XML is still quoted. What XML cannot hold becomes U+FFFD.
func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // writing to a buffer does not fail
	return strings.NewReplacer("&#xA;", "\n", "&#39;", "'", "&#34;", `"`).Replace(b.String())
}
