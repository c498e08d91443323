package text

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// checks is each check with all of its findings, fixes and evidence.
func (p *page) checks(r *report.Report) {
	for _, result := range r.Results {
		m := marks[result.Status]
		p.hanging("  "+p.paint(result.Status, m.mark)+" ", 4, fmt.Sprintf("%s %s: %s", result.Code, report.Word(result.Status), result.Title))
		const indent, wrapped = 6, 10 // so that what is wrapped, which may be text of the cluster, looks neither like a fix nor like its command
		in := strings.Repeat(" ", indent)
		for _, f := range result.Findings {
			p.hanging(in, wrapped, fmt.Sprintf("%s: %s", f.Severity, f.Summary))
			if f.Cause != "" {
				p.hanging(in, wrapped, "cause: "+f.Cause)
			}
			for _, fix := range f.Fixes {
				p.hanging(in, wrapped, "fix: "+fix.FullTitle())
				for _, command := range fix.Commands {
					p.command(indent+2, command)
				}
			}
			p.sources(f.Evidence)
		}
		switch {
		case result.Error != "":
			p.hanging(in, wrapped, "reason: "+result.Error)
		case result.Reason != "":
			p.hanging(in, wrapped, "reason: "+result.Reason)
		case len(result.BlockedBy) > 0:
			p.hanging(in, wrapped, fmt.Sprintf("blocked by %s: fix that first", strings.Join(result.BlockedBy, ", ")))
		}
		p.sources(result.Evidence)
	}
}

// sources are the evidence of a check.
func (p *page) sources(all []check.Evidence) {
	for _, e := range all {
		row := "      evidence: " + source(e)
		p.rows = append(p.rows, row)
		for _, line := range e.Lines {
			p.rows = append(p.rows, "        | "+line)
		}
	}
}
