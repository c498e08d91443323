// Package insideout is the plugin `kubectl insideout`: why an app on the cluster cannot be reached.
package insideout

import (
	"github.com/spf13/cobra"
	"k8s.io/kubectl/pkg/util/templates"

	"github.com/akstools/akstools/internal/cli"
)

// Name is the plugin's.
const Name = "insideout"

// Plugin is the plugin's description.
var Plugin = cli.Plugin{
	Name:  Name,
	Short: "Find out why an app cannot be reached",
	Long: templates.LongDesc(`
		Find out why an app on the cluster cannot be reached: walk from the pod outwards, to the app, the Service, the
		NetworkPolicies, the ClusterIP, the load balancer, the Ingress or Gateway, the names and this client, and stop at the
		first hop that is broken. Of a workload or a pod the Services that select it are walked, of an Ingress or HTTPRoute those
		to which it leads, of a URL or host name those that serve it. With --to it is the way on from a pod that is walked, to what it connects to.

		Objects are read, and connections are made from a small test pod in the Service's namespace, which passes the
		restricted Pod Security Standard and is removed at the end. The verdict comes first, with the commands that show
		the same and those that mend it.

		Exit codes: 0 healthy; 3 there are findings at or above --fail-on; 2 it could not be decided; 1 this program failed
		or was misused.`),
	Example: templates.Examples(`
		# Why does the Service web in the current namespace not answer?
		kubectl insideout svc/web

		# May the pod web-0 of namespace front connect, as far as NetworkPolicies go?
		kubectl insideout svc/api -n shop --client front/web-0

		# Which Service is behind this address, and what is wrong with it?
		kubectl insideout http://20.50.60.70/

		# What becomes of a request that should come through an Ingress?
		kubectl insideout https://shop.example.com/cart

		# Why does the pod web-0 not reach its database?
		kubectl insideout pod/web-0 --to db.example.com:5432

		# Two Services, without a test pod
		kubectl insideout svc/web svc/api -n shop --no-probe

		# All Services of the cluster with a label, as JSON
		kubectl insideout -A -l app.kubernetes.io/part-of=shop -o json

		# Keep what was found out, and judge it elsewhere with no cluster
		kubectl insideout svc/web --save web.bundle
		kubectl insideout --from web.bundle`),
	Root: func(a *cli.App, c *cobra.Command) { newOptions(a).bind(c) },
}
