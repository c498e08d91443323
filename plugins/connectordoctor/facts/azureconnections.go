package facts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// ConnectionInAzure is a connection as Azure has it.
type ConnectionInAzure = azure.Connection

// ConnectionsInAzure are the connections of the cluster as Azure has them.
type ConnectionsInAzure struct {
	AzureIs
	// Unregistered reports that the subscription is not registered for Service Connector, so that there are none.
	Unregistered bool                `json:"unregistered,omitempty"`
	Items        []ConnectionInAzure `json:"items,omitempty"`
	At           time.Time           `json:"at,omitzero"` // when they were read
}

// Of returns the connections in Azure that may be this one: those that write its Secret, or have its name and write none. here are those of
// its namespace, elsewhere the others.
func (l ConnectionsInAzure) Of(c ConnectionInfo) (here, elsewhere []ConnectionInAzure) {
	for _, a := range l.Items {
		switch {
		case essence(a.Name) != essence(c.Name):
		case strings.EqualFold(a.Namespace, c.Namespace):
			here = append(here, a)
		default:
			elsewhere = append(elsewhere, a)
		}
	}
	// the one that the user named comes first
	slices.SortStableFunc(here, func(a, b ConnectionInAzure) int { return rank(b, c) - rank(a, c) })
	return here, elsewhere
}

func rank(a ConnectionInAzure, c ConnectionInfo) int {
	if strings.EqualFold(a.Name, c.Name) {
		return 1
	}
	return 0
}

// AzureConnections are read in one list, whatever the target.
var AzureConnections = &Fact[ConnectionsInAzure]{
	Name:    "azure-connections",
	Azure:   azure.ConnectorActions(),
	Timeout: azureTimeout,
	Gather: func(ctx context.Context, e *Env) (ConnectionsInAzure, []check.Evidence, error) {
		s := e.azure(ctx)
		if s.err != nil || s.off != "" {
			return ConnectionsInAzure{AzureIs: AzureIs{s.off}}, nil, s.err
		}
		seen := []check.Evidence{{Source: id.AKS(s.cluster.ID, "connection list")}}
		l, err := connectionsInAzure(ctx, e, s)
		return l, seen, err
	},
}

func connectionsInAzure(ctx context.Context, e *Env, s *azureSide) (ConnectionsInAzure, error) {
	return fact.Cached(e.Shared, "connections in azure", func() (ConnectionsInAzure, error) {
		items, err := azure.Connections(ctx, s.client, s.cluster.ID)
		l := ConnectionsInAzure{Items: items, At: now()}
		if l.Unregistered = isUnregistered(err); l.Unregistered {
			return l, nil
		}
		return l, err
	})
}

// isUnregistered reports whether the error is that the subscription is not registered for the resource provider.
func isUnregistered(err error) bool {
	var reason *azure.Error
	return errors.As(err, &reason) && reason.Reason == azure.NotRegistered
}

// InAzure returns the connections of the namespace that Azure has, or all if it is empty, as targets. Where Azure is not read, or refuses,
// there are none: the checks then say why.
func InAzure(ctx context.Context, e *Env, namespace string) []check.Ref {
	l, err := ListInAzure(ctx, e, namespace)
	if err != nil {
		return nil
	}
	var refs []check.Ref
	for _, a := range l.Items {
		refs = append(refs, check.Ref{Kind: ConnectionKind, Namespace: a.Namespace, Name: a.Name})
	}
	return refs
}

// ListInAzure returns the connections of the namespace that Azure has, or all if it is empty. Its Off is why Azure was not read.
func ListInAzure(ctx context.Context, e *Env, namespace string) (ConnectionsInAzure, error) {
	ctx, cancel := context.WithTimeout(ctx, azureTimeout)
	defer cancel()
	s := e.azure(ctx)
	if s.err != nil || s.off != "" {
		return ConnectionsInAzure{AzureIs: AzureIs{s.off}}, s.err
	}
	l, err := connectionsInAzure(ctx, e, s)
	if err != nil {
		return l, err
	}
	all := l.Items
	l.Items = nil // the list is shared
	for _, a := range all {
		if a.Namespace != "" && (namespace == "" || strings.EqualFold(a.Namespace, namespace)) && ValidConnection(a.Name) {
			l.Items = append(l.Items, a)
		}
	}
	return l, nil
}
