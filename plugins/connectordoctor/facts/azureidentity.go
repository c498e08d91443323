package facts

import (
	"cmp"
	"context"
	"time"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// CredentialInAzure is a federated credential.
type CredentialInAzure = azure.Credential

// IdentityInAzure is the identity of a connection by workload identity.
type IdentityInAzure struct {
	AzureIs
	// Client and Subscription are those of the connection.
	Client       string              `json:"client,omitempty"`
	Subscription string              `json:"subscription,omitempty"`
	Identity     *azure.Identity     `json:"identity,omitempty"` // nil: there is none
	Credentials  []CredentialInAzure `json:"credentials,omitempty"`
	// CredentialsError is why they could not be read.
	CredentialsError string    `json:"credentialsError,omitempty"`
	At               time.Time `json:"at,omitzero"` // when it was read
}

// AzureIdentity is found in the list of its subscription's identities, by its client ID.
var AzureIdentity = &Fact[IdentityInAzure]{
	Name:    "azure-identity",
	Needs:   []check.Need{Connection, AzureConnections},
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (IdentityInAzure, []check.Evidence, error) {
		a, off, err := e.inAzure(ctx)
		switch {
		case err != nil || off != "":
			return IdentityInAzure{AzureIs: AzureIs{off}}, nil, err
		case !a.ByIdentity() || a.Client == "":
			return IdentityInAzure{AzureIs: AzureIs{"pods do not sign in by workload identity"}}, nil, nil
		}
		s := e.azure(ctx)
		subscription := cmp.Or(a.Subscription, s.client.Subscription)
		i, err := fact.Cached(e.Shared, "identity "+a.Client+" in "+subscription, func() (IdentityInAzure, error) {
			return readIdentity(ctx, s.client, subscription, a.Client)
		})
		if err != nil || i.Identity == nil {
			return i, nil, err
		}
		return i, []check.Evidence{
			{Source: cmdline.Az("identity", "show", "--ids", i.Identity.ID)}, {Source: id.Credential(i.Identity.ID, "list")},
		}, nil
	},
}

func readIdentity(ctx context.Context, c *azure.Client, subscription, client string) (i IdentityInAzure, err error) {
	i = IdentityInAzure{Client: client, Subscription: subscription, At: now()}
	if i.Identity, err = azure.IdentityOf(ctx, c, subscription, client); err != nil || i.Identity == nil {
		return i, err
	}
	if i.Credentials, err = azure.Credentials(ctx, c, i.Identity.ID); err != nil {
		i.CredentialsError = err.Error()
	}
	return i, nil
}

// inAzure returns the connection as Azure has it. off is why it is not read, where that is no error.
func (e *Env) inAzure(ctx context.Context) (a ConnectionInAzure, off string, err error) {
	c, err := Connection.From(ctx, e)
	if err != nil {
		return a, "", err
	}
	l, err := AzureConnections.From(ctx, e)
	if err != nil || l.Off != "" {
		return a, l.Off, err
	}
	here, _ := l.Of(c)
	if len(here) == 0 {
		return a, "Azure has no connection with this name for the namespace", nil
	}
	return here[0], "", nil
}
