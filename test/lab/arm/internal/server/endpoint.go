package server

import (
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// endpoints are the properties in which types of data services name their endpoints, by lower-case types; * is the resource's name.
var endpoints = map[string]store.Object{
	"microsoft.dbforpostgresql/flexibleservers": {"fullyQualifiedDomainName": "*.postgres.database.azure.com"},
	"microsoft.dbformysql/flexibleservers":      {"fullyQualifiedDomainName": "*.mysql.database.azure.com"},
	"microsoft.cache/redis":                     {"hostName": "*.redis.cache.windows.net", "sslPort": 6380},
	"microsoft.keyvault/vaults":                 {"vaultUri": "https://*.vault.azure.net/"},
	"microsoft.documentdb/databaseaccounts":     {"documentEndpoint": "https://*.documents.azure.com:443/"},
	"microsoft.servicebus/namespaces":           {"serviceBusEndpoint": "https://*.servicebus.windows.net:443/"},
	"microsoft.storage/storageaccounts": {"primaryEndpoints": store.Object{
		"blob": "https://*.blob.core.windows.net/", "queue": "https://*.queue.core.windows.net/", "table": "https://*.table.core.windows.net/",
	}},
}

// deriveEndpoint adds the endpoints of a data service that its body does not name.
func deriveEndpoint(kind string, o store.Object) {
	properties, ok := o["properties"].(store.Object)
	name, _ := o["name"].(string)
	if !ok {
		return
	}
	for property, value := range endpoints[strings.ToLower(kind)] {
		if _, ok := properties[property]; !ok {
			properties[property] = named(value, strings.ToLower(name))
		}
	}
}

// named returns the value with the name of a resource in it.
func named(value any, name string) any {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "*", name)
	case store.Object:
		all := store.Object{}
		for key, of := range v {
			all[key] = named(of, name)
		}
		return all
	}
	return value
}
