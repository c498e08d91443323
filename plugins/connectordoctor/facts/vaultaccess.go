package facts

import (
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure"
)

// VaultAccess is what the access policies of a key vault allow the identity of a connection.
type VaultAccess struct {
	// Own reports that one of them is for the identity, and Secrets what it allows with secrets, in lower case. Get reports that reading
	// them is allowed.
	Own     bool     `json:"own"`
	Get     bool     `json:"get"`
	Secrets []string `json:"secrets,omitempty"`
	// Foreign reports that one for the identity is of another tenant than the vault, and does not count.
	Foreign bool `json:"foreign,omitempty"`
	// Others is how many others may read secrets. Azure does not tell whether one is a group with the identity.
	Others int `json:"others,omitempty"`
}

// accessOf returns what the access policies allow the principal.
func accessOf(policies []azure.VaultPolicy, principal string) *VaultAccess {
	a := &VaultAccess{}
	for _, p := range policies {
		switch {
		case !strings.EqualFold(p.Object, principal):
			if p.MayGet() {
				a.Others++
			}
		case p.Foreign:
			a.Foreign = true
		default:
			a.Own, a.Get = true, a.Get || p.MayGet()
			a.Secrets = append(a.Secrets, p.Secrets...)
		}
	}
	slices.Sort(a.Secrets)
	a.Secrets = slices.Compact(a.Secrets)
	return a
}
