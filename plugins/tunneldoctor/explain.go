package tunneldoctor

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/doctor"
)

func explainCommand(a *cli.App) *cobra.Command {
	return doctor.Explainer{
		Long: templates.LongDesc(`
			Explain an error message of kubectl, the API server or a tunnel agent's log: what it means, its likely causes, what
			to do next, and whether it is related to the tunnel. The text is taken from the command line or, if there is none,
			from stdin; in a log, each known error is explained once. The cluster is not contacted.

			The exit code is 0 if an error was recognized and 2 if none was.`),
		Example: templates.Examples(`
			# An error, quoted
			kubectl tunneldoctor explain "error dialing backend: dial tcp 10.224.0.5:10250: i/o timeout"

			# The output of a command
			kubectl logs web-0 2>&1 | kubectl tunneldoctor explain`),
		Usage:  `put it in quotes: kubectl tunneldoctor explain "TEXT"`,
		Hint:   "to check the tunnel itself: kubectl tunneldoctor",
		Tunnel: true,
	}.Command(a)
}
