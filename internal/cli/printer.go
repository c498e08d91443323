package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/fatih/color"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
)

// Printer writes errors, warnings and notes to stderr; stdout is for data only. An error is printed once, in lower case and without a
// period, followed by its hints. All text passes through redact, since it may quote the cluster, and only the first line of each starts
// at the left margin, so that what is quoted cannot pass for a line of ours.
type Printer struct {
	Verbose bool
	out     io.Writer
	color   bool
	cluster cmdline.ClusterFlags
	status  *statusLine // nil: progress is not shown
}

// Error prints err and its hints.
func (p *Printer) Error(err error) {
	for _, single := range joined(err) {
		p.line(color.FgRed, "error: ", single.Error())
	}
	for _, h := range Hints(err) {
		p.line(color.FgCyan, "hint: ", h)
	}
}

// Warnf prints a warning.
func (p *Printer) Warnf(format string, args ...any) {
	p.line(color.FgYellow, "warning: ", fmt.Sprintf(format, args...))
}

// Notef prints information, such as which objects are created and removed.
func (p *Printer) Notef(format string, args ...any) {
	p.line(color.Faint, "", fmt.Sprintf(format, args...))
}

// Stepf prints a step with --verbose.
func (p *Printer) Stepf(format string, args ...any) {
	if p.Verbose {
		p.Notef(format, args...)
	}
}

func (p *Printer) line(attribute color.Attribute, label, text string) {
	c := color.New(attribute)
	if p.color {
		c.EnableColor()
	} else {
		c.DisableColor()
	}
	text = p.cluster.Text(continued(redact.Text(text)))
	if label == "" {
		text = c.Sprint(text)
	}
	// there is nowhere to report a broken stderr
	print := func() { _, _ = fmt.Fprintf(p.out, "%s%s\n", c.Sprint(label), text) }
	if p.status == nil {
		print()
		return
	}
	p.status.above(print)
}

// continued returns the text with each line but the first indented and marked.
func continued(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n  | ")
}

// Status shows on a terminal what is in progress, in place of what was shown before; "" shows nothing. In pipes and with --verbose,
// which prints each step, nothing is shown.
func (p *Printer) Status(text string) {
	if p.status != nil && !p.Verbose {
		p.status.set(redact.Line(text))
	}
}

// Creating announces that an object is created on a node and removed at the end. The component says what it is for.
func (p *Printer) Creating(_, object, namespace, node string) {
	p.Notef("creating %s in namespace %s on node %s, removed at the end", object, namespace, node)
}

// Colored reports whether to use colour on w: as --color says, else if w is a terminal and neither NO_COLOR (https://no-color.org) nor
// TERM forbids it.
func (a *App) Colored(w io.Writer) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && IsTerminal(w)
}

func validateColor(when string) error {
	switch when {
	case "auto", "always", "never":
		return nil
	}
	return fmt.Errorf("--color is %q: it takes auto, always or never", when)
}
