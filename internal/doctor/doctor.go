// Package doctor is what the commands of all doctors share: their flags, bundles, output and exit codes.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
)

// Options are the flags of every doctor.
type Options struct {
	App    *cli.App
	Plugin string
	Checks []*check.Check
	Facts  []fact.Any // all facts of the doctor: with these a bundle is read
	// ChecksByKind overrides Checks for targets of that kind.
	ChecksByKind map[string][]*check.Check

	print        *genericclioptions.PrintFlags
	save, from   string
	withLogs     bool
	failOn       string
	progress     *progress
	allowUnknown bool
}

// Bind adds the flags to c.
func (o *Options) Bind(c *cobra.Command) {
	o.progress = &progress{app: o.App}
	o.print = genericclioptions.NewPrintFlags("").WithTypeSetter(report.Scheme())
	o.print.AddFlags(c)
	flags := c.Flags()
	flags.StringVar(&o.save, "save", "", "File to which what was found out is written, to be judged again with --from")
	flags.StringVar(&o.from, "from", "", "File, written by --save, that is judged instead of a cluster; - is stdin")
	flags.BoolVar(&o.withLogs, "with-logs", false, "With --save: keep lines of logs too, without what looks like a secret")
	flags.StringVar(&o.failOn, "fail-on", string(check.Error), "Severity of findings from which on the exit code is 3: error, warning or info")
	flags.BoolVar(&o.allowUnknown, "allow-unknown", false, "Exit with 0 instead of 2 where it could not be decided")
}

// Validate returns what is wrong with the flags.
func (o *Options) Validate() error {
	switch check.Severity(o.failOn) {
	case check.Error, check.Warning, check.Info:
	default:
		return fmt.Errorf("--fail-on is %q: it takes error, warning or info", o.failOn)
	}
	switch {
	case o.withLogs && o.save == "":
		return errors.New("--with-logs requires --save")
	case o.from != "" && o.save != "":
		return errors.New("--from does not go with --save")
	}
	switch *o.print.OutputFormat {
	case "", "name":
		return nil
	}
	_, err := o.print.ToPrinter() // a wrong format is refused before anything is created
	return err
}

// Notes returns what announces the pods that the doctor creates.
func (o *Options) Notes() jobpod.Notes {
	return &notes{Printer: o.App.Printer(), announced: map[string]bool{}}
}

// Offline says whether a bundle is judged instead of a cluster.
func (o *Options) Offline() bool { return o.from != "" }

// Text says that the reports are printed as text.
func (o *Options) Text() bool { return *o.print.OutputFormat == "" }

// Logs says whether lines of logs may be gathered: they would be in the bundle too.
func (o *Options) Logs() bool { return o.save == "" || o.withLogs }

// Judge runs the checks on what facts knows or finds out.
func (o *Options) Judge(ctx context.Context, facts *fact.Memo) *report.Report {
	checks := o.Checks
	if others := o.ChecksByKind[facts.Target.Kind]; others != nil {
		checks = others
	}
	facts.Observe = o.progress.observe
	r := report.New(o.Plugin, facts.Target, check.Run(ctx, checks, facts, o.progress.observe))
	if !o.Offline() { // the flags of now say nothing of a bundle's cluster
		r.EachCommand(o.App.Cluster().Argv)
	}
	return r
}

// Finish prints the reports and returns the exit code as an error, or nil where that is 0.
func (o *Options) Finish(reports []*report.Report) error {
	if err := o.write(reports); err != nil {
		return err
	}
	if code := report.ExitCode(reports, check.Severity(o.failOn), o.allowUnknown); code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// write prints the reports in the format asked for.
func (o *Options) write(reports []*report.Report) error {
	out := o.App.Streams.Out
	switch *o.print.OutputFormat {
	case "":
		return text.Write(out, reports, text.Options{Color: o.App.Colored(out), Verbose: o.App.Verbose, Width: cli.Width(out)})
	case "name":
		return writeNames(out, reports)
	}
	printer, err := o.print.ToPrinter()
	if err != nil {
		return err
	}
	if len(reports) == 1 {
		return printer.PrintObj(reports[0], out)
	}
	return printer.PrintObj(report.NewList(reports), out)
}

// writeNames prints the codes of what was found, each with its target.
func writeNames(out io.Writer, reports []*report.Report) error {
	for _, r := range reports {
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

// JudgeBundle judges what an earlier run has found out.
func (o *Options) JudgeBundle(ctx context.Context) ([]*report.Report, error) {
	file, err := o.openBundle()
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	bundle, err := fact.ReadBundle(file, o.Plugin)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	var reports []*report.Report
	for _, t := range bundle.Targets {
		facts, err := fact.Unbundle(t, o.Facts)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.from, err)
		}
		reports = append(reports, o.Judge(ctx, facts))
	}
	return reports, nil
}

// openBundle returns the file of --from.
func (o *Options) openBundle() (io.ReadCloser, error) {
	if o.from == "-" {
		return io.NopCloser(o.App.Streams.In), nil
	}
	return os.Open(o.from)
}

// CreateBundle opens the file of --save, before anything is done, and returns what writes the bundle to it; without --save that
// does nothing.
func (o *Options) CreateBundle() (save func([]*fact.Memo) error, err error) {
	if o.save == "" {
		return func([]*fact.Memo) error { return nil }, nil
	}
	file, err := os.OpenFile(o.save, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	return func(all []*fact.Memo) error {
		err := errors.Join(o.writeBundle(file, all), file.Close())
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.save, err)
		}
		return nil
	}, nil
}

func (o *Options) writeBundle(w io.Writer, all []*fact.Memo) error {
	bundle := fact.Bundle{BundleVersion: fact.BundleVersion, Plugin: o.Plugin}
	for _, facts := range all {
		t, err := facts.Bundled()
		if err != nil {
			return err
		}
		bundle.Targets = append(bundle.Targets, t)
	}
	return bundle.Write(w)
}
