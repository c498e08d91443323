package checks

import (
	"testing"

	readers "github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// A role of which is not known what it gives is neither taken for one that gives access to data nor for one that does not.
func TestRoles(t *testing.T) {
	const target = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a/blobServices/default"
	const (
		reader     = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
		dataReader = "2A2B9908-6ea1-4ae2-8e65-a410df84e7d1"
		custom     = "11111111-1111-1111-1111-111111111111"
	)
	const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/"
	defined := func(err string, actions ...string) *facts.RoleDefinition {
		return &facts.RoleDefinition{Error: err, RoleDefinition: readers.RoleDefinition{
			Role: custom, Name: "Shop", Permissions: []readers.DataPermission{{Actions: actions}},
		}}
	}
	for name, c := range map[string]struct {
		roles      []string
		definition *facts.RoleDefinition
		want       check.Status
	}{
		"none":                   {nil, nil, check.Fail},
		"manages only":           {[]string{reader}, nil, check.Warn},
		"for data":               {[]string{reader, dataReader}, nil, check.Passed},
		"an earlier bundle":      {[]string{reader, custom}, nil, check.Unknown},
		"for data, among others": {[]string{custom, dataReader}, nil, check.Passed},
		"of another service":     {[]string{"4633458b-17de-408a-b874-0445c86b69e6"}, nil, check.Unknown},
		"defined for data":       {[]string{reader, custom}, defined("", blobs+"read"), check.Passed},
		"defined without data":   {[]string{reader, custom}, defined(""), check.Warn},
		"defined for tags":       {[]string{custom}, defined("", blobs+"tags/read"), check.Unknown},
		"not readable":           {[]string{custom}, defined("missing Azure permission"), check.Unknown},
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Connection, facts.ConnectionInfo{Name: "blob", Namespace: "shop"})
		fact.Put(env, facts.AzureCluster, facts.ClusterInAzure{})
		fact.Put(env, facts.AzureConnections, facts.ConnectionsInAzure{Items: []facts.ConnectionInAzure{
			{Name: "blob", Namespace: "shop", Target: target, AuthType: "userAssignedIdentity"},
		}})
		fact.Put(env, facts.AzureIdentity, facts.IdentityInAzure{Identity: &readers.Identity{ID: target}})
		at := facts.TargetInAzure{Target: readers.Target{ID: target, Exists: true}}
		for _, r := range c.roles {
			at.Roles = append(at.Roles, facts.RoleInAzure{Role: r})
		}
		if c.definition != nil {
			at.Definitions = []facts.RoleDefinition{*c.definition}
		}
		fact.Put(env, facts.AzureTarget, at)
		one := *RoleIsAssigned
		one.After = nil
		if got := check.Run(t.Context(), []*check.Check{&one}, env, nil)[0]; got.Status != c.want {
			t.Errorf("%s: %s %+v, want %s", name, got.Status, got, c.want)
		}
	}
}
