package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// reachedClasses are the classes of errors that something returned which was reached: no packet was lost on the way.
var reachedClasses = []errtext.Class{
	errtext.Refused, errtext.CertificateInvalid, errtext.NotTLS, errtext.NoServingCertificate, errtext.WrongServer, errtext.WebhookFailed,
	errtext.Proxied, errtext.KubeletUnauthorized, errtext.Unresolved,
}

// blameBackend gives the finding on a call that failed with an error of the class the cause that is behind the Service, if one is known.
func blameBackend(p *check.Pass, service check.Ref, class errtext.Class, f *check.Finding) {
	if !slices.Contains(reachedClasses, class) {
		nodesApart(p, service, f)
	}
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
	reached := slices.Contains(reachedClasses, class)
	switch {
	case behind.Error != "":
		f.Cause = also(f.Cause, "its pods and the NetworkPolicies that select them could not be read: "+behind.Error)
	case len(behind.Policies) > 0 && !reached:
		f.Cause = fmt.Sprintf("the NetworkPolicies of namespace %s do not let the tunnel agents in to port %d: %s", namespace, behind.Port,
			joinNames(behind.Policies))
		allow := fmt.Sprintf("allow ingress to port %d from the agents' pods in namespace %s, by an ingress rule", behind.Port, system)
		f.Fixes = append([]check.Fix{fix(allow, cmdline.Kubectl("edit", "networkpolicy", behind.Policies[0], "-n", namespace))}, f.Fixes...)
	case len(behind.Strays) > 0 && (!reached || class == errtext.Refused):
		f.Cause = strayCause(behind)
		f.Fixes = append([]check.Fix{strayFix(behind)}, f.Fixes...)
	case len(behind.Nodes) > 0 && !reached:
		f.Cause = also(f.Cause, fmt.Sprintf("its pods are on the host network: a firewall of node %s, or a security group, may drop what comes "+
			"to port %d", joinNames(behind.Nodes), behind.Port))
	}
}

// sayWhyEmpty adds to the finding why the Service has no ready endpoint, if that is known.
func sayWhyEmpty(p *check.Pass, service check.Ref, f *check.Finding) {
	all, err := facts.EmptyServices.Get(p)
	if err != nil {
		return // the cause is only less certain
	}
	i := slices.IndexFunc(all, func(s facts.EmptyService) bool { return s.Service == service })
	if i < 0 || all[i].Why == "" {
		return
	}
	f.Cause = also(f.Cause, all[i].Why)
	f.Evidence = append(f.Evidence, check.Evidence{Source: cmdline.Kubectl("get", "pods,deployments", "-n", service.Namespace, "-o", "wide")})
}

// strayPods returns findings on Services of webhooks that also select pods that do not serve the webhook.
func strayPods(p *check.Pass) []check.Finding {
	all, err := facts.Backends.Get(p)
	if err != nil {
		return nil // nothing failed
	}
	var fs []check.Finding
	for _, behind := range all {
		if len(behind.Strays) > 0 && !behind.API {
			fs = append(fs, check.Finding{
				Severity: check.Warning, Target: behind.Service,
				Summary: fmt.Sprintf("some calls of webhook %s may go to pods that do not serve it", behind.Of),
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
