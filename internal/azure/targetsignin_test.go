package azure

import "testing"

// What a type's properties do not tell is not known, rather than accepted.
func TestTargetSignIn(t *testing.T) {
	no := false
	refuses := targetSignIn{SharedKeys: &no, NoLocal: true}
	refuses.Auth.Entra, refuses.Auth.Passwords, refuses.Administrators.EntraOnly = "Disabled", "Disabled", true
	show := func(a *Acceptance) string {
		switch {
		case a == nil:
			return "unknown"
		case a.Allow == "":
			return "accepted"
		}
		return "refused"
	}
	for kind, want := range map[string][2][2]string{ // by default, and as refuses has it: keys, Entra ID
		storageType:                                 {{"accepted", "accepted"}, {"refused", "accepted"}},
		vaultType:                                   {{"unknown", "accepted"}, {"unknown", "accepted"}},
		"Microsoft.ServiceBus/namespaces":           {{"accepted", "accepted"}, {"refused", "accepted"}},
		"Microsoft.Sql/servers":                     {{"accepted", "unknown"}, {"refused", "unknown"}},
		"Microsoft.Cache/redis":                     {{"unknown", "unknown"}, {"unknown", "unknown"}},
		"Microsoft.DBforMySQL/flexibleServers":      {{"unknown", "unknown"}, {"unknown", "unknown"}},
		"Microsoft.DBforPostgreSQL/flexibleServers": {{"accepted", "accepted"}, {"refused", "refused"}},
	} {
		for i, s := range []targetSignIn{{}, refuses} {
			if got := s.accepts(kind); [2]string{show(got.Keys), show(got.Entra)} != want[i] {
				t.Errorf("%s, %d: keys %s, Entra ID %s, want %v", kind, i, show(got.Keys), show(got.Entra), want[i])
			}
		}
	}
}
