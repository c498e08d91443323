package checks

import (
	"testing"

	readers "github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

func TestTargetAcceptsSignIn(t *testing.T) {
	const server = "/subscriptions/s/resourceGroups/g/providers/Microsoft.DBforPostgreSQL/flexibleServers/v"
	yes, no := &readers.Acceptance{}, &readers.Acceptance{Allow: "disableLocalAuth=false"}
	both, keys, entra := readers.TargetSignIn{Keys: yes, Entra: yes}, readers.TargetSignIn{Keys: no, Entra: yes},
		readers.TargetSignIn{Keys: yes, Entra: no}
	for name, c := range map[string]struct {
		by      string
		csi     bool
		refused readers.TargetSignIn
		want    check.Status
	}{
		"all is accepted":           {"secret", false, both, check.Passed},
		"keys are not":              {"accessKey", false, keys, check.Fail},
		"keys are not, by identity": {"userAssignedIdentity", false, keys, check.Passed},
		"tokens are not":            {"userAssignedIdentity", false, entra, check.Fail},
		"tokens are not, by secret": {"secret", false, entra, check.Passed},
		"an application's tokens":   {"servicePrincipalSecret", false, entra, check.Fail},
		"the driver signs in":       {"userAssignedIdentity", true, entra, check.Skip},
		"unknown":                   {"", false, keys, check.Skip},
		"the target does not tell":  {"secret", false, readers.TargetSignIn{Entra: yes}, check.Skip},
		"an earlier bundle":         {"userAssignedIdentity", false, readers.TargetSignIn{}, check.Skip},
	} {
		env := &facts.Env{}
		fact.Put(env, facts.Connection, facts.ConnectionInfo{Name: "db", Namespace: "shop"})
		fact.Put(env, facts.AzureCluster, facts.ClusterInAzure{})
		fact.Put(env, facts.AzureConnections, facts.ConnectionsInAzure{Items: []facts.ConnectionInAzure{
			{Name: "db", Namespace: "shop", Target: server, AuthType: c.by, CSI: c.csi},
		}})
		fact.Put(env, facts.AzureTarget, facts.TargetInAzure{Target: readers.Target{ID: server, Exists: true, SignIn: c.refused}})
		one := *TargetAcceptsSignIn
		one.After = nil
		if got := check.Run(t.Context(), []*check.Check{&one}, env, nil)[0]; got.Status != c.want {
			t.Errorf("%s: %s %+v, want %s", name, got.Status, got, c.want)
		}
	}
}
