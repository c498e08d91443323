// Package text writes reports for people, by these rules: first the verdict, in one sentence; then its cause and how to fix it; then
// the path with a mark for each hop; then the evidence, as commands that show the same; then what else was found, in a line each. A
// report with one cause fits on a screen of 24 rows. Marks are explained in words and never distinguished by color alone. Commands
// are never broken, so that they can be pasted.
package text

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/fatih/color"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// DefaultWidth is the width of a report that is not written to a terminal.
const DefaultWidth = 100

// Options are how reports are written.
type Options struct {
	Color   bool
	Verbose bool // every check, with its evidence, and nothing is cut
	Width   int  // in columns; 0: DefaultWidth
}

// Write writes the reports, one at a time. Of several, those without a problem take one line each, unless Verbose, and a last line counts
// the verdicts. If they are from a file, that is said first. The texts of the reports hold no control characters: report.New sees to that.
func Write(w io.Writer, reports iter.Seq[*report.Report], o Options) error {
	o.Width = max(cmp.Or(o.Width, DefaultWidth), minWidth)
	l := &list{w: w, Options: o, counts: map[check.Status]int{}}
	total, err := report.Each(reports, l.add)
	if err == nil && total > 1 {
		err = l.total(total)
	}
	return err
}

// list writes reports one after the other.
type list struct {
	Options
	w      io.Writer
	last   check.Status         // the verdict of the report that was written last
	counts map[check.Status]int // of verdicts
}

func (l *list) add(i int, r *report.Report, several bool) error {
	status := r.Verdict.Status
	brief := several && !l.Verbose && status == check.Passed
	if i > 0 && (!brief || l.last != check.Passed) {
		if err := l.write([]string{""}); err != nil {
			return err
		}
	}
	p := &page{Options: l.Options}
	if i == 0 && r.From != "" {
		p.hanging("", 0, fmt.Sprintf("from %s, not from a cluster: read its commands before you run them", r.From))
	}
	p.headline(r)
	if !brief {
		p.body(r)
	}
	l.last = status
	l.counts[status]++
	return l.write(p.rows)
}

// total says how many were checked, and counts the verdicts.
func (l *list) total(n int) error {
	var parts []string
	for _, s := range []check.Status{check.Fail, check.Unknown, check.Warn, check.Passed} {
		if l.counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", l.counts[s], report.VerdictWord(s)))
		}
	}
	return l.write([]string{"", fmt.Sprintf("%d checked: %s", n, strings.Join(parts, ", "))})
}

func (l *list) write(rows []string) error {
	_, err := io.WriteString(l.w, strings.Join(rows, "\n")+"\n")
	return err
}

// minWidth is the narrowest page; narrower terminals wrap by themselves.
const minWidth = 40

// mark is how a status is shown: a mark and a color.
type mark struct {
	mark  string
	color color.Attribute
}

var marks = map[check.Status]mark{
	check.Passed:  {"✓", color.FgGreen},
	check.Warn:    {"!", color.FgYellow},
	check.Fail:    {"✗", color.FgRed},
	check.Skip:    {"-", color.Faint},
	check.Unknown: {"?", color.FgMagenta},
	check.Blocked: {"○", color.Faint},
}

// headline is the verdict in one sentence.
func (p *page) headline(r *report.Report) {
	v := r.Verdict
	text := report.State(r) + ": " + v.Summary
	if v.Code != "" {
		text += " (" + v.Code + ")"
	}
	p.hanging(p.paint(v.Status, marks[v.Status].mark)+" ", 2, text)
}

// body is the report below its headline.
func (p *page) body(r *report.Report) {
	if p.Verbose {
		p.detail = all()
		p.summary(r)
		p.checks(r)
		return
	}
	head, tall := p.rows, p.tall
	for _, p.detail = range details() {
		p.rows, p.tall = slices.Clone(head), tall
		p.summary(r)
		p.evidence(report.VerdictEvidence(r))
		p.others(r)
		p.counts(r)
		if p.tall <= maxRows {
			return
		}
	}
}

// summary is the cause, the fixes and the path.
func (p *page) summary(r *report.Report) {
	p.blank()
	p.verdict(r.Verdict)
	p.path(r.Path)
}
