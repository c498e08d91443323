// Package insideout is the plugin `kubectl insideout`, which finds out why an app on the cluster cannot be reached.
package insideout

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Name is the name of the plugin.
const Name = "insideout"

// Plugin describes the plugin.
var Plugin = cli.Plugin{
	Name:  Name,
	Short: "Find out why an app cannot be reached",
	Long: templates.LongDesc(`
		Find out why an app on the cluster cannot be reached. The checks follow the path from the pod outwards: pod, app,
		Service, NetworkPolicies, ClusterIP, load balancer, Ingress or Gateway, DNS and this client. The verdict names
		the first broken hop.

		For a workload or pod, insideout checks the Services that select it; for an Ingress or HTTPRoute, its backend Services;
		for a URL or host name, the Services that serve it. With --to, it checks the other direction: from a pod to HOST:PORT.

		Existing objects are never changed. Connections are made from a small test pod, which meets the restricted Pod Security
		Standard and is removed at the end; it runs in the Service's namespace or that of --client. The report begins with the
		verdict, then shows the commands that fix the problem and those that show the evidence.

		Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 the verdict is unknown; 1 wrong usage or another failure.`),
	Example: templates.Examples(`
		# Why does the Service web in the current namespace not answer?
		kubectl insideout svc/web

		# Do NetworkPolicies allow the pod web-0 in namespace front to connect to the Service api?
		kubectl insideout svc/api -n shop --client front/web-0

		# Which Service has this address, and what is wrong with it?
		kubectl insideout http://20.50.60.70/

		# Why does this request not get through the Ingress?
		kubectl insideout https://shop.example.com/cart

		# Why can the pod web-0 not reach its database?
		kubectl insideout pod/web-0 --to db.example.com:5432

		# Two Services, without a test pod
		kubectl insideout svc/web svc/api -n shop --no-probe

		# All Services in the cluster with this label, as JSON
		kubectl insideout -A -l app.kubernetes.io/part-of=shop -o json

		# For code scanning; -o junit are test results for a pipeline
		kubectl insideout svc/web -o sarif

		# Write the report as one page for a browser; with --open, show it
		kubectl insideout svc/web -o html > report.html

		# Save everything collected, and evaluate it elsewhere without a cluster
		kubectl insideout svc/web --save web.bundle
		kubectl insideout --from web.bundle`),
	Root:     func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
	Commands: func(a *cli.App) []*cobra.Command { return []*cobra.Command{captureCommand(a)} },
}
