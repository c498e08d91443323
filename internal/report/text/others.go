package text

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// others names what else was found: of the checks that fail as a consequence of the cause one is the example; the others get a line
// each, and what several objects have in common is said once.
func (p *page) others(r *report.Report) {
	var symptoms, also []string
	total := 0
	for _, g := range report.Groups(r) {
		if g.Symptom && r.Verdict.Status == check.Fail {
			symptoms, total = append(symptoms, groupText(g)), total+len(g.Names)
			continue
		}
		also = append(also, groupText(g))
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

// groupText is the group in one line, with the mark of its severity.
func groupText(g *report.Group) string {
	if g.Finding.Severity == check.Info {
		return g.String()
	}
	return marks[report.StatusOf(g.Finding.Severity)].mark + " " + g.String()
}
