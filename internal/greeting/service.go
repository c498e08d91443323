package greeting

import "strings"

// Service is a kind of data service, by the protocol that it speaks.
type Service string

// The services.
const (
	PostgreSQL Service = "postgresql"
	MySQL      Service = "mysql"
	SQLServer  Service = "sqlserver"
	Redis      Service = "redis"
	Storage    Service = "storage"
	Vault      Service = "keyvault"
	Cosmos     Service = "cosmosdb"
	Bus        Service = "servicebus" // Event Hubs too
	AI         Service = "ai"
	Web        Service = "https" // another one that is asked over HTTPS
	Unknown    Service = "unknown"
)

// ServiceAt returns the service at the host and port. The hosts of Azure's services have a label of their own in each of its clouds
// (https://learn.microsoft.com/azure/private-link/private-endpoint-dns).
func ServiceAt(host string, port int32) Service {
	switch port {
	case 5432, 6432:
		return PostgreSQL
	case 3306:
		return MySQL
	case 1433:
		return SQLServer
	case 6380, 10000:
		return Redis
	case 443:
	default:
		return Unknown
	}
	for _, s := range []struct {
		service Service
		labels  []string
	}{
		{Storage, []string{"blob", "queue", "table", "file", "dfs"}},
		{Vault, []string{"vault", "vaultcore"}},
		{Cosmos, []string{"documents"}},
		{Bus, []string{"servicebus"}},
		{AI, []string{"openai", "cognitiveservices"}},
	} {
		for _, label := range s.labels {
			if _, rest, ok := strings.Cut(strings.ToLower(host), "."); ok && strings.Contains("."+rest, "."+label+".") {
				return s.service
			}
		}
	}
	return Web
}
