package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestAzureRights takes away what reading Azure needs, one thing after another, while a network security group denies the kubelets'
// port. The report is then that of a run without Azure, and names what is missing.
func TestAzureRights(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults): the lab is brought up anew")
	}
	a := l.azure(t)
	l.tunnelWorks(t)
	fault := faults.AzureTunnel()[0]
	t.Cleanup(func() { a.reset(t) })
	a.change(t, fault, 0)
	a.on(t, "switch", "conntrack", "-F")
	plain, _, _, without := a.tunneldoctor(t, "--azure=off")
	if plain.Verdict.Code != "TUN0601" {
		t.Fatalf("without Azure: %s %s", plain.Verdict.Code, plain.Verdict.Summary)
	}
	for _, action := range []string{
		"Microsoft.Resources/subscriptions/resourceGroups/read", "Microsoft.ContainerService/managedClusters/read",
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read", "Microsoft.Network/virtualNetworks/read",
		"Microsoft.Network/networkSecurityGroups/read",
	} {
		t.Run(action, func(t *testing.T) {
			a.roleWithout(t, action)
			r, _, text, _ := a.tunneldoctor(t, "--azure=auto")
			a.unknown(t, r, text, action)
		})
	}
	a.must(t, "lab", "azure", "role", "remove", "reader")
	a.must(t, "lab", "azure", "role", "assign", "reader", "Reader", azureSubscription)
	t.Run("throttled", func(t *testing.T) {
		a.behave(t, map[string]any{"throttleUntil": time.Now().Add(time.Hour)})
		r, _, text, took := a.tunneldoctor(t, "--azure=auto")
		a.unknown(t, r, text, "throttles")
		bounded(t, took, without, 11*time.Second)
	})
	t.Run("hanging", func(t *testing.T) {
		a.behave(t, map[string]any{"hang": true})
		r, _, text, took := a.tunneldoctor(t, "--azure=auto")
		a.unknown(t, r, text, "")
		bounded(t, took, without, 11*time.Second)
	})
	t.Run("slow", func(t *testing.T) {
		a.behave(t, map[string]any{"delay": 300 * time.Millisecond})
		r, _, text, took := a.tunneldoctor(t, "--azure=auto")
		if r.Verdict.Code != fault.Code {
			t.Errorf("%s", text)
		}
		bounded(t, took, without, 4*time.Second)
	})
	t.Run("not signed in", func(t *testing.T) {
		t.Setenv("AZURE_CONFIG_DIR", t.TempDir())
		r, code, text, _ := a.tunneldoctor(t, "--azure=auto")
		if r.Verdict.Code != plain.Verdict.Code || code != 3 || !strings.Contains(text, "not signed in to Azure: run az login") {
			t.Errorf("%s", text)
		}
		r, _, text, _ = a.tunneldoctor(t, "--azure=require")
		a.unknown(t, r, text, "not signed in")
	})
}

// roleWithout gives the reader a role that lacks the action.
func (a azureLab) roleWithout(t *testing.T, action string) {
	t.Helper()
	var rules map[string]any
	if err := json.Unmarshal([]byte(a.must(t, "lab", "azure", "rules")), &rules); err != nil {
		t.Fatal(err)
	}
	roles, _ := rules["roles"].([]any)
	roles = slices.DeleteFunc(roles, func(r any) bool { return r.(map[string]any)["name"] == "lacking" })
	rules["roles"] = append(roles, map[string]any{"name": "lacking", "actions": []string{"*/read"}, "notActions": []string{action}})
	a.set(t, "rules", rules)
	a.must(t, "lab", "azure", "role", "remove", "reader")
	a.must(t, "lab", "azure", "role", "assign", "reader", "lacking", azureSubscription)
}

// behave makes Resource Manager behave like this until the test ends.
func (a azureLab) behave(t *testing.T, behavior map[string]any) {
	t.Helper()
	a.set(t, "behavior", behavior)
	t.Cleanup(func() { a.set(t, "behavior", map[string]any{}) })
}

func (a azureLab) set(t *testing.T, what string, v any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if r := a.run(t, string(b), "lab", "azure", what, "--set"); r.code != 0 {
		t.Fatal(r.stderr)
	}
}

// unknown holds that the verdict is that of a run without Azure, and that what Azure does is unknown, with the reason.
func (a azureLab) unknown(t *testing.T, r report.Report, text, why string) {
	t.Helper()
	if r.Verdict.Code != "TUN0601" || r.Verdict.Status != check.Fail {
		t.Errorf("verdict %s %s\n%s", r.Verdict.Status, r.Verdict.Code, text)
	}
	if got := resultOf(t, r, "TUN0604"); got.Status != check.Unknown || !strings.Contains(got.Error, why) {
		t.Errorf("TUN0604 is %s: %s, want unknown: %s", got.Status, got.Error, why)
	}
}

// bounded holds that reading Azure adds at most so much to a run that takes the time without it.
func bounded(t *testing.T, took, without, most time.Duration) {
	t.Helper()
	if took > without+most {
		t.Errorf("took %s, and %s without Azure", took, without)
	}
}
