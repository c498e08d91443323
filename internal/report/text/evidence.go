package text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
)

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
	row := strings.Repeat(" ", indent) + source(e)
	p.rows = append(p.rows, row)
	p.tall += screenRows(row, p.Width)
	for _, line := range e.Lines {
		row := strings.Repeat(" ", indent) + "| " + line
		p.rows = append(p.rows, row)
		p.tall += screenRows(row, p.Width)
	}
}

// source is the command of the evidence.
func source(e check.Evidence) string {
	if e.Source.IsZero() {
		return "(command not shown)"
	}
	return e.Source.String()
}
