package facts

import (
	"context"
	"errors"
	"strings"

	"github.com/akstools/akstools/internal/azure"
	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

// DataGrants is who may use the data of a target that has access control of its own.
type DataGrants struct {
	Own    bool   `json:"own,omitempty"`    // the identity of the connection has a grant
	Others int    `json:"others,omitempty"` // how many others have one, groups among them
	Error  string `json:"error,omitempty"`  // why it could not be read
}

// RedisType is azure.RedisType.
const RedisType = azure.RedisType

// grantsCommand shows what dataGrants reads.
func grantsCommand(t azure.Target) check.Evidence {
	subscription, group, name, _ := id.Parts(t.ID)
	of := []string{"--subscription", subscription, "-g", group}
	command := cmdline.Az("cosmosdb", "sql", "role", "assignment", "list").With(of...).With("-a", name)
	if strings.EqualFold(t.Type, RedisType) {
		command = cmdline.Az("redis", "access-policy-assignment", "list").With(of...).With("-n", name)
	}
	return check.Evidence{Source: command}
}

// dataGrants returns who may use the data of t, to which a connection with the target leads; nil if t has no access control of its own.
func dataGrants(ctx context.Context, c *azure.Client, t azure.Target, target, principal string) *DataGrants {
	all, err := azure.DataGrants(ctx, c, t, target)
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
