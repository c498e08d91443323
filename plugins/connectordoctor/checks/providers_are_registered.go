package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// ProvidersAreRegistered finds a subscription that is not registered for what Service Connector needs.
var ProvidersAreRegistered = &check.Check{
	Code:     "CON0601",
	Name:     "providers-are-registered",
	Hop:      hopAzure,
	Explains: true,
	Doc: `the cluster's subscription is registered for Service Connector and for extensions

Without Microsoft.ServiceLinker and Microsoft.KubernetesConfiguration, Azure refuses all operations on connections, in part with "Conflict"
and no detail. The registrations are read only if no connection has succeeded.`,
	Sources: []string{docExtension, "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types"},
	Needs:   ofAgents(facts.AzureRegistrations),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		if unused(p) != "" {
			p.Skip("the cluster has nothing of Service Connector")
			return nil, nil
		}
		r, err := facts.AzureRegistrations.Get(p)
		if ok, err := read(p, r.Off, err); !ok {
			return nil, err
		}
		var found []check.Finding
		for _, provider := range r.Items {
			if provider.Registered() {
				continue
			}
			found = append(found, check.Finding{
				Severity: severity(p), Target: check.Ref{Kind: "subscription", Name: r.Subscription},
				Summary: fmt.Sprintf("the subscription is not registered for %s: its state is %s", provider.Namespace, provider.State),
				Cause:   "Azure refuses to create, change and delete connections of the cluster",
				Fixes: []check.Fix{fix("register it, then repeat the operation on the connection",
					cmdline.Az("provider", "register", "-n", provider.Namespace, "--subscription", r.Subscription))},
			})
		}
		return found, nil
	},
}
