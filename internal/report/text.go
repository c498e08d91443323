package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/fatih/color"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// Text writes reports for people, by these rules: the verdict first, in one sentence, then why and what to do; then the
// path with what became of each hop; then what was found, with the commands that show the same. Checks that passed are
// counted, unless Verbose. Marks come with words, never with colour alone. Lines of the cluster have been neutralised by
// New.
type Text struct {
	Out     io.Writer
	Color   bool
	Verbose bool
	// Brief makes one line of a report without a fault, where there are many, unless Verbose.
	Brief bool
	err   error
}

// marks and words of the statuses.
var marks = map[check.Status]struct {
	mark, word string
	color      color.Attribute
}{
	check.Passed:  {"✓", "pass", color.FgGreen},
	check.Warn:    {"!", "warning", color.FgYellow},
	check.Fail:    {"✗", "fail", color.FgRed},
	check.Skip:    {"-", "skipped", color.Faint},
	check.Unknown: {"?", "unknown", color.FgMagenta},
	check.Blocked: {"○", "not reached", color.Faint},
}

// WriteAll writes the reports: of several each that has no fault in one line, unless Verbose, and how many have one.
func (t *Text) WriteAll(reports []*Report) error {
	t.Brief = len(reports) > 1
	counts := map[check.Status]int{}
	for i, r := range reports {
		if i > 0 && (!t.brief(r) || reports[i-1].Verdict.Status != check.Passed) {
			t.printf("\n")
		}
		counts[r.Verdict.Status]++
		if err := t.Write(r); err != nil {
			return err
		}
	}
	if t.Brief {
		var parts []string
		for _, s := range []check.Status{check.Fail, check.Unknown, check.Warn, check.Passed} {
			if counts[s] > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", counts[s], counted[s]))
			}
		}
		t.printf("\n%d walked: %s\n", len(reports), strings.Join(parts, ", "))
	}
	return t.err
}

// brief says whether the report is one line.
func (t *Text) brief(r *Report) bool {
	return t.Brief && !t.Verbose && r.Verdict.Status == check.Passed
}

// counted are the verdicts' words where they are counted.
var counted = map[check.Status]string{check.Passed: "without a fault", check.Warn: "that work in part", check.Fail: "broken", check.Unknown: "undecided"}

// Write writes one report.
func (t *Text) Write(r *Report) error {
	t.headline(r)
	if t.brief(r) {
		return t.err
	}
	t.reasons(r.Verdict)
	t.path(r)
	for _, result := range r.Results {
		t.result(result, r.Verdict)
	}
	if !t.Verbose {
		t.rest(r)
	}
	return t.err
}

// headline is the verdict in one line.
func (t *Text) headline(r *Report) {
	v := r.Verdict
	target := r.Target.String()
	if r.Target.Namespace != "" {
		target += " in namespace " + r.Target.Namespace
	}
	switch v.Status {
	case check.Fail:
		t.line(v.Status, "%s is broken at hop %s: %s (%s)", target, v.Hop, v.Summary, v.Code)
	case check.Warn:
		t.line(v.Status, "%s works in part, at hop %s: %s (%s)", target, v.Hop, v.Summary, v.Code)
	case check.Unknown:
		t.line(v.Status, "%s is undecided at hop %s: %s (%s)", target, v.Hop, v.Summary, v.Code)
	default:
		if v.Code == "" {
			t.line(v.Status, "%s is healthy: %s", target, v.Summary)
		} else {
			t.line(v.Status, "%s has no fault: %s (%s)", target, v.Summary, v.Code)
		}
	}
}

// reasons are the verdict's cause and what to do.
func (t *Text) reasons(v check.Verdict) {
	if v.Cause != "" {
		t.printf("  %s\n", v.Cause)
	}
	if v.FirstKnownBreak != "" {
		t.printf("  first known break: %s; what is undecided before it may be its cause\n", v.FirstKnownBreak)
	}
	for i, fix := range v.Fixes {
		title := "to do"
		if i > 0 {
			title = "or"
		}
		note := ""
		if fix.Disruptive {
			note = " (interrupts what works now)"
		}
		t.printf("  %s: %s%s\n", title, fix.Title, note)
		for _, argv := range fix.Commands {
			t.printf("    %s\n", cmdline.Quote(argv))
		}
	}
}

func (t *Text) path(r *Report) {
	stages := make([]string, len(r.Path))
	for i, s := range r.Path {
		stages[i] = s.Hop + " " + t.paint(s.Status, marks[s.Status].mark)
		if s.Status != check.Passed {
			stages[i] += " " + marks[s.Status].word
		}
	}
	t.printf("\n  %s\n\n", strings.Join(stages, " → "))
}

// result writes what is not a plain pass; with Verbose all.
func (t *Text) result(r check.Result, v check.Verdict) {
	if !t.Verbose && len(r.Findings) == 0 && r.Status != check.Unknown {
		return
	}
	t.printf("  ")
	t.line(r.Status, "%s %s: %s", r.Code, marks[r.Status].word, r.Title)
	for _, f := range r.Findings {
		if r.Code != v.Code || f.Summary != v.Summary {
			t.printf("      %s: %s\n", f.Severity, f.Summary)
			if f.Cause != "" {
				t.printf("      %s\n", f.Cause)
			}
			for _, fix := range f.Fixes {
				t.printf("      to do: %s\n", fix.Title)
				for _, argv := range fix.Commands {
					t.printf("        %s\n", cmdline.Quote(argv))
				}
			}
		}
		t.evidence(f.Evidence)
	}
	switch {
	case r.Error != "":
		t.printf("      %s\n", r.Error)
	case r.Reason != "":
		t.printf("      %s\n", r.Reason)
	case len(r.BlockedBy) > 0:
		t.printf("      means nothing before %s is mended\n", strings.Join(r.BlockedBy, ", "))
	}
	if t.Verbose {
		t.evidence(r.Evidence)
	}
}

func (t *Text) evidence(all []check.Evidence) {
	for _, e := range all {
		t.printf("      seen by: %s\n", cmdline.Quote(e.Source))
		for _, line := range e.Lines {
			t.printf("        | %s\n", line)
		}
	}
}

// rest counts what result does not write, and gives the reasons for what was skipped.
func (t *Text) rest(r *Report) {
	passed, blocked := 0, 0
	skipped := map[string]int{}
	var reasons []string
	for _, result := range r.Results {
		switch {
		case result.Status == check.Passed && len(result.Findings) == 0:
			passed++
		case result.Status == check.Blocked:
			blocked++
		case result.Status == check.Skip:
			if skipped[result.Reason] == 0 {
				reasons = append(reasons, result.Reason)
			}
			skipped[result.Reason]++
		}
	}
	var parts []string
	if passed > 0 {
		parts = append(parts, fmt.Sprintf("%d passed", passed))
	}
	if blocked > 0 {
		parts = append(parts, fmt.Sprintf("%d not reached", blocked))
	}
	for _, reason := range reasons {
		parts = append(parts, fmt.Sprintf("%d skipped (%s)", skipped[reason], reason))
	}
	if len(parts) > 0 {
		t.printf("  other checks: %s\n", strings.Join(parts, ", "))
	}
}

func (t *Text) line(s check.Status, format string, args ...any) {
	t.printf("%s %s\n", t.paint(s, marks[s].mark), fmt.Sprintf(format, args...))
}

func (t *Text) paint(s check.Status, text string) string {
	c := color.New(marks[s].color)
	c.DisableColor()
	if t.Color {
		c.EnableColor()
	}
	return c.Sprint(text)
}

func (t *Text) printf(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.Out, format, args...)
	}
}
