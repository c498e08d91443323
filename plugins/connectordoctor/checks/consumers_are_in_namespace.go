package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ConsumersAreInNamespace finds workloads of another namespace that name the connection's Secret.
var ConsumersAreInNamespace = &check.Check{
	Code: "CON0401",
	Name: "consumers-are-in-namespace",
	Hop:  hopConsumers,
	Doc: `the workloads that use the connection are in its namespace

A reference to a Secret is one to the pod's own namespace. Without the Secret there, containers wait with CreateContainerConfigError. The
name of the Secret has only the letters and digits of the connection's name, in lower case.`,
	Sources: []string{docSecrets, docExtension},
	After:   []*check.Check{SecretExists},
	Needs:   provided(facts.Consumers, facts.ConsumersElsewhere),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := connection(p)
		if err != nil {
			return nil, err
		}
		own, err := facts.Consumers.Get(p)
		if err != nil {
			return nil, err
		}
		if len(own.Misnamed) > 0 {
			return misnamed(s, own.Misnamed), nil
		}
		if len(own.Items) > 0 {
			return nil, nil
		}
		others, err := facts.ConsumersElsewhere.Get(p)
		if err != nil {
			return nil, err
		}
		if len(others.Items) == 0 {
			return []check.Finding{{
				Severity: check.Info, Target: s.secret(),
				Summary: fmt.Sprintf("no workload uses Secret %s", s.Secret),
				Cause:   "none in namespace " + s.Namespace + " refers to it, and none elsewhere",
			}}, nil
		}
		first := others.Items[0].Ref
		f := check.Finding{
			Severity: check.Error, Target: first,
			Summary: fmt.Sprintf("%s in namespace %s refers to Secret %s, which is in namespace %s", first, first.Namespace, s.Secret, s.Namespace),
			Cause:   "pods can use Secrets of their own namespace only, and nothing in namespace " + s.Namespace + " uses it",
			Fixes: []check.Fix{fix(
				"create the connection again with --kube-namespace "+first.Namespace+", or run the workload in namespace "+s.Namespace,
				cmdline.Kubectl("get", first.String(), "-n", first.Namespace, "-o", "yaml"))},
		}
		for _, c := range others.Items[1:] {
			f.Also = append(f.Also, c.Ref)
		}
		return []check.Finding{f}, nil
	},
}

// misnamed are the findings on workloads that name the Secret as Service Connector does not.
func misnamed(s subject, list []facts.Misnamed) []check.Finding {
	var found []check.Finding
	for _, m := range list {
		found = append(found, check.Finding{
			Severity: check.Error, Target: m.Ref,
			Summary: fmt.Sprintf("%s refers to Secret %s, and that of the connection is %s", m.Ref, m.Secret, s.Secret),
			Cause:   "Service Connector leaves everything but letters and digits out of the connection's name, and writes it in lower case",
			Fixes:   []check.Fix{editing("name Secret "+s.Secret+" in the pod template", m.Ref)},
		})
	}
	return found
}
