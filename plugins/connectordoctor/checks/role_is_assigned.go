package checks

import (
	"errors"
	"fmt"

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
do not give access to its data; whether one that is not built in does is unknown. Roles inside of databases are not read.`,
	Sources: []string{"https://learn.microsoft.com/azure/service-connector/concept-microsoft-entra-roles"},
	After:   []*check.Check{IdentityExists, TargetExists},
	Needs:   ofAzure(facts.AzureTarget, facts.AzureIdentity),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		l, ok, err := known(p)
		if !ok {
			return nil, err
		}
		t, err := facts.AzureTarget.Get(p)
		if ok, err := read(p, t.Off, err); !ok {
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
		unknown := ""
		for _, r := range t.Roles {
			gives, known := facts.GivesData(target, r.Role)
			if gives {
				return nil, nil
			}
			if !known {
				unknown = r.Role
			}
		}
		if unknown != "" {
			return nil, fmt.Errorf("whether role %s of the identity gives access to the data of %s is unknown: its permissions are not read",
				unknown, name)
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
			f.Summary = fmt.Sprintf("the identity of connection %s, %s, has no role for the data of %s, only to manage it", l.Name,
				nameOf(i.Identity.ID), name)
			f.Cause = "Owner, Contributor and Reader give no access to data by Entra ID; the target refuses such requests with 403"
		}
		return []check.Finding{f}, nil
	},
}
