// Package doctor has what the commands of all doctors share: flags, bundles, output and exit codes.
package doctor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/localfile"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/report"
)

// Options are the flags that every doctor has. Set the exported fields, then call Bind.
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
	open         bool
}

// Bind adds the flags to c.
func (o *Options) Bind(c *cobra.Command) {
	o.progress = &progress{app: o.App}
	o.print = genericclioptions.NewPrintFlags("").WithTypeSetter(report.Scheme())
	o.print.AddFlags(c)
	flags := c.Flags()
	flags.Lookup("output").Usage = fmt.Sprintf("Output format. One of: (%s).", strings.Join(o.formats(), ", "))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.formats(), cobra.ShellCompDirectiveNoFileComp))
	flags.BoolVar(&o.open, "open", false, "With --output html: open the report in the browser, from a file in the temporary directory")
	flags.StringVar(&o.save, "save", "", "Write everything collected to this file, for a later --from")
	flags.StringVar(&o.from, "from", "", "Evaluate a file written by --save instead of a cluster; - means stdin")
	flags.BoolVar(&o.withLogs, "with-logs", false, "With --save: also keep log lines, with everything that looks like a secret removed")
	flags.StringVar(&o.failOn, "fail-on", string(check.Error), "Exit with 3 if any finding has at least this severity: error, warning or info")
	flags.BoolVar(&o.allowUnknown, "allow-unknown", false, "Exit with 0 instead of 2 if the verdict is unknown")
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
		return errors.New("--from cannot be combined with --save")
	}
	if o.open && !o.html() {
		return errOpen
	}
	return o.validFormat() // before anything is created
}

// Notes returns what announces the pods that the doctor creates.
func (o *Options) Notes() jobpod.Notes {
	return &notes{Printer: o.App.Printer(), announced: map[string]bool{}}
}

// Offline reports whether a bundle is evaluated instead of a cluster.
func (o *Options) Offline() bool { return o.from != "" }

// Text reports whether the reports are printed as text.
func (o *Options) Text() bool { return *o.print.OutputFormat == "" }

// Logs reports whether log lines may be gathered: they end up in the bundle too.
func (o *Options) Logs() bool { return o.save == "" || o.withLogs }

// Saves reports whether what was gathered is to be written to a bundle.
func (o *Options) Saves() bool { return o.save != "" }

// Evaluate runs the checks on what facts knows or gathers.
func (o *Options) Evaluate(ctx context.Context, facts *fact.Memo) *report.Report {
	checks := o.Checks
	if others := o.ChecksByKind[facts.Target.Kind]; others != nil {
		checks = others
	}
	facts.Observe = o.progress.observe
	r := report.New(o.Plugin, facts.Target, check.Run(ctx, checks, facts, o.progress.observe))
	if o.Offline() { // a bundle's cluster is not the one that the flags select
		r.From = redact.Line(o.from)
	} else {
		r.EachCommand(o.App.Cluster().Add)
	}
	return r
}

// Finish prints the reports. It returns the exit code as a cli.ExitError, or nil if that is 0.
func (o *Options) Finish(reports []*report.Report) error {
	app, done, err := o.destination()
	if err != nil {
		return err
	}
	code, err := o.write(app, slices.Values(reports))
	err = done(err)
	if err == nil && code != 0 {
		err = cli.ExitError{Code: code}
	}
	return err
}

// CreateBundle creates the file of --save, so that a wrong path is an error before anything is done. It appears at its path, with the
// facts, when save is called. The caller must call discard, which removes an incomplete file. Without --save neither does anything.
func (o *Options) CreateBundle() (save func([]*fact.Memo) error, discard func(), err error) {
	if o.save == "" {
		return func([]*fact.Memo) error { return nil }, func() {}, nil
	}
	file, err := localfile.Create(o.save)
	if err != nil {
		return nil, nil, fmt.Errorf("--save: %w", err)
	}
	save = func(all []*fact.Memo) error {
		err := o.writeBundle(file, all)
		if err == nil {
			err = file.Commit()
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", o.save, err)
		}
		return nil
	}
	return save, func() { _ = file.Close() }, nil
}

// writeBundle writes what was gathered to w, if EvaluateBundle can read it again.
func (o *Options) writeBundle(w io.Writer, all []*fact.Memo) error {
	bundle := fact.Bundle{BundleVersion: fact.BundleVersion, Plugin: o.Plugin}
	for _, facts := range all {
		t, err := facts.Bundled()
		if err != nil {
			return err
		}
		bundle.Targets = append(bundle.Targets, t)
	}
	var file bytes.Buffer
	if err := bundle.Write(&file); err != nil {
		return err
	}
	if err := readable(file.Bytes(), o.Plugin); err != nil {
		return err
	}
	_, err := file.WriteTo(w)
	return err
}
