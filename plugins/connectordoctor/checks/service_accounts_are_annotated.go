package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ServiceAccountsAreAnnotated finds ServiceAccounts of Service Connector that are missing or name no identity.
var ServiceAccountsAreAnnotated = &check.Check{
	Code: "CON0304",
	Name: "service-accounts-are-annotated",
	Hop:  hopResources,
	Doc: `the ServiceAccounts that Service Connector created exist and name their identity

For a connection by workload identity it creates ServiceAccount sc-account-CLIENT-ID. Its annotation azure.workload.identity/client-id is
what the webhook gives to the pods; the client ID in its name has no effect. Of other ServiceAccounts with that annotation, it must be a
client ID.`,
	Sources: []string{docExtension, docIdentity},
	Needs:   provided(facts.Consumers, facts.ServiceAccounts, facts.JobLog),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		accounts, err := facts.ServiceAccounts.Get(p)
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		seen := map[string]bool{}
		for _, c := range list {
			name := c.Template.ServiceAccount
			account, exists := accounts.Get(name)
			if seen[name] || !facts.ByConnector(name) && (facts.IsGUID(account.Client) || !annotationCounts(c.Template, account)) {
				continue
			}
			seen[name] = true
			client := facts.ClientOf(name)
			f := check.Finding{Severity: check.Error, Target: s.account(name), Also: []check.Ref{c.Ref}}
			switch {
			case !exists:
				f.Summary = fmt.Sprintf("ServiceAccount %s of %s does not exist in namespace %s", name, c.Ref, s.Namespace)
				f.Cause = "the connection was created for another namespace, with another identity, or was deleted; no pod can be created with it"
				f.Fixes = otherAccount(c, accounts)
				if facts.ByConnector(name) { // what others made, the Job does not write
					sayRefused(p, name, &f)
				}
			case account.Client == "":
				f.Summary = fmt.Sprintf("ServiceAccount %s has no annotation %s", name, facts.ClientAnnotation)
				f.Cause = "the webhook gives its pods no client ID; something has replaced the ServiceAccount that Service Connector wrote"
				if client != "" {
					f.Fixes = []check.Fix{annotate(s, name, client)}
				}
			case !facts.IsGUID(account.Client):
				f.Summary = fmt.Sprintf("the annotation %s of ServiceAccount %s is not a client ID: %s", facts.ClientAnnotation, name,
					redact.Short(account.Client, 100))
				f.Cause = "a client ID is a GUID; the resource ID or the name of the identity is not, and Entra ID knows no such application"
				if client != "" {
					f.Fixes = []check.Fix{annotate(s, name, client)}
				} else {
					f.Fixes = []check.Fix{azure("see the client ID of the identity, and annotate the ServiceAccount with it",
						cmdline.Az("identity", "list", "--query", "[].{name:name,client:clientId}", "-o", "table"))}
				}
			case client != "" && client != account.Client:
				f.Severity = check.Warning
				f.Summary = fmt.Sprintf("ServiceAccount %s is annotated with another client ID, %s", name, account.Client)
				f.Cause = "its name holds the client ID with which Service Connector created it; pods sign in with that of the annotation"
				f.Fixes = []check.Fix{annotate(s, name, client)}
			default:
				continue
			}
			found = append(found, f)
		}
		return found, nil
	},
}

// annotationCounts reports whether the ServiceAccount has the annotation, and a container gets its client ID from it: the pods are
// labelled, and not each sets AZURE_CLIENT_ID by itself.
func annotationCounts(u facts.PodUse, account facts.ServiceAccount) bool {
	return account.Client != "" && u.Label == "true" && slices.ContainsFunc(u.Containers, func(c facts.ContainerIdentity) bool {
		return c.Client == "" && !slices.Contains(u.Skipped, c.Name)
	})
}

// annotate is the fix that names the identity again. Pods have it once they are replaced.
func annotate(s subject, account, client string) check.Fix {
	return fix("annotate it with the client ID in its name, then restart the pods",
		cmdline.Kubectl("annotate", "serviceaccount", account, "-n", s.Namespace, facts.ClientAnnotation+"="+client, "--overwrite"))
}

// otherAccount returns the fixes of a workload that names a wrong ServiceAccount.
func otherAccount(c facts.Consumer, accounts facts.ServiceAccountList) []check.Fix {
	fixes := []check.Fix{}
	for _, a := range accounts.ByConnector() {
		if a.Client != "" && len(fixes) < 2 {
			fixes = append(fixes, useAccount(c.Ref, a.Name))
		}
	}
	return append(fixes, azure("see the cluster's connections and their namespaces", listConnections()))
}
