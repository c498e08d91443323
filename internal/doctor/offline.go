package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/akstools/akstools/internal/check"
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
	var out bytes.Buffer
	code := 0
	b := budgetFor(int64(len(file)))
	err = b.run(ctx, func(ctx context.Context) error {
		reports, err := o.evaluate(ctx, file, b.text)
		if err != nil {
			return err
		}
		code = report.ExitCode(reports, check.Severity(o.failOn), o.allowUnknown)
		app := *o.App
		app.Streams.Out = &out
		return o.write(&app, reports)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	if _, err := out.WriteTo(o.stdout()); err != nil {
		return err
	}
	if code != 0 {
		return cli.ExitError{Code: code}
	}
	return nil
}

// stdout returns stdout for text in the format of --output.
func (o *Options) stdout() io.Writer {
	switch {
	case o.writer() != nil:
		return o.App.ColorOut()
	case *o.print.OutputFormat == "json":
		return o.App.JSONOut()
	}
	return o.App.Streams.Out
}

// evaluate evaluates the targets of the bundle one after the other. Its reports have at most maxText bytes of text.
func (o *Options) evaluate(ctx context.Context, file []byte, maxText int) ([]*report.Report, error) {
	var reports []*report.Report
	left := maxText
	err := fact.ReadTargets(bytes.NewReader(file), o.Plugin, func(t fact.BundledTarget) error {
		facts, err := fact.Unbundle(t, o.Facts)
		if err != nil {
			return err
		}
		r := o.Evaluate(ctx, facts)
		if left -= r.Size(left); left < 0 {
			return fmt.Errorf("the bundle is too expensive to evaluate: its reports are longer than %d MB", maxText/1e6)
		}
		reports = append(reports, r)
		return ctx.Err()
	})
	return reports, err
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
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("the bundle is larger than %d MiB", maxFile>>20)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.from, err)
	}
	return b, nil
}
