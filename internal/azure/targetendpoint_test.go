package azure

import (
	"encoding/json"
	"testing"
)

func TestTargetEndpoint(t *testing.T) {
	const group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/data/providers/"
	for name, c := range map[string]struct {
		kind, target, properties string
		want                     Endpoint
	}{
		"PostgreSQL": {
			"Microsoft.DBforPostgreSQL/flexibleServers", group + "Microsoft.DBforPostgreSQL/flexibleServers/shop/databases/shop",
			`{"fullyQualifiedDomainName":"shop.postgres.database.azure.com"}`,
			Endpoint{"shop.postgres.database.azure.com", 5432},
		},
		"blobs": {
			storageType, group + storageType + "/shop/blobServices/default",
			`{"primaryEndpoints":{"blob":"https://shop.blob.core.windows.net/","queue":"https://shop.queue.core.windows.net/"}}`,
			Endpoint{"shop.blob.core.windows.net", 443},
		},
		"queues": {
			storageType, group + storageType + "/shop/queueServices/default",
			`{"primaryEndpoints":{"blob":"https://shop.blob.core.windows.net/","queue":"https://shop.queue.core.windows.net/"}}`,
			Endpoint{"shop.queue.core.windows.net", 443},
		},
		"a vault": {
			vaultType, group + vaultType + "/shop",
			`{"vaultUri":"https://shop.vault.azure.net/"}`,
			Endpoint{"shop.vault.azure.net", 443},
		},
		"a cache": {
			RedisType, group + RedisType + "/shop",
			`{"hostName":"shop.redis.cache.windows.net","sslPort":6380}`,
			Endpoint{"shop.redis.cache.windows.net", 6380},
		},
		"Cosmos DB": {
			cosmosType, group + cosmosType + "/shop/sqlDatabases/shop",
			`{"documentEndpoint":"https://shop.documents.azure.com:443/"}`,
			Endpoint{"shop.documents.azure.com", 443},
		},
		"its Gremlin": {
			cosmosType, group + cosmosType + "/shop/gremlinDatabases/shop",
			`{"documentEndpoint":"https://shop.documents.azure.com:443/"}`,
			Endpoint{},
		},
		"a namespace": {
			"Microsoft.ServiceBus/namespaces", group + "Microsoft.ServiceBus/namespaces/shop",
			`{"serviceBusEndpoint":"https://shop.servicebus.windows.net:443/"}`,
			Endpoint{"shop.servicebus.windows.net", 443},
		},
		"an odd host": {
			"Microsoft.Sql/servers", group + "Microsoft.Sql/servers/shop",
			`{"fullyQualifiedDomainName":"-o.example.com"}`,
			Endpoint{},
		},
		"an address": {
			"Microsoft.Sql/servers", group + "Microsoft.Sql/servers/shop",
			`{"fullyQualifiedDomainName":"127.0.0.1"}`,
			Endpoint{},
		},
		"an odd port":       {vaultType, group + vaultType + "/shop", `{"vaultUri":"https://shop.vault.azure.net:99999/"}`, Endpoint{}},
		"nothing":           {vaultType, group + vaultType + "/shop", `{}`, Endpoint{}},
		"not a resource ID": {vaultType, "shop", `{"vaultUri":"https://shop.vault.azure.net/"}`, Endpoint{"shop.vault.azure.net", 443}},
	} {
		var e targetEndpoint
		if err := json.Unmarshal([]byte(c.properties), &e); err != nil {
			t.Fatal(err)
		}
		if got := e.of(c.kind, c.target); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
