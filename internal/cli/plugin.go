// Package cli makes a kubectl plugin's command out of a Plugin value: kubectl's flags, streams, colour, signals, exit
// codes, completion and the way in which errors are printed are the same for all plugins of the suite.
package cli

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
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
}

// Printer returns the printer of notes, progress and warnings on stderr.
func (a *App) Printer() *Printer {
	return &Printer{out: a.Streams.ErrOut, color: a.Colored(a.Streams.ErrOut), Verbose: a.Verbose}
}
