package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// ConnectionIsInAzure finds a connection that Azure does not have, or has for another namespace.
var ConnectionIsInAzure = &check.Check{
	Code:     "CON0603",
	Name:     "connection-is-in-azure",
	Hop:      hopAzure,
	Explains: true,
	Doc: `Azure has the connection, for this namespace

A connection belongs to one namespace, by default to default. Deleting it leaves its Secret and its ServiceAccount in the cluster; nothing
changes them any more.`,
	Sources: []string{docExtension},
	Needs:   ofAzure(),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := inAzure(p)
		if !ok || len(l.here) > 0 {
			return nil, err
		}
		f := check.Finding{Severity: note(p), Target: l.ref(), Fixes: []check.Fix{l.listInAzure("see the cluster's connections in Azure")}}
		switch {
		case f.Severity == check.Info:
			f.Summary = fmt.Sprintf("Azure has no connection %s for namespace %s, although what it provides exists", l.Name, l.Namespace)
			f.Cause = "the connection was deleted, which leaves its objects, or something else created them; nothing changes them any more"
		case len(l.elsewhere) > 0:
			other := l.elsewhere[0]
			f.Summary = fmt.Sprintf("connection %s is for namespace %s in Azure, not for %s", other.Name, other.Namespace, l.Namespace)
			f.Cause = "it was created with another --kube-namespace; its Secret is in that namespace, and pods cannot use it from others"
			f.Fixes = []check.Fix{
				fix("check it in its own namespace", cmdline.Kubectl("connectordoctor", other.Name, "-n", other.Namespace)),
				l.listInAzure("create one for namespace " + l.Namespace + ", under another name; see what the cluster has"),
			}
		default:
			f.Summary = fmt.Sprintf("Azure has no connection %s of cluster %s", l.Name, l.cluster.Name())
			f.Cause = "it was never created, was deleted, or belongs to another cluster"
		}
		return []check.Finding{f}, nil
	},
}
