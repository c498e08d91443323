package text

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// others names what else was found: of the checks that fail as a consequence of the cause one is the example; the others get a line
// each, and what several objects have in common is said once.
func (p *page) others(r *report.Report) {
	var symptoms, also []string
	total := 0
	for _, g := range groups(r) {
		if g.symptom && r.Verdict.Status == check.Fail {
			symptoms, total = append(symptoms, g.text()), total+len(g.names)
			continue
		}
		also = append(also, g.text())
	}
	for _, result := range r.Results {
		if result.Status == check.Unknown && result.Code != r.Verdict.Code {
			also = append(also, fmt.Sprintf("%s unknown whether %s: %s (%s)", marks[check.Unknown].mark, result.Title, result.Error, result.Code))
		}
	}
	if len(symptoms) > 0 {
		text := "Probably explained by this: "
		if total > 1 {
			text += fmt.Sprintf("%d findings, such as ", total)
		}
		p.hanging("  ", 2, cut(text+symptoms[0], p.symptomRows, p.Width-2))
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

// group is findings of one check that differ in their objects only.
type group struct {
	finding check.Finding // the first
	names   []string      // of the objects
	symptom bool
	verdict bool // the verdict is of the same kind
}

// groups returns the findings of the report but the verdict's own, in the order in which they first occur.
func groups(r *report.Report) []*group {
	type key struct{ code, severity, summary string }
	all := map[key]*group{}
	var order []*group
	first := true
	for _, result := range r.Results {
		for _, f := range result.Findings {
			k := key{f.Code, string(f.Severity), withoutName(f.Summary, f.Target.Name)}
			g := all[k]
			if g == nil {
				g = &group{finding: f, symptom: result.Symptom}
				all[k] = g
				order = append(order, g)
			}
			if v := r.Verdict; first && v.Target != nil && f.Code == v.Code && f.Summary == v.Summary && f.Target == *v.Target {
				first, g.verdict = false, true
				continue
			}
			g.names = append(g.names, f.Target.Name)
		}
	}
	var list []*group
	for _, g := range order {
		if len(g.names) > 0 {
			list = append(list, g)
		}
	}
	return list
}

// withoutName returns the summary without the name of its object.
func withoutName(summary, name string) string {
	if name == "" {
		return summary
	}
	return strings.ReplaceAll(summary, name, "")
}

// maxNames is the number of objects that a group names.
const maxNames = 3

func (g *group) text() string {
	f := g.finding
	mark := ""
	if f.Severity != check.Info {
		mark = marks[statusOf(f.Severity)].mark + " "
	}
	names := strings.Join(g.names[:min(maxNames, len(g.names))], ", ")
	if len(g.names) > maxNames {
		names += ", ..."
	}
	switch {
	case g.verdict:
		return fmt.Sprintf("%sthe same for %d more: %s (%s)", mark, len(g.names), names, f.Code)
	case len(g.names) > 1:
		others := strings.TrimPrefix(names, g.names[0]+", ")
		return fmt.Sprintf("%s%s; the same for %d more: %s (%s)", mark, f.Summary, len(g.names)-1, others, f.Code)
	case !strings.Contains(f.Summary, f.Target.Name):
		return fmt.Sprintf("%s%s: %s (%s)", mark, f.Target, f.Summary, f.Code)
	}
	return fmt.Sprintf("%s%s (%s)", mark, f.Summary, f.Code)
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
