package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PodsUseServiceAccount finds pods whose ServiceAccount names no identity.
var PodsUseServiceAccount = &check.Check{
	Code: "CON0504",
	Name: "pods-use-service-account",
	Hop:  hopIdentity,
	Doc: `the pods that sign in use a ServiceAccount that names an identity

Entra ID accepts the token of the ServiceAccount for which the identity has a federated credential: that which Service Connector created,
or another one that is annotated and has a credential of its own. Pods without serviceAccountName use "default".`,
	Sources: []string{docExtension, docIdentity},
	After:   []*check.Check{ServiceAccountsAreAnnotated},
	Needs:   provided(facts.Consumers, facts.ServiceAccounts),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := signers(p)
		if !ok {
			return nil, err
		}
		accounts, err := facts.ServiceAccounts.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, c := range list {
			name := c.Template.ServiceAccount
			account, _ := accounts.Get(name)
			if account.Client != "" || named(c.Template) {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: c.Ref, Also: []check.Ref{s.account(name)},
				Summary: fmt.Sprintf("%s uses ServiceAccount %s, which names no identity", c.Ref, name),
				Cause: "it has no annotation " + facts.ClientAnnotation + ": the pods get no client ID, and Entra ID does not know the " +
					"ServiceAccount",
			}
			if c.Annotated != "" {
				f.Cause = fmt.Sprintf("the annotation %s is at %s, where it has no effect: it belongs to the ServiceAccount",
					facts.ClientAnnotation, c.Annotated)
			}
			for _, a := range accounts.ByConnector() {
				if a.Client != "" && len(f.Fixes) < 2 {
					f.Fixes = append(f.Fixes, useAccount(c.Ref, a.Name))
				}
			}
			if len(f.Fixes) == 0 {
				f.Fixes = []check.Fix{fix("see which ServiceAccount the connection has", cmdline.Kubectl("get", "serviceaccounts", "-n", s.Namespace))}
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// named reports whether containers of the pods name their identity themselves.
func named(u facts.PodUse) bool {
	return slices.ContainsFunc(u.Containers, func(c facts.ContainerIdentity) bool { return slices.Contains(c.Env, facts.ClientIDVariable) })
}
