package errtext

import "slices"

const (
	doctorCommand = "kubectl connectordoctor"
	egressCommand = "az aks show -g GROUP -n CLUSTER --query networkProfile.loadBalancerProfile.effectiveOutboundIPs"
)

// closedTo returns why a service refuses an address.
func closedTo(service string) []string {
	return []string{
		"its firewall does not allow the cluster's outbound address or subnet",
		"public access is off, and " + service + " was reached by its public address instead of its private endpoint",
	}
}

// dataServiceRules are what the service at the end of a connection answers: a database, a cache, a storage account, a queue. It was
// reached, so neither DNS nor routes are at fault. What its client reports of a connection that failed is beside it.
func dataServiceRules() []rule {
	return slices.Concat(
		postgresRules(), mysqlRules(), sqlServerRules(), redisRules(), storageRules(), cosmosRules(), messagingRules(), appServiceRules(),
		poolRules(),
	)
}

// poolRules are pools of connections that have none left, whatever the database.
func poolRules() []rule {
	return []rule{
		rowOf(DataService)("https://kubernetes.io/docs/tasks/configmap-secret/managing-secret-using-kubectl/",
			"A value that the program takes for an address holds a line break or another control character.",
			[]string{
				"a key of the Secret was set by hand, with echo, which adds a line break: printf does not",
				"the value was copied with what stood around it, or with the line end of a file",
			},
			[]string{"encode the value without a line break (printf %s VALUE | base64 -w0), and set the key again", doctorCommand},
			"invalid control character in URL", "URL can't contain control characters"),
		rowOf(DataService)("https://github.com/brettwooldridge/HikariCP/wiki/About-Pool-Sizing",
			"A pool of the app waited for a connection to the database and got none in time.",
			[]string{
				"all connections of the pool are in use: leaks, long queries, or a pool that is too small",
				"new connections fail: the pool's log has the reason, such as the sign-in, the firewall or DNS",
			},
			[]string{"read the first error of the app after its start", doctorCommand},
			"connection pool has been exhausted", "QueuePool limit of size", "HikariPool", "PoolTimeoutException", "PoolTimeout:",
			"Timed out fetching a new connection from the connection pool", "Timeout: Pool empty", "Knex: Timeout acquiring a connection",
			"Unable to acquire JDBC Connection").asGeneral(),
	}
}
