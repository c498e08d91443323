package facts

import (
	"context"
	"errors"
	"strings"

	"github.com/akstools/akstools/internal/azure"
)

// DataGrants is who may use the data of a target that keeps that itself.
type DataGrants struct {
	Own    bool   `json:"own,omitempty"`    // the identity of the connection has a grant
	Others int    `json:"others,omitempty"` // how many others have one. Azure does not tell whether one is a group with the identity.
	Error  string `json:"error,omitempty"`  // why it could not be read
}

// hasGrants reports whether grants that the target keeps may count for a connection to it: a Cosmos DB account has them for one API only.
func hasGrants(target string) bool {
	target = strings.ToLower(target)
	return !strings.Contains(target, "/microsoft.documentdb/") || strings.Contains(target, "/sqldatabases/")
}

// dataGrants returns who may use the data of the target; nil if that does not keep it.
func dataGrants(ctx context.Context, c *azure.Client, t azure.Target, principal string) *DataGrants {
	all, err := azure.DataGrants(ctx, c, t)
	if errors.Is(err, azure.ErrNoGrants) {
		return nil
	}
	if err != nil {
		return &DataGrants{Error: err.Error()}
	}
	g := &DataGrants{}
	for _, p := range all {
		if strings.EqualFold(p, principal) {
			g.Own = true
		} else {
			g.Others++
		}
	}
	return g
}
