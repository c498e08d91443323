package checks

import (
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// storage is the service endpoint for storage accounts of the subnet's region.
const storage = "Microsoft.Storage"

// groupIDs are the parts of resources to which private endpoints lead, by the type in lower case; empty: the part is that of the target
// (https://learn.microsoft.com/azure/private-link/private-endpoint-overview#private-link-resource).
var groupIDs = map[string]string{
	"microsoft.appconfiguration/configurationstores": "configurationStores",
	"microsoft.cache/redis":                          "redisCache",
	"microsoft.cache/redisenterprise":                "redisEnterprise",
	"microsoft.cognitiveservices/accounts":           "account",
	"microsoft.dbformysql/flexibleservers":           "mysqlServer",
	"microsoft.dbforpostgresql/flexibleservers":      "postgresqlServer",
	"microsoft.documentdb/databaseaccounts":          "Sql",
	"microsoft.eventhub/namespaces":                  "namespace",
	"microsoft.keyvault/vaults":                      "vault",
	"microsoft.servicebus/namespaces":                "namespace",
	"microsoft.signalrservice/signalr":               "signalr",
	"microsoft.signalrservice/webpubsub":             "webpubsub",
	"microsoft.sql/servers":                          "sqlServer",
}

// groupID returns the part of the target to which its private endpoint leads.
func groupID(kind, target string) string {
	if g := groupIDs[strings.ToLower(kind)]; g != "" {
		return g
	}
	for _, part := range []string{"queue", "table", "file"} {
		if strings.Contains(strings.ToLower(target), "/"+part+"services/") {
			return part
		}
	}
	return "blob"
}

// createEndpoint is the fix that gives the nodes' network a private endpoint of the target.
func createEndpoint(l linked, t facts.ResourceInAzure) check.Fix {
	create := cmdline.Az("network", "private-endpoint", "create")
	f := check.Fix{Placeholders: []check.Placeholder{check.SubnetID}}
	if subscription, group, _, ok := id.Parts(l.cluster.ID); ok {
		create = create.With("--subscription", subscription, "-g", group)
	} else {
		create, f.Placeholders = create.With("-g", string(check.ResourceGroup)), append(f.Placeholders, check.ResourceGroup)
	}
	f.Title = "create a private endpoint in the cluster's network, and a private DNS zone for its name"
	f.Commands = []cmdline.Command{create.With("-n", nameOf(t.ID)+"-endpoint", "--subnet", string(check.SubnetID),
		"--private-connection-resource-id", t.ID, "--group-id", groupID(t.Type, l.here[0].Target), "--connection-name", nameOf(t.ID))}
	return f
}

// approve is the fix that approves a private endpoint.
func approve(t facts.ResourceInAzure, e facts.EndpointInAzure) check.Fix {
	f := fix("approve the private endpoint", cmdline.Az("network", "private-endpoint-connection", "approve", "--id", e.ID))
	f.Weakens = "its network can connect to " + nameOf(t.ID)
	return f
}

// openToPublic is the fix that enables public network access.
func openToPublic(t facts.ResourceInAzure) check.Fix {
	command := cmdline.Az("resource", "update", "--ids", t.ID, "--set", "properties.publicNetworkAccess=Enabled")
	if subscription, group, name, ok := id.Parts(t.ID); ok {
		of := []string{"--subscription", subscription, "-g", group, "-n", name}
		switch strings.ToLower(t.Type) {
		case "microsoft.storage/storageaccounts":
			command = cmdline.Az("storage", "account", "update").With(of...).With("--public-network-access", "Enabled")
		case "microsoft.keyvault/vaults":
			command = cmdline.Az("keyvault", "update").With(of...).With("--public-network-access", "Enabled")
		case "microsoft.documentdb/databaseaccounts":
			command = cmdline.Az("cosmosdb", "update").With(of...).With("--public-network-access", "ENABLED")
		case "microsoft.sql/servers":
			command = cmdline.Az("sql", "server", "update").With(of...).With("--enable-public-network", "true")
		case "microsoft.appconfiguration/configurationstores":
			command = cmdline.Az("appconfig", "update").With(of...).With("--enable-public-network", "true")
		case "microsoft.dbforpostgresql/flexibleservers":
			command = cmdline.Az("postgres", "flexible-server", "update").With(of...).With("--public-access", "Enabled")
		case "microsoft.dbformysql/flexibleservers":
			command = cmdline.Az("mysql", "flexible-server", "update").With(of...).With("--public-access", "Enabled")
		}
	}
	f := fix("enable public network access", command)
	f.Weakens = "whatever its firewall allows can connect to " + nameOf(t.ID) + ", by default everybody"
	return f
}

// allowPool are the fixes that make the firewall of the target allow connections of the pool's pods: by their subnet, and by their
// addresses where it sees these.
func allowPool(l linked, t facts.ResourceInAzure, pool facts.PoolEgress) (all []check.Fix) {
	endpoint := facts.ServiceEndpoint(*t.Network, l.cluster)
	if endpoint != "" {
		all = append(all, allowSubnet(l, t, pool))
	}
	seen := !usesEndpoint(pool, endpoint) && !facts.HidesAddresses(*t.Network, l.cluster)
	var commands []cmdline.Command
	for _, a := range facts.Seen(*t.Network, pool.Addresses) {
		if add := allowRange(t, a); seen && !add.IsZero() {
			commands = append(commands, add)
		}
	}
	if len(commands) > 0 {
		f := fix("allow the cluster's outbound addresses", commands...)
		f.Weakens = "whatever has these addresses can connect to " + nameOf(t.ID)
		all = append(all, f)
	}
	return all
}

func allowSubnet(l linked, t facts.ResourceInAzure, pool facts.PoolEgress) check.Fix {
	service := t.Network.Service
	if service == storage && !facts.HidesAddresses(*t.Network, l.cluster) {
		service += ".Global"
	}
	subnet, title := pool.Subnet, "allow the pods' subnet"
	if !id.IsSubnet(subnet) {
		subnet, title = string(check.SubnetID), "allow the nodes' subnet; name the service endpoints that it has too"
	}
	// the list replaces the subnet's
	services := slices.DeleteFunc(append(slices.Clone(pool.Services), service), func(s string) bool {
		return !strings.EqualFold(s, service) && strings.EqualFold(strings.TrimSuffix(s, ".Global"), t.Network.Service)
	})
	slices.Sort(services)
	update := cmdline.Az("network", "vnet", "subnet", "update", "--ids", subnet, "--service-endpoints")
	f := fix(title, update.With(slices.Compact(services)...))
	if add := ruleForSubnet(t, subnet); !add.IsZero() {
		f.Commands = append(f.Commands, add)
	}
	if subnet == string(check.SubnetID) {
		f.Placeholders = []check.Placeholder{check.SubnetID}
	}
	f.Weakens = "whatever is in the subnet can connect to " + nameOf(t.ID)
	f.Disruptive = !slices.ContainsFunc(pool.Services, func(s string) bool { return strings.EqualFold(s, service) }) // it ends connections
	return f
}
