package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/firewall"
)

// owned names the program that writes the rule by itself: to delete the rule is then no fix.
func owned(f *check.Finding, v firewall.Verdict) {
	owner := v.Owner()
	if owner == "" {
		return
	}
	f.Cause += fmt.Sprintf("; %s writes this rule, and puts it back after it was deleted", owner)
	first := fix(fmt.Sprintf("change what %s is told: its policy or configuration", owner))
	if owner == firewall.Felix { // https://docs.tigera.io/calico/latest/network-policy/hosts/protect-hosts
		f.Cause += ": a GlobalNetworkPolicy selects the host endpoint of the node, and its failsafe ports lack 10250"
		first = fix("allow TCP 10250 in the GlobalNetworkPolicy, or add it to failsafeInboundHostPorts",
			cmdline.Kubectl("get", "globalnetworkpolicies.crd.projectcalico.org,hostendpoints.crd.projectcalico.org"),
			cmdline.Kubectl("edit", "felixconfigurations.crd.projectcalico.org", "default"))
	}
	f.Fixes = append([]check.Fix{first}, f.Fixes...)
}
