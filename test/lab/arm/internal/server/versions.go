package server

import (
	"slices"
	"strings"
)

// versions are the API versions of each resource type, or of all types of a namespace; the longest match decides. The
// NICs of scale sets know one version only, as the SDK's clients of armnetwork do.
var versions = map[string][]string{
	"microsoft.network": {
		"2023-09-01", "2023-11-01", "2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01", "2024-10-01",
		"2025-01-01", "2025-03-01", "2025-05-01",
	},
	"microsoft.compute": {"2024-03-01", "2024-07-01", "2024-11-01", "2025-04-01"},
	"microsoft.compute/virtualmachinescalesets/networkinterfaces":                 {"2018-10-01"},
	"microsoft.compute/virtualmachinescalesets/virtualmachines/networkinterfaces": {"2018-10-01"},
	"microsoft.containerservice": {
		"2025-02-01", "2025-05-01", "2025-07-01", "2025-08-01", "2025-10-01",
	},
	"microsoft.network/privatednszones": {"2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01"},
	"microsoft.resources":               {"2021-01-01", "2021-04-01", "2022-09-01", "2025-04-01"},
	"microsoft.insights":                {"2023-10-01", "2024-02-01"},
	"microsoft.authorization":           {"2022-04-01"},
	"microsoft.servicelinker":           {"2022-05-01", "2024-04-01"},
	"microsoft.kubernetesconfiguration": {"2023-05-01", "2024-11-01", "2025-03-01"},
	"microsoft.managedidentity":         {"2023-01-31", "2024-11-30"},
	"microsoft.storage":                 {"2023-05-01", "2024-01-01"},
	"microsoft.keyvault":                {"2023-07-01", "2024-11-01"},
	"microsoft.dbforpostgresql":         {"2022-12-01", "2024-08-01"},
	"microsoft.dbformysql":              {"2023-06-30", "2023-12-30"},
	"microsoft.documentdb":              {"2024-05-15", "2024-08-15"},
	"microsoft.sql":                     {"2021-11-01", "2023-08-01"},
	"microsoft.cache":                   {"2023-08-01", "2024-03-01"},
	"microsoft.servicebus":              {"2021-11-01", "2024-01-01"},
	"microsoft.eventhub":                {"2021-11-01", "2024-01-01"},
	"microsoft.resourcegraph":           {"2022-10-01", "2024-04-01"},
}

// supported returns the API versions of a resource type, oldest first; none: there is no such type.
func supported(kind string) []string {
	for kind = strings.ToLower(kind); ; {
		if v, ok := versions[kind]; ok {
			return v
		}
		i := strings.LastIndex(kind, "/")
		if i < 0 {
			return nil
		}
		kind = kind[:i]
	}
}

func isSupported(kind, version string) bool { return slices.Contains(supported(kind), version) }
