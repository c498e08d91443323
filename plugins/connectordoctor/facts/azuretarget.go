package facts

import (
	"context"
	"errors"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// RoleInAzure is a role that the identity of a connection has at its target.
type RoleInAzure = azure.RoleAssignment

// ResourceInAzure is a resource to which connections lead.
type ResourceInAzure = azure.Target

// Endpoint is where clients of a target connect.
type Endpoint = azure.Endpoint

// EndpointInAzure is a private endpoint of a resource.
type EndpointInAzure = azure.PrivateEndpoint

// TargetInAzure is the resource to which the connection leads.
type TargetInAzure struct {
	AzureIs
	Target azure.Target `json:"target,omitzero"`
	// NoRoles is why the roles of the identity do not matter; empty: Roles has them, or RolesError is why they could not be read.
	NoRoles    string        `json:"noRoles,omitempty"`
	Roles      []RoleInAzure `json:"roles,omitempty"`
	RolesError string        `json:"rolesError,omitempty"`
	// Definitions are those of the roles of which GivesData does not know what they give, as far as one matters.
	Definitions []RoleDefinition `json:"definitions,omitempty"`
	// Access is what the access policies of a key vault that has them allow the identity; nil: it has roles, or there is no such identity.
	Access *VaultAccess `json:"access,omitempty"`
	// Grants are those of a target that has access control of its own; nil: it has none, or there is no such identity.
	Grants *DataGrants `json:"grants,omitempty"`
}

// AzureTarget is the target of the connection, with the roles that its identity has there.
var AzureTarget = &Fact[TargetInAzure]{
	Name:    "azure-target",
	Needs:   []check.Need{Connection, AzureConnections, AzureIdentity},
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (t TargetInAzure, _ []check.Evidence, err error) {
		a, off, err := e.inAzure(ctx)
		switch {
		case err != nil || off != "":
			return TargetInAzure{AzureIs: AzureIs{off}}, nil, err
		case a.Target == "":
			return TargetInAzure{AzureIs: AzureIs{"the target of the connection is no Azure resource"}}, nil, nil
		}
		s := e.azure(ctx)
		t.Target, err = fact.Cached(e.Shared, "target "+a.Target, func() (azure.Target, error) {
			return azure.TargetOf(ctx, s.client, a.Target)
		})
		seen := []check.Evidence{{Source: cmdline.Az("resource", "show", "--ids", t.Target.ID)}}
		if errors.Is(err, azure.ErrTargetType) {
			return TargetInAzure{AzureIs: AzureIs{err.Error()}}, nil, nil
		}
		if err != nil || !t.Target.Exists {
			return t, seen, err
		}
		i, err := AzureIdentity.From(ctx, e)
		if err == nil && i.Identity != nil {
			if t.Grants = dataGrants(ctx, s.client, t.Target, a.Target, i.Identity.Principal); t.Grants != nil {
				seen = append(seen, grantsCommand(t.Target))
			}
		}
		switch {
		case a.OptsOut:
			t.NoRoles = "Service Connector was told to assign no role"
		case err != nil:
			t.RolesError = err.Error()
		case i.Identity == nil:
			t.NoRoles = "pods do not sign in by an identity that exists"
		case t.Target.Policies:
			t.NoRoles = "the key vault has access policies instead"
			t.Access = accessOf(t.Target.AccessPolicies, i.Identity.Principal)
		case RoleOf(a.Target) == "":
			t.NoRoles = "access to this kind of resource is not given by roles, or not by one role"
		default:
			seen = append(seen, check.Evidence{Source: cmdline.Az("role", "assignment", "list", "--assignee", i.Identity.Principal,
				"--scope", t.Target.ID, "--include-inherited")})
			if t.Roles, err = azure.RoleAssignments(ctx, s.client, t.Target.ID, i.Identity.Principal); err != nil {
				t.RolesError = err.Error()
			}
			t.Definitions = definitions(ctx, e, s.client, t.Target.ID, a.Target, t.Roles)
			for _, d := range t.Definitions {
				seen = append(seen, check.Evidence{Source: cmdline.Az("role", "definition", "list", "-n", d.Role, "--scope", t.Target.ID)})
			}
		}
		return t, seen, nil
	},
}
