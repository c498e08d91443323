package connectordoctor

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/doctor"
)

func explainCommand(a *cli.App) *cobra.Command {
	return doctor.Explainer{
		Long: templates.LongDesc(`
			Explain an error message of Service Connector, its extension, Helm, Entra ID, Key Vault or its CSI driver, or of the service
			at the end of a connection, such as a database: what it means, its likely causes, and what to do next. The text is taken
			from the command line or, if there is none, from stdin; in a log, each known error is explained once. Neither the cluster
			nor Azure is contacted.

			The exit code is 0 if an error was recognized and 2 if none was.`),
		Example: templates.Examples(`
			# An error, quoted
			kubectl connectordoctor explain "Unable to get a response from the agent in time"

			# The log of an app
			kubectl logs deploy/web | kubectl connectordoctor explain`),
		Usage: `put it in quotes: kubectl connectordoctor explain "TEXT"`,
		Hint:  "to check the connections of the namespace: kubectl connectordoctor",
	}.Command(a)
}
