package id

import (
	"regexp"
	"strings"

	"github.com/akstools/akstools/internal/cmdline"
)

// managedCluster is the resource ID of an AKS cluster.
var managedCluster = regexp.MustCompile(`(?i)^/subscriptions/([a-z0-9-]+)/resourceGroups/([^/]+)/providers/` +
	`Microsoft\.ContainerService/managedClusters/([^/]+)$`)

// AKS returns az aks VERB for the cluster of that resource ID, or no command if it is not the ID of an AKS cluster: it may come from a
// bundle. The verb is one or more words, such as "command invoke".
func AKS(cluster, verb string, args ...string) cmdline.Command {
	parts := named(managedCluster, cluster)
	if parts == nil {
		return cmdline.Command{}
	}
	return cmdline.Az("aks", strings.Fields(verb)...).With("--subscription", parts[0], "-g", parts[1], "-n", parts[2]).With(args...)
}
