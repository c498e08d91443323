package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// azureRole is a custom role of Azure, as `az role definition create --role-definition @FILE` takes it. It is generated from what readers
// need, so that it is exact (https://learn.microsoft.com/azure/role-based-access-control/custom-roles).
func azureRole(t *testing.T, name, about string, actions []string) []byte {
	t.Helper()
	actions = slices.Clone(actions)
	slices.Sort(actions)
	b, err := json.MarshalIndent(struct {
		Name             string
		Description      string
		Actions          []string
		AssignableScopes []string
	}{name, about, slices.Compact(actions), []string{"/subscriptions/SUBSCRIPTION"}}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// asking are the actions that read by a POST request.
var asking = []string{"Microsoft.Network/loadBalancers/loadBalancingRules/health/action"}

// What is read with Azure never needs an action that changes something.
func TestAzureRolesRead(t *testing.T) {
	for _, d := range doctors() {
		for _, action := range d.permissions().Azure {
			if !strings.HasSuffix(action, "/read") && !slices.Contains(asking, action) || strings.Contains(action, "*") {
				t.Errorf("%s needs %s", d.name, action)
			}
		}
	}
}
