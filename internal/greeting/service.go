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

// The ports of the services, those of TLS where there are others too. Sources:
// https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-pgbouncer,
// https://learn.microsoft.com/azure/mysql/flexible-server/concepts-networking-public,
// https://learn.microsoft.com/azure/azure-sql/database/connectivity-architecture,
// https://learn.microsoft.com/azure/redis/development-faq,
// https://learn.microsoft.com/azure/service-bus-messaging/service-bus-faq.
const (
	HTTPSPort           = 443
	PostgreSQLPort      = 5432
	PgBouncerPort       = 6432
	MySQLPort           = 3306
	SQLServerPort       = 1433
	RedisPort           = 6380
	RedisPlainPort      = 6379
	RedisEnterprisePort = 10000
	AMQPPort            = 5671
)

// ServiceAt returns the service at the host and port. The hosts of Azure's services have a label of their own in each of its clouds
// (https://learn.microsoft.com/azure/private-link/private-endpoint-dns).
func ServiceAt(host string, port int32) Service {
	switch port {
	case PostgreSQLPort, PgBouncerPort:
		return PostgreSQL
	case MySQLPort:
		return MySQL
	case SQLServerPort:
		return SQLServer
	case RedisPort, RedisEnterprisePort:
		return Redis
	case HTTPSPort:
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
