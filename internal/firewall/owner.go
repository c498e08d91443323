package firewall

import (
	"strings"
)

// Owner is a program that writes rules by itself, and puts them back after they were deleted.
type Owner string

// The owners. Felix is Calico's agent on the node.
const (
	Felix      Owner = "Calico (Felix)"
	Cilium     Owner = "Cilium"
	KubeRouter Owner = "kube-router"
	Weave      Owner = "Weave Net"
	AzureNPM   Owner = "Azure Network Policy Manager"
	Fail2ban   Owner = "fail2ban"
	Docker     Owner = "Docker"
)

// Owner returns the program that writes the deciding rule, by the name of its chain; empty: none is known to.
func (v Verdict) Owner() Owner {
	if v.Rule == nil {
		return ""
	}
	for _, of := range []struct {
		prefix string
		owner  Owner
	}{
		{"cali-", Felix},
		{"CILIUM_", Cilium},
		{"KUBE-ROUTER", KubeRouter},
		{"KUBE-NWPLCY", KubeRouter},
		{"WEAVE-NPC", Weave},
		{"AZURE-NPM", AzureNPM},
		{"f2b-", Fail2ban},
		{"DOCKER", Docker},
	} {
		if strings.HasPrefix(v.Rule.Chain, of.prefix) {
			return of.owner
		}
	}
	return ""
}
