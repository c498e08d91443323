// Package cli makes a kubectl plugin's command out of a Plugin value: kubectl's flags, streams, colour, signals, exit
// codes, completion and the way in which errors are printed are the same for all plugins of the suite.
package cli

import (
	"net/url"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cmdline"
)

// Plugin is one kubectl plugin: its command line and, later, its krew manifest are made from it.
type Plugin struct {
	Name  string // as in `kubectl NAME`; the binary is kubectl-NAME
	Short string // one line, as krew's shortDescription: capital first, no period
	Long  string
	// Example are the examples of a plugin whose root command does the work; its subcommands have their own.
	Example string
	// Commands returns the plugin's subcommands; nil: it has none.
	Commands func(*App) []*cobra.Command
	// Root makes the root command do the work: it sets its Args, RunE and flags; nil: subcommands do it.
	Root func(*App, *cobra.Command)
}

// App is what every command of a plugin shares.
type App struct {
	Flags   *genericclioptions.ConfigFlags
	Streams genericiooptions.IOStreams
	Verbose bool
	color   string

	kubectls *pflag.FlagSet // those of Flags
}

// Printer returns the printer of notes, progress and warnings on stderr.
func (a *App) Printer() *Printer {
	return &Printer{out: a.Streams.ErrOut, color: a.Colored(a.Streams.ErrOut), Verbose: a.Verbose, cluster: a.Cluster()}
}

// choosing are kubectl's flags that say which cluster and who asks.
var choosing = []string{
	"kubeconfig", "context", "cluster", "user", "server", "as", "as-group", "as-uid", "as-user-extra",
	"certificate-authority", "client-certificate", "client-key", "insecure-skip-tls-verify", "tls-server-name",
}

// Cluster returns those of the flags that were given by which kubectl finds the cluster, and who asks; none that holds a secret.
func (a *App) Cluster() (flags cmdline.ClusterFlags) {
	if a.kubectls == nil {
		return nil
	}
	a.kubectls.VisitAll(func(f *pflag.Flag) {
		if !f.Changed || !slices.Contains(choosing, f.Name) {
			return
		}
		if u, err := url.Parse(f.Value.String()); err == nil && u.User != nil {
			return // with a password
		}
		flags = append(flags, Given(f)...)
	})
	return flags
}

// Given returns the arguments that give the flag its values again.
func Given(f *pflag.Flag) []string {
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	args := make([]string, len(values))
	for i, v := range values {
		args[i] = "--" + f.Name + "=" + v
	}
	return args
}
