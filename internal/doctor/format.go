package doctor

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/html"
	"github.com/akstools/akstools/internal/report/junit"
	"github.com/akstools/akstools/internal/report/sarif"
	"github.com/akstools/akstools/internal/report/text"
)

// format is how --output wants reports.
type format struct {
	// write writes the reports one at a time; nil: a printer of kubectl does, which needs all of them.
	write func(io.Writer, iter.Seq[*report.Report]) error
	// out returns stdout for what is written.
	out func(*cli.App) io.Writer
}

func (o *Options) format() format {
	switch strings.ToLower(*o.print.OutputFormat) {
	case "":
		return format{o.writeText, (*cli.App).ColorOut}
	case "name":
		return format{writeNames, (*cli.App).ColorOut}
	case "json":
		return format{report.WriteJSON, (*cli.App).JSONOut}
	case "sarif":
		return format{o.writeSARIF, (*cli.App).JSONOut}
	case "junit":
		return format{o.writeJUnit, func(a *cli.App) io.Writer { return a.Streams.Out }}
	case "yaml":
		return format{report.WriteYAML, func(a *cli.App) io.Writer { return a.Streams.Out }}
	case htmlFormat:
		return format{o.writeHTML, func(a *cli.App) io.Writer { return a.Streams.Out }}
	}
	return format{nil, func(a *cli.App) io.Writer { return a.Streams.Out }}
}

// htmlFormat is the value of --output for a page.
const htmlFormat = "html"

// html reports whether --output wants a page.
func (o *Options) html() bool { return strings.EqualFold(*o.print.OutputFormat, htmlFormat) }

// validFormat returns an error if --output names no format.
func (o *Options) validFormat() error {
	if o.format().write != nil {
		return nil
	}
	_, err := o.print.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return genericclioptions.NoCompatiblePrinterError{OutputFormat: o.print.OutputFormat, AllowedFormats: o.formats()}
	}
	return err
}

// formats are the values of --output: our own, then those of kubectl's printers.
func (o *Options) formats() []string {
	return append([]string{htmlFormat, "sarif", "junit"}, o.print.AllowedFormats()...)
}

// write prints the reports to the stdout of app, and returns the exit code.
func (o *Options) write(app *cli.App, reports iter.Seq[*report.Report]) (code int, err error) {
	counted := func(yield func(*report.Report) bool) {
		for r := range reports {
			code = max(code, report.ExitCode(r, check.Severity(o.failOn), o.allowUnknown))
			if !yield(r) {
				return
			}
		}
	}
	if f := o.format(); f.write != nil {
		err = f.write(f.out(app), counted)
		return code, err
	}
	all := slices.Collect(counted)
	if len(all) == 1 {
		return code, app.PrintObject(o.print, all[0])
	}
	return code, app.PrintObject(o.print, report.NewList(all))
}

func (o *Options) writeText(out io.Writer, reports iter.Seq[*report.Report]) error {
	stdout := o.App.Streams.Out
	return text.Write(out, reports, text.Options{Color: o.App.Colored(stdout), Verbose: o.App.Verbose, Width: cli.Width(stdout)})
}

func (o *Options) writeSARIF(out io.Writer, reports iter.Seq[*report.Report]) error {
	checks := slices.Clone(o.Checks)
	for _, kind := range slices.Sorted(maps.Keys(o.ChecksByKind)) {
		for _, c := range o.ChecksByKind[kind] {
			if !slices.Contains(checks, c) { // a kind may have checks of others
				checks = append(checks, c)
			}
		}
	}
	return sarif.Write(out, reports, sarif.Options{Plugin: o.Plugin, Version: cli.Version(), Checks: checks})
}

func (o *Options) writeJUnit(out io.Writer, reports iter.Seq[*report.Report]) error {
	return junit.Write(out, reports, junit.Options{Plugin: o.Plugin, FailOn: check.Severity(o.failOn)})
}

func (o *Options) writeHTML(out io.Writer, reports iter.Seq[*report.Report]) error {
	return html.Write(out, reports, html.Options{Verbose: o.App.Verbose})
}

// writeNames prints the code and the target of each finding.
func writeNames(out io.Writer, reports iter.Seq[*report.Report]) error {
	for r := range reports {
		for _, result := range r.Results {
			for _, f := range result.Findings {
				if _, err := fmt.Fprintf(out, "%s %s\n", f.Code, f.Target); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
