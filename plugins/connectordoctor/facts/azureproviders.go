package facts

import (
	"context"
	"slices"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// RegistrationsInAzure are the registrations of the cluster's subscription that Service Connector needs.
type RegistrationsInAzure struct {
	AzureIs
	Subscription string               `json:"subscription,omitempty"`
	Items        []azure.Registration `json:"items,omitempty"`
}

// The resource providers that Service Connector needs
// (https://learn.microsoft.com/azure/service-connector/how-to-use-service-connector-in-aks).
const (
	LinkerProvider    = "Microsoft.ServiceLinker"
	ExtensionProvider = "Microsoft.KubernetesConfiguration"
)

// AzureRegistrations are read only if no connection has succeeded, or a provider refuses requests.
var AzureRegistrations = &Fact[RegistrationsInAzure]{
	Name:    "azure-registrations",
	Needs:   []check.Need{AzureConnections, AzureExtension},
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (RegistrationsInAzure, []check.Evidence, error) {
		s := e.azure(ctx)
		if s.err != nil || s.off != "" {
			return RegistrationsInAzure{AzureIs: AzureIs{s.off}}, nil, s.err
		}
		l, connections := AzureConnections.From(ctx, e)
		x, extension := AzureExtension.From(ctx, e)
		if connections == nil && extension == nil && x.Extension != nil && slices.ContainsFunc(l.Items, azure.Connection.Succeeded) {
			return RegistrationsInAzure{AzureIs: AzureIs{"a connection of the cluster has succeeded: both are registered"}}, nil, nil
		}
		var seen []check.Evidence
		for _, namespace := range []string{LinkerProvider, ExtensionProvider} {
			seen = append(seen, check.Evidence{Source: cmdline.Az("provider", "show", "-n", namespace, "--subscription", s.client.Subscription)})
		}
		r, err := fact.Cached(e.Shared, "registrations in azure", func() (RegistrationsInAzure, error) {
			all := RegistrationsInAzure{Subscription: s.client.Subscription}
			for _, namespace := range []string{LinkerProvider, ExtensionProvider} {
				r, err := azure.RegistrationOf(ctx, s.client, namespace)
				if err != nil {
					return all, err
				}
				all.Items = append(all.Items, r)
			}
			return all, nil
		})
		return r, seen, err
	},
}
