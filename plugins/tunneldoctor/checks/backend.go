package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// blameBackend gives the finding the cause that is behind the Service, if one is known.
func blameBackend(p *check.Pass, service check.Ref, f *check.Finding) {
	all, err := facts.Backends.Get(p)
	if err != nil {
		return // the cause is only less certain
	}
	i := slices.IndexFunc(all, func(b facts.Backend) bool { return b.Service == service })
	if i < 0 {
		return
	}
	behind := all[i]
	namespace := service.Namespace
	switch {
	case behind.Error != "":
		f.Cause += "; its pods and the NetworkPolicies that select them could not be read: " + behind.Error
	case len(behind.Policies) > 0:
		f.Cause = fmt.Sprintf("the NetworkPolicies of namespace %s do not let the tunnel agents in to port %d: %s", namespace, behind.Port,
			joinNames(behind.Policies))
		allow := fmt.Sprintf("allow ingress to port %d from the agents' pods in namespace %s, by an ingress rule", behind.Port, system)
		f.Fixes = append([]check.Fix{fix(allow, cmdline.Kubectl("edit", "networkpolicy", behind.Policies[0], "-n", namespace))}, f.Fixes...)
	case len(behind.Strays) > 0:
		f.Cause = strayCause(behind)
		f.Fixes = append([]check.Fix{strayFix(behind)}, f.Fixes...)
	}
}

// onHostNetwork continues the cause of a call without an answer; empty: no pod behind the Service is on the host network.
func onHostNetwork(p *check.Pass, service check.Ref) string {
	all, _ := facts.Backends.Get(p) // without them, the cause is only less certain
	i := slices.IndexFunc(all, func(b facts.Backend) bool { return b.Service == service && len(b.Nodes) > 0 })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf(" Its pods are on the host network: a firewall of node %s, or a security group, may drop what comes to port %d",
		joinNames(all[i].Nodes), all[i].Port)
}

// strayPods returns findings on Services of webhooks that also select pods that do not serve the webhook.
func strayPods(p *check.Pass) []check.Finding {
	all, err := facts.Backends.Get(p)
	if err != nil {
		return nil // nothing failed
	}
	var fs []check.Finding
	for _, behind := range all {
		if len(behind.Strays) > 0 {
			fs = append(fs, check.Finding{
				Severity: check.Warning, Target: behind.Service,
				Summary: fmt.Sprintf("some calls of webhook %s go to pods that do not serve it", behind.Of),
				Cause:   strayCause(behind), Fixes: []check.Fix{strayFix(behind)},
			})
		}
	}
	return fs
}

func strayCause(b facts.Backend) string {
	return fmt.Sprintf("the selector of Service %s/%s also selects pods of %s, which do not declare port %d",
		b.Service.Namespace, b.Service.Name, joinNames(b.Strays), b.Port)
}

func strayFix(b facts.Backend) check.Fix {
	return fix("make the Service's selector more specific", cmdline.Kubectl("edit", "service", b.Service.Name, "-n", b.Service.Namespace))
}
