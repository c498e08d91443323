package checks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// RoleIsAssigned finds an identity without a role at the target.
var RoleIsAssigned = &check.Check{
	Code: "CON0702",
	Name: "role-is-assigned",
	Hop:  hopTarget,
	Doc: `the identity of the connection has a role at its target that gives access to data

Service Connector assigns one when it creates the connection, unless it is told not to. Roles that only manage a resource, such as Reader,
do not give access to its data: that takes data actions. Those of roles that somebody defined are read. Roles inside of databases are not.`,
	Sources: []string{
		"https://learn.microsoft.com/azure/service-connector/concept-microsoft-entra-roles",
		"https://learn.microsoft.com/azure/role-based-access-control/role-definitions",
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
		case t.NoRoles != "":
			p.Skip("%s", t.NoRoles)
			return nil, nil
		case t.RolesError != "":
			return nil, errors.New(t.RolesError)
		case err != nil:
			return nil, err
		case i.Identity == nil:
			p.Skip("pods do not sign in by an identity that exists")
			return nil, nil
		}
		name, target := nameOf(t.Target.ID), l.here[0].Target
		gives, unknown := givenData(t, target)
		switch {
		case gives:
			return nil, nil
		case unknown != nil:
			return nil, fmt.Errorf("whether role %s of the identity gives access to the data of %s is unknown: %w", unknown.role, name, unknown.why)
		}
		assign := fix("assign it the role that Service Connector assigns; it takes effect after up to ten minutes",
			cmdline.Az("role", "assignment", "create", "--assignee-object-id", i.Identity.Principal, "--assignee-principal-type", "ServicePrincipal",
				"--role", facts.RoleOf(target), "--scope", t.Target.ID))
		assign.Weakens = "pods of the connection get access to the data of " + name
		f := check.Finding{
			Severity: check.Error, Target: l.ref(),
			Summary: fmt.Sprintf("the identity of connection %s, %s, has no role at %s", l.Name, nameOf(i.Identity.ID), name),
			Cause:   "its role assignment was removed, or never created; the target refuses its requests with 403",
			Fixes:   []check.Fix{assign},
		}
		if len(t.Roles) > 0 {
			f.Severity = check.Warning
			f.Summary = fmt.Sprintf("the identity of connection %s, %s, has no role for the data of %s, only %s", l.Name,
				nameOf(i.Identity.ID), name, names(roleNames(t)))
			f.Cause = "its roles there allow no action on this data; the target refuses such requests with 403"
		}
		return []check.Finding{f}, nil
	},
}

// unclear is a role of which is not known what it gives, and why.
type unclear struct {
	role string
	why  error
}

// givenData reports whether one of the roles gives access to the data of the connection's target. unknown is one of which this is not
// known; nil: there is none.
func givenData(t facts.TargetInAzure, target string) (gives bool, unknown *unclear) {
	for _, r := range t.Roles {
		gives, known := facts.GivesData(target, r.Role)
		i := slices.IndexFunc(t.Definitions, func(d facts.RoleDefinition) bool { return d.Role == r.Role })
		why := errors.New("its permissions are not read")
		if !known && i >= 0 {
			d := t.Definitions[i]
			gives, known = d.GivesData(target)
			why = errors.New("none of its data actions is one that is known to suffice")
			if d.Error != "" {
				why = errors.New(d.Error)
			}
		}
		if gives {
			return true, nil
		}
		if !known {
			unknown = &unclear{r.Role, why}
		}
	}
	return false, unknown
}

// roleNames returns the names of the roles, or their GUIDs.
func roleNames(t facts.TargetInAzure) (all []string) {
	for _, r := range t.Roles {
		name := cmp.Or(facts.ManagementRole(r.Role), r.Role)
		for _, d := range t.Definitions {
			if d.Role == r.Role {
				name = cmp.Or(d.Name, name)
			}
		}
		if !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
