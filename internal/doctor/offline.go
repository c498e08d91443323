package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
)

// maxFile bounds the file of --from, in bytes.
const maxFile = 64 << 20

// EvaluateBundle evaluates what an earlier run saved, and prints the reports as Finish does. What that may cost is bounded: the file is
// not trusted. After an error nothing has been printed.
func (o *Options) EvaluateBundle(ctx context.Context) error {
	file, err := o.readBundle()
	if err != nil {
		return err
	}
	out, code := newSpool(), 0
	b := budgetFor(len(file))
	err = b.run(ctx, func(ctx context.Context) error {
		app := *o.App
		app.Streams.Out = out
		reports := &evaluation{options: o, file: file, budget: b}
		var err error
		code, err = o.write(&app, reports.all(ctx))
		return cmp.Or(reports.err, err)
	})
	var expensive tooMuchMemory
	if errors.As(err, &expensive) && o.format().write == nil {
		err = cli.WithHint(err, "json, yaml, sarif, junit and the report for people take less memory than other formats of --output")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	app, done, err := o.destination()
	if err != nil {
		return err
	}
	if err := done(out.copyTo(o.format().out(app))); err != nil {
		return err
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// evaluation evaluates the targets of a bundle one after the other.
type evaluation struct {
	options *Options
	file    []byte
	budget  budget
	err     error // why evaluating ended
}

// all returns the reports. Only one at a time needs to be in memory.
func (e *evaluation) all(ctx context.Context) iter.Seq[*report.Report] {
	return func(yield func(*report.Report) bool) {
		total := 0
		e.err = fact.ReadTargets(e.file, e.options.Plugin, func(t fact.BundledTarget) error {
			facts, err := fact.Unbundle(t, e.options.Facts)
			if err != nil {
				return err
			}
			r := e.options.Evaluate(ctx, facts)
			size := r.Size(e.budget.report)
			if size > e.budget.report {
				return fmt.Errorf("the bundle is too expensive to evaluate: a report is longer than %d MB", e.budget.report/1e6)
			}
			if total += size; total > e.budget.reports {
				return fmt.Errorf("the bundle is too expensive to evaluate: its reports are longer than %d MB", e.budget.reports/1e6)
			}
			if !yield(r) {
				return errStopped
			}
			return ctx.Err()
		})
		if errors.Is(e.err, errStopped) {
			e.err = nil
		}
	}
}

// errStopped ends reading a bundle whose reports cannot be written.
var errStopped = errors.New("the reports are not wanted any more")

// tooLarge returns an error if the file is larger than maxFile.
func tooLarge(file []byte) error {
	if len(file) > maxFile {
		return fmt.Errorf("the bundle is larger than %d MiB", maxFile>>20)
	}
	return nil
}

// readable returns an error if EvaluateBundle cannot read the bundle.
func readable(file []byte, plugin string) error {
	if err := tooLarge(file); err != nil {
		return err
	}
	return fact.ReadTargets(file, plugin, func(fact.BundledTarget) error { return nil })
}

// readBundle reads the file of --from.
func (o *Options) readBundle() ([]byte, error) {
	in := io.NopCloser(o.App.Streams.In)
	if o.from != "-" {
		file, err := os.Open(o.from)
		if err != nil {
			return nil, err
		}
		in = file
	}
	defer in.Close()
	b, err := io.ReadAll(io.LimitReader(in, maxFile+1))
	if err == nil {
		err = tooLarge(b)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	return b, nil
}
