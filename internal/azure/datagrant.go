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
	strings.ToLower(RedisType):  "accessPolicyAssignments",
}

// ErrNoGrants is returned for a target whose data is not given by grants of its own.
var ErrNoGrants = errors.New("the target has no access control of its own for its data")

// DataGrants returns the object IDs of those that have a grant by which a connection with the target may use data, groups among them; none
// is empty. id is the target of the connection, such as a database; t is what TargetOf returned for it. A Cosmos DB account has such grants
// for its API for NoSQL only, and each is for the account, a database or a container: those for other databases are left out.
func DataGrants(ctx context.Context, c *Client, t Target, id string) (principals []string, err error) {
	part, version := grants[strings.ToLower(t.Type)], versionOf(t.Type)
	cosmos := strings.EqualFold(t.Type, cosmosType)
	_, database, sql := strings.Cut(strings.ToLower(id), "/sqldatabases/")
	if part == "" || version == "" || cosmos && !sql {
		return nil, ErrNoGrants
	}
	all, err := list[struct {
		Properties struct {
			Principal string `json:"principalId"` // of Cosmos DB
			Object    string `json:"objectId"`    // of Redis
			Scope     string `json:"scope"`
		} `json:"properties"`
	}](ctx, c, t.ID+"/"+part, version)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		_, of, narrow := strings.Cut(strings.ToLower(g.Properties.Scope), "/dbs/")
		of, _, _ = strings.Cut(of, "/")
		if who := cmp.Or(g.Properties.Principal, g.Properties.Object); who != "" && (!narrow || of == database) {
			principals = append(principals, who)
		}
	}
	return principals, nil
}
