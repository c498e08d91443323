package text

import (
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"github.com/mitchellh/go-wordwrap"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

const (
	// maxRows is the number of screen rows that a report with one cause may take.
	maxRows = 24
	// labelWidth is the number of columns before the text of a labelled part.
	labelWidth = 10
)

// page collects the rows of a report. A row that holds a command may be wider than the screen.
type page struct {
	Options
	detail
	rows []string
	tall int // screen rows of rows, where these are counted with their colors left out
}

// add adds a row that takes one screen row, whatever colors it holds.
func (p *page) add(row string) {
	p.rows = append(p.rows, strings.TrimRight(row, " "))
	p.tall++
}

func (p *page) blank() {
	if len(p.rows) > 0 && p.rows[len(p.rows)-1] != "" {
		p.add("")
	}
}

// hanging adds the text, wrapped behind the lead; its further rows are indented.
func (p *page) hanging(lead string, indent int, text string) {
	for i, line := range wrap(text, p.Width-indent) {
		if i > 0 {
			lead = strings.Repeat(" ", indent)
		}
		p.add(lead + line)
		p.tall += screenRows(strings.Repeat(" ", indent)+line, p.Width) - 1 // a word may be wider than the screen
	}
}

// labelled adds the text, wrapped, with a label before its first row.
func (p *page) labelled(label, text string) { p.hanging(margin(label), labelWidth, text) }

// margin is what stands before the text of a labelled part: two blanks and the label, padded to labelWidth.
func margin(label string) string {
	return "  " + label + strings.Repeat(" ", max(1, labelWidth-2-utf8.RuneCountInString(label)))
}

// command adds a command on a row of its own, which may be wider than the screen.
func (p *page) command(indent int, command cmdline.Command) {
	row := strings.Repeat(" ", indent) + command.String()
	p.rows = append(p.rows, row)
	p.tall += screenRows(row, p.Width)
}

// screenRows returns how many rows of a screen the lines take.
func screenRows(text string, width int) (rows int) {
	for line := range strings.SplitSeq(text, "\n") {
		rows += max(1, (utf8.RuneCountInString(line)+width-1)/width)
	}
	return rows
}

// wrap breaks the text at blanks so that no line is wider than width, where words allow that. There is at least one line.
func wrap(text string, width int) []string {
	return strings.Split(wordwrap.WrapString(strings.Join(strings.Fields(text), " "), uint(max(width, 1))), "\n")
}

// cut shortens the text so that it takes at most that many rows of the width.
func cut(text string, rows, width int) string {
	lines := wrap(text, width)
	if len(lines) <= rows {
		return text
	}
	for words := strings.Fields(strings.Join(lines[:rows], " ")); len(words) > 0; words = words[:len(words)-1] {
		if short := strings.TrimRight(strings.Join(words, " "), " ,;:.") + " ..."; len(wrap(short, width)) <= rows {
			return short
		}
	}
	return "..."
}

func (p *page) paint(s check.Status, text string) string {
	c := color.New(marks[s].color)
	c.DisableColor()
	if p.Color {
		c.EnableColor()
	}
	return c.Sprint(text)
}
