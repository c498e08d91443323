package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // credential plugins of kubeconfigs
	"k8s.io/klog/v2"
)

// version is set by the linker in releases.
var version = "devel"

// Version returns the version of this program; "devel" where it is not known.
func Version() string { return version }

// completionPrefix is the prefix of the name with which kubectl calls a plugin to complete its arguments.
const completionPrefix = "kubectl_complete-"

// memoryGoal is from how many bytes on the garbage collector works harder, so that large answers of an API server that are no longer in
// use do not add up. It limits nothing that is in use.
const memoryGoal = 192 << 20

// Main runs the plugin as a program and exits with its exit code.
func Main(p Plugin) {
	args := os.Args[1:]
	if strings.HasPrefix(filepath.Base(os.Args[0]), completionPrefix) {
		args = append([]string{cobra.ShellCompRequestCmd}, args...)
	}
	// client-go logs to stderr what it also returns as errors, and noise about closed connections
	klog.SetLogger(logr.Discard())
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	ctx, stop := interruptible(context.Background())
	code := Run(ctx, p, streams, args)
	stop()
	os.Exit(code)
}

// Run executes the plugin's command line and returns the exit code. Errors are printed once, on ErrOut.
func Run(ctx context.Context, p Plugin, streams genericiooptions.IOStreams, args []string) int {
	app := &App{Flags: genericclioptions.NewConfigFlags(true), Streams: guarded(streams)}
	if IsTerminal(streams.ErrOut) && os.Getenv("TERM") != "dumb" {
		app.status = &statusLine{out: streams.ErrOut}
	}
	root := app.command(p)
	root.SetArgs(args)
	root.SetIn(streams.In)
	root.SetOut(app.Streams.Out)
	root.SetErr(app.Streams.ErrOut)
	err := root.ExecuteContext(ctx)
	app.flush()
	app.Printer().Status("")
	if err == nil {
		return 0
	}
	if signal, ok := interruptedBy(ctx); ok {
		app.Printer().Error(interruption{signal})
		return signalExitCode(signal)
	}
	var exit ExitError
	if errors.As(err, &exit) {
		if exit.Err != nil {
			app.Printer().Error(exit.Err)
		}
		return exit.Code
	}
	app.Printer().Error(err)
	return 1
}

// Command returns the plugin's command, from which its documentation is generated. It must not be executed.
func Command(p Plugin) *cobra.Command {
	streams := genericiooptions.NewTestIOStreamsDiscard()
	return (&App{Flags: genericclioptions.NewConfigFlags(true), Streams: streams}).command(p)
}

func (a *App) command(p Plugin) *cobra.Command {
	root := &cobra.Command{
		Use:     p.Name,
		Short:   p.Short,
		Long:    p.Long,
		Example: p.Example,
		Version: version,
		Annotations: map[string]string{
			cobra.CommandDisplayNameAnnotation: "kubectl " + p.Name,
		},
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return validateColor(a.color)
		},
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return WithHint(err, "see '"+c.CommandPath()+" --help'")
	})
	flags := root.PersistentFlags()
	a.kubectlFlags = pflag.NewFlagSet("", pflag.ContinueOnError)
	a.Flags.AddFlags(a.kubectlFlags)
	flags.AddFlagSet(a.kubectlFlags)
	flags.BoolVarP(&a.Verbose, "verbose", "v", false, "Print more: each step on stderr and, in a report, every check")
	flags.StringVar(&a.color, "color", "auto", "When to color: auto, always or never")
	hideFlags(flags)
	if p.Commands != nil {
		root.AddCommand(p.Commands(a)...)
	}
	if p.Root != nil {
		p.Root(a, root)
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	a.addCompletions(root)
	return root
}
