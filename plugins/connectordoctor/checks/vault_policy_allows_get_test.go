package checks

import (
	"testing"

	readers "github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func TestVaultPolicies(t *testing.T) {
	const vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v"
	for name, c := range map[string]struct {
		policies bool
		access   *facts.VaultAccess
		want     check.Status
	}{
		"roles":               {false, nil, check.Skip},
		"an earlier bundle":   {true, nil, check.Unknown},
		"none":                {true, &facts.VaultAccess{}, check.Fail},
		"of another tenant":   {true, &facts.VaultAccess{Foreign: true}, check.Fail},
		"without get":         {true, &facts.VaultAccess{Own: true, Secrets: []string{"list"}}, check.Fail},
		"without secrets":     {true, &facts.VaultAccess{Own: true}, check.Fail},
		"with get":            {true, &facts.VaultAccess{Own: true, Get: true}, check.Passed},
		"of a group, perhaps": {true, &facts.VaultAccess{Others: 2}, check.Warn},
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Connection, facts.ConnectionInfo{Name: "vault", Namespace: "shop"})
		fact.Put(env, facts.AzureCluster, facts.ClusterInAzure{})
		fact.Put(env, facts.AzureConnections, facts.ConnectionsInAzure{Items: []facts.ConnectionInAzure{
			{Name: "vault", Namespace: "shop", Target: vault, AuthType: "userAssignedIdentity"},
		}})
		fact.Put(env, facts.AzureIdentity, facts.IdentityInAzure{Identity: &readers.Identity{ID: vault}})
		fact.Put(env, facts.AzureTarget, facts.TargetInAzure{
			Target: readers.Target{ID: vault, Exists: true, Policies: c.policies}, Access: c.access,
		})
		one := *VaultPolicyAllowsGet
		one.After = nil
		if got := check.Run(t.Context(), []*check.Check{&one}, env, nil)[0]; got.Status != c.want {
			t.Errorf("%s: %s %+v, want %s", name, got.Status, got, c.want)
		}
	}
}
