package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TargetExists finds a connection to a resource that was deleted.
var TargetExists = &check.Check{
	Code: "CON0701",
	Name: "target-exists",
	Hop:  hopTarget,
	Doc: `the resource to which the connection leads exists

Deleting it deletes no connection: the Secret keeps its address and its keys. A resource of another subscription than the cluster's may
only be hidden from whoever is signed in: then this is unknown.`,
	Sources: []string{docExtension},
	Needs:   ofAzure(facts.AzureTarget),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, t, ok, err := atTarget(p)
		if !ok || t.Target.Exists {
			return nil, err
		}
		return []check.Finding{{
			Severity: check.Error, Target: l.ref(),
			Summary: fmt.Sprintf("the target of connection %s, %s %s does not exist", l.Name, t.Target.Type, nameOf(t.Target.ID)),
			Cause:   "it was deleted or moved to another resource group; the connection keeps its former ID",
			Fixes: []check.Fix{
				fix("see where resources of this type are now; create the connection again to one of them",
					cmdline.Az("resource", "list", "--resource-type", t.Target.Type, "--subscription", subscriptionOf(t.Target.ID))),
			},
		}}, nil
	},
}

// nameOf returns the last part of a resource ID.
func nameOf(id string) string { return id[strings.LastIndex(id, "/")+1:] }

// subscriptionOf returns the subscription of a resource ID.
func subscriptionOf(id string) string {
	_, rest, _ := strings.Cut(strings.ToLower(id), "/subscriptions/")
	subscription, _, _ := strings.Cut(rest, "/")
	return subscription
}
