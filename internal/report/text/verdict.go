package text

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// maxCommandRows is the number of rows that a command may take; a longer one, which holds a manifest, is shown with --verbose.
const maxCommandRows = 3

// verdict is the cause and the fixes.
func (p *page) verdict(v check.Verdict) {
	if v.Cause != "" {
		p.labelled("cause", cut(v.Cause, p.causeRows, p.Width-labelWidth))
	}
	if v.FirstKnownBreak != "" {
		p.labelled("", fmt.Sprintf("First confirmed failure: %s. An earlier check that could not decide may be its cause.", v.FirstKnownBreak))
	}
	template := ""
	for i, fix := range v.Fixes {
		if i >= p.fixes+p.titles {
			p.labelled("", fmt.Sprintf("%d more: -v", len(v.Fixes)-i))
			break
		}
		label := "fix"
		if i > 0 {
			label = "or"
		}
		if i >= p.fixes && len(fix.Commands) > 0 {
			end := " (commands: -v)"
			if fix.Weakens != "" {
				end = " (weakens protection; commands: -v)"
			}
			p.labelled(label, cut(fix.Title, 1, p.Width-labelWidth-len(end))+end)
			continue
		}
		p.fix(label, fix)
		if fix.Template != "" && fix.Template != template {
			p.hanging(strings.Repeat(" ", labelWidth), labelWidth, "Where Bicep or Terraform manages it, change "+fix.Template+".")
			template = fix.Template
		}
	}
	p.blank()
}

// fix is a title with its commands.
func (p *page) fix(label string, fix check.Fix) {
	title := fix.FullTitle()
	if len(fix.Commands) > 0 {
		title += ":"
	}
	p.labelled(label, title)
	for i, command := range fix.Commands {
		if i == p.commands {
			p.hanging(strings.Repeat(" ", labelWidth+2), labelWidth+2, fmt.Sprintf("%d more: -v", len(fix.Commands)-i))
			break
		}
		if rows := screenRows(command.String(), p.Width-labelWidth-2); rows > maxCommandRows && !p.Verbose {
			p.hanging(
				strings.Repeat(" ", labelWidth+2),
				labelWidth+2,
				fmt.Sprintf("%s ... (%d rows: show it with -v)", command.First(3), rows),
			)
			continue
		}
		p.command(labelWidth+2, command)
	}
	if len(fix.Placeholders) > 0 && p.commands >= len(fix.Commands) {
		meanings := make([]string, len(fix.Placeholders))
		for i, word := range fix.Placeholders {
			meanings[i] = fmt.Sprintf("%s is %s", word, word.Meaning())
		}
		p.hanging(strings.Repeat(" ", labelWidth), labelWidth, strings.Join(meanings, "; "))
	}
}

// path is the hops with their marks, and what the marks mean. Hops with the same mark are not joined: each is a place to look.
func (p *page) path(stages []check.Stage) {
	const separator = " ─ "
	var legend []string
	row, width := margin("path"), labelWidth
	for i, s := range stages {
		m := marks[s.Status]
		item := s.Hop + " " + m.mark
		if i < len(stages)-1 {
			item += separator
		}
		size := utf8.RuneCountInString(item)
		if width+size > p.Width+1 && width > labelWidth {
			p.add(row)
			row, width = strings.Repeat(" ", labelWidth), labelWidth
		}
		row, width = row+strings.Replace(item, m.mark, p.paint(s.Status, m.mark), 1), width+size
		if meaning := m.mark + " " + report.Word(s.Status); s.Status != check.Passed && !slices.Contains(legend, meaning) {
			legend = append(legend, meaning)
		}
	}
	if text := strings.Join(legend, "   "); width+8+utf8.RuneCountInString(text) <= p.Width {
		p.add(row + "        " + text)
	} else {
		p.add(row)
		p.add(strings.Repeat(" ", labelWidth) + text)
	}
	p.blank()
}
