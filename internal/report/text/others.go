package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/report"
)

// verdictEvidence returns the evidence of the check that decided the verdict, each command once; of a healthy report none.
func verdictEvidence(r *report.Report) []check.Evidence {
	var all []check.Evidence
	for _, result := range r.Results {
		if result.Code != r.Verdict.Code {
			continue
		}
		for _, f := range result.Findings {
			all = append(all, f.Evidence...)
		}
		if result.Status == check.Unknown {
			all = append(all, result.Evidence...)
		}
	}
	var distinct []check.Evidence
	for _, e := range all {
		if !slices.ContainsFunc(
			distinct,
			func(o check.Evidence) bool { return slices.Equal(o.Source, e.Source) && slices.Equal(o.Lines, e.Lines) },
		) {
			distinct = append(distinct, e)
		}
	}
	return distinct
}

// evidence are commands that show what was seen, with lines of what they print.
func (p *page) evidence(all []check.Evidence) {
	if len(all) == 0 {
		return
	}
	p.add("  evidence")
	lines := p.evidenceLines
	for i, e := range all {
		if i == p.detail.evidence {
			p.labelled("", fmt.Sprintf("%d more: -v", len(all)-i))
			break
		}
		if lines == 0 {
			e.Lines = nil
		} else if len(e.Lines) > lines {
			e.Lines = append(slices.Clone(e.Lines[:lines]), "...")
		}
		lines = max(0, lines-len(e.Lines))
		p.seen(labelWidth, e)
	}
	p.blank()
}

// seen is one command, with lines of what it prints.
func (p *page) seen(indent int, e check.Evidence) {
	p.command(indent, e.Source)
	for _, line := range e.Lines {
		row := strings.Repeat(" ", indent) + "| " + line
		p.rows = append(p.rows, row)
		p.tall += screenRows(row, p.Width)
	}
}

// symptomRows is the number of rows for the checks that fail as a consequence.
const symptomRows = 2

// maxReasons is the number of reasons for skipped checks that are named.
const maxReasons = 2

// others names what else was found: of the checks that fail as a consequence of the cause one is the example; the others get a line
// each.
func (p *page) others(r *report.Report) {
	var symptoms, also []string
	first := true
	for _, result := range r.Results {
		text := ""
		for _, f := range result.Findings {
			if first && result.Code == r.Verdict.Code && f.Summary == r.Verdict.Summary && f.Target == *r.Verdict.Target {
				first = false
				continue
			}
			text = fmt.Sprintf("%s (%s)", f.Summary, f.Code)
			if !strings.Contains(f.Summary, f.Target.Name) {
				text = fmt.Sprintf("%s: %s", f.Target, text)
			}
			if f.Severity != check.Info {
				text = marks[statusOf(f.Severity)].mark + " " + text
			}
			if result.Symptom && r.Verdict.Status == check.Fail {
				symptoms = append(symptoms, text)
			} else {
				also = append(also, text)
			}
		}
		if result.Status == check.Unknown && result.Code != r.Verdict.Code {
			also = append(also, fmt.Sprintf("%s unknown whether %s: %s (%s)", marks[check.Unknown].mark, result.Title, result.Error, result.Code))
		}
	}
	if len(symptoms) > 0 {
		text := "Probably explained by this: "
		if len(symptoms) > 1 {
			text += fmt.Sprintf("%d findings, such as ", len(symptoms))
		}
		text += symptoms[0]
		p.hanging("  ", 2, cut(text, symptomRows, p.Width-2))
	}
	for i, text := range also {
		label := ""
		if i == 0 {
			label = "also"
		}
		if i >= p.also && len(also) > p.also {
			p.labelled(label, fmt.Sprintf("%d more: -v", len(also)-i))
			break
		}
		p.labelled(label, cut(text, p.alsoRows, p.Width-labelWidth))
	}
	if len(also) > 0 {
		p.blank()
	}
}

// statusOf returns the status of a check with a finding of that severity.
func statusOf(s check.Severity) check.Status {
	switch s {
	case check.Error:
		return check.Fail
	case check.Warning:
		return check.Warn
	}
	return check.Passed
}

// counts says how many checks there were, by what became of them, and why some were skipped.
func (p *page) counts(r *report.Report) {
	counts := map[check.Status]int{}
	skipped := map[string]int{}
	var reasons []string
	for _, result := range r.Results {
		counts[result.Status]++
		if result.Status == check.Skip {
			if skipped[result.Reason] == 0 {
				reasons = append(reasons, result.Reason)
			}
			skipped[result.Reason]++
		}
	}
	var parts []string
	for _, s := range []check.Status{check.Fail, check.Warn, check.Unknown, check.Passed, check.Blocked, check.Skip} {
		word := marks[s].word
		if s == check.Fail {
			word = "failed"
		}
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], word))
		}
	}
	text := "Checks: " + strings.Join(parts, ", ")
	if len(reasons) > 0 && r.Verdict.Status == check.Passed {
		slices.SortStableFunc(reasons, func(a, b string) int { return skipped[b] - skipped[a] })
		shown := reasons[:min(maxReasons, len(reasons))]
		if len(reasons) > maxReasons {
			shown = append(shown, "...")
		}
		text += " (" + strings.Join(shown, "; ") + ")"
	}
	p.hanging("  ", 2, text+". Details: -v")
}

// checks is each check with all of its findings, fixes and evidence.
func (p *page) checks(r *report.Report) {
	for _, result := range r.Results {
		m := marks[result.Status]
		p.hanging("  "+p.paint(result.Status, m.mark)+" ", 4, fmt.Sprintf("%s %s: %s", result.Code, m.word, result.Title))
		const indent = 6
		in := strings.Repeat(" ", indent)
		for _, f := range result.Findings {
			p.hanging(in, indent, fmt.Sprintf("%s: %s", f.Severity, f.Summary))
			if f.Cause != "" {
				p.hanging(in, indent, "cause: "+f.Cause)
			}
			for _, fix := range f.Fixes {
				p.hanging(in, indent, "fix: "+fix.Title)
				for _, argv := range fix.Commands {
					p.command(indent+2, argv)
				}
			}
			p.sources(f.Evidence)
		}
		switch {
		case result.Error != "":
			p.hanging(in, indent, result.Error)
		case result.Reason != "":
			p.hanging(in, indent, result.Reason)
		case len(result.BlockedBy) > 0:
			p.hanging(in, indent, fmt.Sprintf("blocked by %s: fix that first", strings.Join(result.BlockedBy, ", ")))
		}
		p.sources(result.Evidence)
	}
}

// sources are the evidence of a check.
func (p *page) sources(all []check.Evidence) {
	for _, e := range all {
		row := "      evidence: " + cmdline.Quote(e.Source)
		p.rows = append(p.rows, row)
		for _, line := range e.Lines {
			p.rows = append(p.rows, "        | "+line)
		}
	}
}
