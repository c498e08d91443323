package rbac

import "testing"

func TestDecide(t *testing.T) {
	r := Rules{Roles: BuiltIn(), Assignments: []Assignment{
		{"reader", "Reader", "/subscriptions/s/resourceGroups/G"},
		{"contributor", "Contributor", "/subscriptions/s"},
		{"network", "Network Contributor", "/subscriptions/s/resourceGroups/g"},
	}, Denials: []Deny{{
		Name: "lockdown", Actions: []string{"*/write"}, Excluded: []string{"aks"}, Scope: "/subscriptions/s/resourceGroups/mc",
	}}}
	const group = "/subscriptions/s/resourcegroups/g"
	for _, test := range []struct {
		principal, action, id string
		allowed, denied       bool
	}{
		{"reader", "Microsoft.Network/networkSecurityGroups/read", group + "/providers/Microsoft.Network/networkSecurityGroups/n", true, false},
		{"reader", "Microsoft.Network/networkSecurityGroups/write", group, false, false},
		{"reader", "Microsoft.Network/networkSecurityGroups/read", "/subscriptions/s/resourceGroups/g2", false, false},
		{"reader", "Microsoft.Network/networkSecurityGroups/read", "/subscriptions/s", false, false},
		{"contributor", "Microsoft.Authorization/roleAssignments/write", group, false, false},
		{"contributor", "Microsoft.Compute/virtualMachines/write", group, true, false},
		{"contributor", "Microsoft.Compute/virtualMachines/write", "/subscriptions/s/resourceGroups/mc", false, true},
		{"network", "Microsoft.Network/loadBalancers/loadBalancingRules/health/action", group, true, false},
		{"network", "Microsoft.Compute/virtualMachines/read", group, false, false},
		{"nobody", "Microsoft.Compute/virtualMachines/read", group, false, false},
	} {
		d := r.Decide(test.principal, test.action, test.id)
		if d.Allowed != test.allowed || (d.Denial != nil) != test.denied {
			t.Errorf("%s, %s on %s: %+v", test.principal, test.action, test.id, d)
		}
	}
}
