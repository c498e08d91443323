package insideout

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/report"
)

// options are the command line.
type options struct {
	app           *cli.App
	print         *genericclioptions.PrintFlags
	selector      string
	allNamespaces bool
	noProbe       bool
	image         string
	timeout       time.Duration
	save, from    string
	withLogs      bool
	failOn        string
	allowUnknown  bool
}

func newOptions(a *cli.App) *options {
	return &options{app: a, print: genericclioptions.NewPrintFlags("").WithTypeSetter(report.Scheme())}
}

// bind makes c the plugin's command.
func (o *options) bind(c *cobra.Command) {
	c.Use = Name + " [svc/NAME...] [flags]"
	c.DisableFlagsInUseLine = true
	c.Args = cobra.ArbitraryArgs
	c.ValidArgsFunction = o.complete
	c.RunE = func(c *cobra.Command, args []string) error { return o.run(c.Context(), args) }
	o.print.AddFlags(c)
	flags := c.Flags()
	flags.StringVarP(&o.selector, "selector", "l", "", "Label selector of the Services to walk")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Walk the Services of all namespaces")
	flags.BoolVar(&o.noProbe, "no-probe", false, "Make no test pod: only read objects")
	flags.StringVar(&o.image, "probe-image", "", "Image of the test pod, with sh and nc; by default one that the node has, else azurelinux/busybox of mcr.microsoft.com")
	flags.DurationVar(&o.timeout, "timeout", 5*time.Second, "How long one connection may take, and again its answer")
	flags.StringVar(&o.save, "save", "", "File to which what was found out is written, to be judged again with --from")
	flags.StringVar(&o.from, "from", "", "File, written by --save, that is judged instead of a cluster; - is stdin")
	flags.BoolVar(&o.withLogs, "with-logs", false, "With --save: keep lines of logs too, without what looks like a secret")
	flags.StringVar(&o.failOn, "fail-on", string(check.Error), "Severity of findings from which on the exit code is 3: error, warning or info")
	flags.BoolVar(&o.allowUnknown, "allow-unknown", false, "Exit with 0 instead of 2 where it could not be decided")
}

func (o *options) validate(args []string) error {
	switch check.Severity(o.failOn) {
	case check.Error, check.Warning, check.Info:
	default:
		return fmt.Errorf("--fail-on is %q: it takes error, warning or info", o.failOn)
	}
	switch {
	case o.timeout < time.Second || o.timeout > time.Minute:
		return fmt.Errorf("--timeout is %s: it takes 1s to 1m", o.timeout)
	case o.withLogs && o.save == "":
		return errors.New("--with-logs goes with --save only")
	case o.from != "" && (len(args) > 0 || o.selector != "" || o.allNamespaces || o.save != ""):
		return errors.New("--from takes neither targets nor -l, -A or --save: the file says what was walked")
	case o.from == "" && len(args) == 0 && o.selector == "" && !o.allNamespaces:
		return cli.WithHint(errors.New("no Service is named"), "name one as in: kubectl insideout svc/web", "or several by -l SELECTOR or -A")
	case len(args) > 0 && (o.selector != "" || o.allNamespaces):
		return errors.New("names go with neither -l nor -A")
	}
	return nil
}

// write prints the reports in the format asked for.
func (o *options) write(reports []*report.Report) error {
	out := o.app.Streams.Out
	switch *o.print.OutputFormat {
	case "":
		text := &report.Text{Out: out, Color: o.app.Colored(out), Verbose: o.app.Verbose}
		for i, r := range reports {
			if i > 0 {
				if _, err := fmt.Fprintln(out); err != nil {
					return err
				}
			}
			if err := text.Write(r); err != nil {
				return err
			}
		}
		return nil
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

// openBundle returns the file of --from.
func (o *options) openBundle() (io.ReadCloser, error) {
	if o.from == "-" {
		return io.NopCloser(o.app.Streams.In), nil
	}
	return os.Open(o.from)
}
