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
		Service, NetworkPolicies, ClusterIP, load balancer, Ingress or Gateway, DNS and this client. The first broken hop is
		the verdict.

		For a workload or pod, checks the Services that select it; for an Ingress or HTTPRoute, its backend Services; for a
		URL or host, the Services that serve it. With --to, checks the other direction: from a pod to what it connects to.

		Existing objects are only read. Connections are made from a small test pod in the Service's namespace, which passes
		the restricted Pod Security Standard and is removed at the end. The verdict comes first, with the commands that show the
		evidence and those that fix the problem.

		Exit codes: 0 healthy; 3 findings at or above --fail-on; 2 inconclusive; 1 this program failed or was misused.`),
	Example: templates.Examples(`
		# Why does the Service web in the current namespace not answer?
		kubectl insideout svc/web

		# Do NetworkPolicies allow the pod web-0 of namespace front to connect?
		kubectl insideout svc/api -n shop --client front/web-0

		# Which Service has this address, and what is wrong with it?
		kubectl insideout http://20.50.60.70/

		# Why does this request not get through the Ingress?
		kubectl insideout https://shop.example.com/cart

		# Why can the pod web-0 not reach its database?
		kubectl insideout pod/web-0 --to db.example.com:5432

		# Two Services, without a test pod
		kubectl insideout svc/web svc/api -n shop --no-probe

		# All Services of the cluster with a label, as JSON
		kubectl insideout -A -l app.kubernetes.io/part-of=shop -o json

		# Save everything collected, and evaluate it elsewhere without a cluster
		kubectl insideout svc/web --save web.bundle
		kubectl insideout --from web.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
}
