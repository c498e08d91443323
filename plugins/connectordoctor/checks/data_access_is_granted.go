package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// DataAccessIsGranted finds an identity to which a target with access control of its own gives no access to data.
var DataAccessIsGranted = &check.Check{
	Code: "CON0706",
	Name: "data-access-is-granted",
	Hop:  hopTarget,
	Doc: `the target's own access control gives the identity of the connection access to data, if it has such

Cosmos DB for NoSQL has its own role assignments, Azure Cache for Redis access policy assignments. Azure roles, even Owner, do not give an
identity access to the data. Group memberships are not read; they are in Microsoft Graph.`,
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
		case i.Identity == nil:
			p.Skip("pods do not sign in by an identity that exists")
			return nil, nil
		case t.Grants == nil:
			p.Skip("the target has no access control of its own for its data, or the bundle is of an earlier version")
			return nil, nil
		case t.Grants.Error != "":
			return nil, fmt.Errorf("the role assignments of %s could not be read: %s", nameOf(t.Target.ID), t.Grants.Error)
		case t.Grants.Own:
			return nil, nil
		}
		target, identity := nameOf(t.Target.ID), nameOf(i.Identity.ID)
		f := check.Finding{
			Severity: check.Error, Target: l.ref(), Fixes: grantData(t.Target, l.here[0].Target, i.Identity.Principal),
			Summary: fmt.Sprintf("%s has no Cosmos DB role assignment for the identity of connection %s, %s", target, l.Name, identity),
			Cause:   "Azure roles give no access to its data; requests fail with 403",
		}
		switch {
		case strings.EqualFold(t.Target.Type, facts.RedisType): // it takes no groups
			f.Summary = fmt.Sprintf("%s has no access policy assignment for the identity of connection %s, %s", target, l.Name, identity)
			f.Cause = "Azure roles give no access to its data; the cache rejects the identity's token (WRONGPASS)"
		case t.Grants.Others > 0:
			f.Severity = check.Warning
			f.Cause += fmt.Sprintf(", unless it is a member of a group that has one: there are role assignments for %s",
				counted(t.Grants.Others, "other principal"))
		}
		return []check.Finding{f}, nil
	},
}

// grantData are the fixes that give the principal access to the target's data. target is that of the connection, such as a database.
func grantData(t facts.ResourceInAzure, target, principal string) []check.Fix {
	subscription, group, name, ok := id.Parts(t.ID)
	if !ok {
		return nil
	}
	of := []string{"--subscription", subscription, "-g", group}
	const title = "give the identity read and write access to the data"
	f := fix(title, cmdline.Az("cosmosdb", "sql", "role", "assignment", "create").With(of...).
		With("-a", name, "--role-definition-name", "Cosmos DB Built-in Data Contributor", "--principal-id", principal,
			"--scope", "/dbs/"+nameOf(target)))
	f.Weakens = "pods of the connection can read and write all data of database " + nameOf(target)
	if strings.EqualFold(t.Type, facts.RedisType) {
		f = fix(title, cmdline.Az("redis", "access-policy-assignment", "create").With(of...).
			With("-n", name, "--policy-assignment-name", principal, "--access-policy-name", "Data Contributor", "--object-id", principal,
				"--object-id-alias", principal))
		f.Weakens = "pods of the connection can read and write all data of " + name
	}
	return []check.Fix{f}
}
