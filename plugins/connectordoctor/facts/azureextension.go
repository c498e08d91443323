package facts

import (
	"context"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// ExtensionName is the name of Service Connector's extension.
const ExtensionName = "sc-extension"

// ExtensionInAzure is the extension of Service Connector as Azure has it.
type ExtensionInAzure struct {
	AzureIs
	// Unregistered reports that the subscription is not registered for extensions, so that there is none.
	Unregistered bool             `json:"unregistered,omitempty"`
	Extension    *azure.Extension `json:"extension,omitempty"` // nil: there is none
}

// AzureExtension is the extension that writes to the cluster.
var AzureExtension = &Fact[ExtensionInAzure]{
	Name:    "azure-extension",
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (ExtensionInAzure, []check.Evidence, error) {
		s := e.azure(ctx)
		if s.err != nil || s.off != "" {
			return ExtensionInAzure{AzureIs: AzureIs{s.off}}, nil, s.err
		}
		seen := []check.Evidence{{Source: id.Extension(s.cluster.ID, "show", ExtensionName)}}
		x, err := fact.Cached(e.Shared, "extension in azure", func() (ExtensionInAzure, error) {
			found, err := azure.ExtensionOf(ctx, s.client, s.cluster.ID, ExtensionName)
			if isUnregistered(err) {
				return ExtensionInAzure{Unregistered: true}, nil
			}
			return ExtensionInAzure{Extension: found}, err
		})
		return x, seen, err
	},
}
