package azure

import (
	"cmp"
	"context"
	"errors"
	"strings"
)

// grants are the lists of who may use the data of resources that keep that themselves, by the type in lower case: roles of Azure do not
// count there (https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-connect-role-based-access-control,
// https://learn.microsoft.com/azure/azure-cache-for-redis/cache-configure-role-based-access-control).
var grants = map[string]string{
	strings.ToLower(cosmosType): "sqlRoleAssignments",
	"microsoft.cache/redis":     "accessPolicyAssignments",
}

// ErrNoGrants is returned for a target whose data is not given by grants of its own.
var ErrNoGrants = errors.New("the target keeps no list of who may use its data")

// DataGrants returns the object IDs of who may use data of the target by a grant that it keeps itself, groups among them. The target is
// one that TargetOf returned. A Cosmos DB account has such grants for its API for NoSQL only.
func DataGrants(ctx context.Context, c *Client, t Target) ([]string, error) {
	part, version := grants[strings.ToLower(t.Type)], versionOf(t.Type)
	if part == "" || version == "" {
		return nil, ErrNoGrants
	}
	all, err := list[struct {
		Properties struct {
			Principal string `json:"principalId"` // of Cosmos DB
			Object    string `json:"objectId"`    // of Redis
		} `json:"properties"`
	}](ctx, c, t.ID+"/"+part, version)
	if err != nil {
		return nil, err
	}
	principals := make([]string, len(all))
	for i, g := range all {
		principals[i] = cmp.Or(g.Properties.Principal, g.Properties.Object)
	}
	return principals, nil
}
