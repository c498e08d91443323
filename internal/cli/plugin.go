// Package cli turns a Plugin into a program. It provides what all plugins of the suite have in common: kubectl's flags, streams, colour,
// signals, exit codes, completion, and the format of errors.
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

// Plugin describes a kubectl plugin. Its command line, its documentation and its krew manifest are derived from it.
type Plugin struct {
	Name  string // as in `kubectl NAME`; the binary is kubectl-NAME
	Short string // one line, as krew's shortDescription: capital first, no period
	Long  string
	// Example has the examples of a plugin whose root command does the work. Subcommands have their own.
	Example string
	// Commands returns the plugin's subcommands. It is nil if there are none.
	Commands func(*App) []*cobra.Command
	// Root makes the root command do the work, by setting its Args, RunE and flags. It is nil if only subcommands do.
	Root func(*App, *cobra.Command)
}

// App is shared by all commands of a plugin.
type App struct {
	Flags *genericclioptions.ConfigFlags
	// Streams are for text and data, on whose output control characters do not pass. For bytes there is RawStreams.
	Streams genericiooptions.IOStreams
	Verbose bool
	color   string

	kubectlFlags *pflag.FlagSet // those of Flags
	status       *statusLine    // on stderr; nil where that is no terminal
}

// Printer returns the printer of notes, progress and warnings on stderr.
func (a *App) Printer() *Printer {
	return &Printer{out: raw(a.Streams.ErrOut), color: a.Colored(a.Streams.ErrOut), Verbose: a.Verbose, cluster: a.Cluster(), status: a.status}
}

// clusterFlags are kubectl's flags that select the cluster and the user.
var clusterFlags = []string{
	"kubeconfig", "context", "cluster", "user", "server", "as", "as-group", "as-uid", "as-user-extra",
	"certificate-authority", "client-certificate", "client-key", "insecure-skip-tls-verify", "tls-server-name",
}

// Cluster returns the given flags that select the cluster and the user, except those that contain a secret.
func (a *App) Cluster() (flags cmdline.ClusterFlags) {
	if a.kubectlFlags == nil {
		return nil
	}
	a.kubectlFlags.VisitAll(func(f *pflag.Flag) {
		if !f.Changed || !slices.Contains(clusterFlags, f.Name) {
			return
		}
		if u, err := url.Parse(f.Value.String()); err == nil && u.User != nil {
			return // it has a password
		}
		flags = append(flags, Given(f)...)
	})
	return flags
}

// Given returns the arguments that set the flag to its current values.
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
