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
	// Commands returns the plugin's subcommands.
	Commands func(*App) []*cobra.Command
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
	return &Printer{out: a.Streams.ErrOut, color: a.colored(a.Streams.ErrOut), Verbose: a.Verbose}
}
