package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/test/e2e/faults"
)

// agent lets Azure's connections be written to the cluster until the test ends: the agent that Azure asks has Helm install our chart. Who
// may change resources may assign roles, too.
func (a azureLab) agent(t *testing.T) {
	t.Helper()
	a.must(t, "lab", "azure", "agent", "start", a.path("bin/connect"))
	t.Cleanup(func() { a.must(t, "lab", "azure", "agent", "stop") })
	a.must(t, "lab", "azure", "role", "assign", "owner", "Owner", azureSubscription)
}

// connect creates a connection by workload identity to the storage account as its user does, and returns the state in which it ends.
func (a azureLab) connect(t *testing.T, name, namespace string) (state string) {
	t.Helper()
	id := strings.TrimSuffix(faults.ConnectorLinker, "mydb") + name
	properties, err := json.Marshal(map[string]any{
		"targetService": map[string]any{"type": "AzureResource", "id": faults.ConnectorAccount + "/blobServices/default"},
		"authInfo": map[string]any{
			"authType": "userAssignedIdentity", "clientId": faults.ConnectorClient, "subscriptionId": "00000000-0000-0000-0000-000000000000",
		},
		"clientType": "none", "scope": namespace,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AZURE_CONFIG_DIR", a.owner)
	a.must(t, "sh", "-c", `exec az resource create --id "$0" --properties "$1"`, id, string(properties))
	t.Setenv("AZURE_CONFIG_DIR", a.reader)
	a.eventually(t, 2*time.Minute, func() error {
		var o struct {
			Properties struct{ ProvisioningState string }
		}
		if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "get", id)), &o); err != nil {
			return err
		}
		if state = o.Properties.ProvisioningState; state != "Succeeded" && state != "Failed" {
			return fmt.Errorf("the connection is %s", state)
		}
		return nil
	})
	return state
}

// creationFault is something for which the creation of a connection fails in the cluster, how it is undone, the check that finds it, and
// what its finding says.
type creationFault struct {
	name          string
	inject, clear [][]string // arguments of kubectl
	behavior      map[string]any
	code, text    string
}

func creationFaults() []creationFault {
	return []creationFault{
		{
			name:   "no pods in the quota",
			inject: [][]string{{"create", "quota", "none", "-n", "sc-system", "--hard=pods=0"}},
			clear:  [][]string{{"delete", "quota", "none", "-n", "sc-system", "--ignore-not-found"}},
			code:   "CON0201", text: "quota",
		},
		{
			name: "nodes for system pods only",
			inject: [][]string{
				{"taint", "nodes", "--all", "CriticalAddonsOnly=true:NoSchedule"},
			},
			clear: [][]string{{"taint", "nodes", "--all", "CriticalAddonsOnly-"}},
			code:  "CON0202", text: "CriticalAddonsOnly",
		},
		{
			name:   "no agents",
			inject: [][]string{{"scale", "deployment", "extension-operator", "-n", "kube-system", "--replicas=0"}},
			clear: [][]string{
				{"scale", "deployment", "extension-operator", "-n", "kube-system", "--replicas=1"},
				{"rollout", "status", "deployment/extension-operator", "-n", "kube-system", "--timeout=60s"},
			},
			behavior: map[string]any{"patience": int64(20 * time.Second)},
			code:     "CON0101", text: "extension-operator",
		},
	}
}

// tryCreation creates another connection while it cannot be written to the cluster, holds what connectordoctor says, and repeats it when it
// can.
func (a azureLab) tryCreation(t *testing.T, f creationFault, namespace string) {
	do := func(commands [][]string) {
		for _, args := range commands {
			a.must(t, "kubectl", args...)
		}
	}
	t.Cleanup(func() {
		do(f.clear)
		if state := a.connect(t, "other", namespace); state != "Succeeded" {
			t.Errorf("repeated, the connection is %s", state)
		}
	})
	do(f.inject)
	if f.behavior != nil {
		a.behave(t, f.behavior)
	}
	if state := a.connect(t, "other", namespace); state != "Failed" {
		t.Fatalf("the connection is %s", state)
	}
	r := a.connectorReport(t, "other", namespace)
	t.Logf("connectordoctor: %s %s: %s", r.Verdict.Code, r.Verdict.Summary, r.Verdict.Cause)
	if r.Verdict.Status != check.Fail && r.Verdict.Status != check.Warn || r.Verdict.Code != f.code ||
		!strings.Contains(r.Verdict.Summary+r.Verdict.Cause, f.text) {
		t.Errorf("the verdict is %s %s: %s: %s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary, r.Verdict.Cause)
	}
}
