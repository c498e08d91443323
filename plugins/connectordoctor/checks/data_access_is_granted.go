package checks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// DataAccessIsGranted finds an identity without a grant at a target that keeps its own list of who may use its data.
var DataAccessIsGranted = &check.Check{
	Code: "CON0706",
	Name: "data-access-is-granted",
	Hop:  hopTarget,
	Doc: `the identity of the connection is on the target's own list of who may use its data, if it has one

Cosmos DB for NoSQL and Azure Cache for Redis keep such a list. Roles of Azure, Owner among them, give no access to their data. Whether a
group on the list has the identity is not known: Azure does not say who belongs to it.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-connect-role-based-access-control",
		"https://learn.microsoft.com/azure/azure-cache-for-redis/cache-configure-role-based-access-control",
	},
	After: []*check.Check{IdentityExists, TargetExists},
	Needs: ofAzure(facts.AzureTarget, facts.AzureIdentity),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, t, ok, err := atTarget(p)
		if !ok {
			return nil, err
		}
		i, err := facts.AzureIdentity.Get(p)
		switch {
		case err != nil:
			return nil, err
		case i.Identity == nil || t.Grants == nil:
			p.Skip("pods do not sign in by an identity that exists, or the target keeps no list of its own")
			return nil, nil
		case t.Grants.Error != "":
			return nil, errors.New("who may use its data could not be read: " + t.Grants.Error)
		case t.Grants.Own:
			return nil, nil
		}
		target, identity := nameOf(t.Target.ID), nameOf(i.Identity.ID)
		f := check.Finding{
			Severity: check.Error, Target: l.ref(),
			Summary: fmt.Sprintf("%s gives the identity of connection %s, %s, no access to its data: no role assignment of its own is for it",
				target, l.Name, identity),
			Cause: "roles of Azure do not count for its data; it refuses requests with 403",
			Fixes: grantData(t.Target, i.Identity.Principal),
		}
		if strings.EqualFold(t.Target.Type, "Microsoft.Cache/redis") {
			f.Summary = fmt.Sprintf("%s lets the identity of connection %s, %s, not sign in: no access policy assignment is for it", target,
				l.Name, identity)
			f.Cause = "roles of Azure do not count for its data; it refuses the identity's user name and token (WRONGPASS)"
		}
		if t.Grants.Others > 0 {
			f.Severity = check.Warning
			f.Cause += fmt.Sprintf(", unless the identity belongs to a group that has access: %s", counted(t.Grants.Others, "other object"))
			f.Cause += " has it"
		}
		return []check.Finding{f}, nil
	},
}

// grantData are the fixes that give the principal access to the target's data.
func grantData(t facts.ResourceInAzure, principal string) []check.Fix {
	subscription, group, name, ok := id.Parts(t.ID)
	if !ok {
		return nil
	}
	of := []string{"--subscription", subscription, "-g", group}
	f := fix("let it read and write data", cmdline.Az("cosmosdb", "sql", "role", "assignment", "create").With(of...).
		With("-a", name, "--role-definition-name", "Cosmos DB Built-in Data Contributor", "--principal-id", principal, "--scope", "/"))
	if strings.EqualFold(t.Type, "Microsoft.Cache/redis") {
		f = fix("let it read and write data", cmdline.Az("redis", "access-policy-assignment", "create").With(of...).
			With("-n", name, "--policy-assignment-name", "aks", "--access-policy-name", "Data Contributor", "--object-id", principal,
				"--object-id-alias", principal))
	}
	f.Weakens = "pods of the connection can read and write all data of " + name
	return []check.Fix{f}
}
