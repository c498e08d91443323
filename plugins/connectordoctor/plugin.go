// Package connectordoctor is the plugin `kubectl connectordoctor`, which finds out why Service Connector failed, or why a workload cannot
// use what it created.
package connectordoctor

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Name is the plugin's name.
const Name = "connectordoctor"

// Plugin describes the plugin.
var Plugin = cli.Plugin{
	Name:  Name,
	Short: "Find out why a Service Connector connection fails",
	Long: templates.LongDesc(`
		Find out why Azure Service Connector failed on an AKS cluster, or why a workload cannot use what it created. The checks
		follow the path of a connection: what Azure has of it, the extension agents, the Job that writes to the cluster, the Secret
		and ServiceAccount, the workloads that use them, workload identity with its federated credentials, and the target with the
		role of the identity. The verdict names the first broken hop.

		A connection is named as in "az aks connection list", or as far as the name of its Secret tells. Without a name, all
		connections of the namespace are checked, by their Secrets, by the workloads that refer to them, and those that Azure has. If
		there are none, the extension and its Job are.

		With --azure=auto, Azure is read if you are signed in to it, by GET requests only; what you have no permission to read is
		unknown, and the missing action is named. With --azure=off, the cluster alone is read.

		Of Secrets, names and keys are read and values dropped: no value is printed, saved or logged. The permission to read them is
		optional: connectordoctor rbac CONNECTION prints it.

		Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 the verdict is unknown; 1 wrong usage or another failure.`),
	Example: templates.Examples(`
		# Why can pods not use the connection mydb of the current namespace?
		kubectl connectordoctor mydb

		# The same from the cluster alone
		kubectl connectordoctor mydb --azure=off

		# All connections of the namespace shop
		kubectl connectordoctor -n shop

		# Which connections are there, and what uses them?
		kubectl connectordoctor list -A

		# Does the target of the connection mydb accept connections from where its pods run?
		kubectl connectordoctor validate mydb

		# What does this error mean? No cluster is needed
		kubectl connectordoctor explain "AADSTS700213: No matching federated identity record found"

		# The permissions to check the connection mydb
		kubectl connectordoctor rbac mydb -n shop

		# As test results for a pipeline; -o sarif is for code scanning
		kubectl connectordoctor -A -o junit

		# Save everything collected, and evaluate it elsewhere without a cluster
		kubectl connectordoctor mydb --save mydb.bundle
		kubectl connectordoctor --from mydb.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
	Commands: func(a *cli.App) []*cobra.Command {
		return []*cobra.Command{listCommand(a), validateCommand(a), explainCommand(a), rbacCommand(a)}
	},
}
