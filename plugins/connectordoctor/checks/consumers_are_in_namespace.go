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

A reference to a Secret is one to the pod's own namespace. Without the Secret there, containers wait with CreateContainerConfigError.`,
	Sources: []string{docSecrets, docExtension},
	After:   []*check.Check{SecretExists},
	Needs:   provided(facts.Consumers, facts.ConsumersElsewhere),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := connection(p)
		if err != nil {
			return nil, err
		}
		own, err := facts.Consumers.Get(p)
		if err != nil || len(own.Items) > 0 {
			return nil, err
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
