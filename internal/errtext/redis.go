package errtext

// redisRules are what Redis answers, in Azure Cache for Redis, Azure Managed Redis or the cluster, and what its clients report.
func redisRules() []rule {
	const (
		redis   = "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-azure-active-directory-for-authentication"
		trouble = "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-troubleshoot-connectivity"
		cluster = "https://learn.microsoft.com/azure/redis/architecture#cluster-policies"
		acl     = "https://redis.io/docs/latest/operate/oss_and_stack/management/security/acl/"
		clients = "https://redis.io/docs/latest/develop/reference/clients/"
		memory  = "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-best-practices-memory-management"
		slow    = "https://stackexchange.github.io/StackExchange.Redis/Timeouts"
	)
	row := rowOf(DataService)
	show := "az redis show -g GROUP -n NAME --query '{port:sslPort,plain:enableNonSslPort,public:publicNetworkAccess,state:provisioningState}'"
	return []rule{
		row(acl, "Redis accepted the sign-in, and the user has no permission for this command, key or channel.",
			[]string{
				"the data access policy of the identity is Data Reader, or a custom one without the command or key",
				"the command is disabled in Azure",
			},
			[]string{"az redis access-policy-assignment list -g GROUP -n NAME", "az redis access-policy list -g GROUP -n NAME"},
			"NOPERM", "this user has no permissions to run", "no permissions to access one of the keys", "No permissions to access a key"),
		row(redis, "The client sends a user name and password, and Redis has no password, or only the default user.",
			[]string{
				"it is not the cache of Azure but a Redis without a password, such as one in the cluster",
				"the server is older than version 6 and knows no user names",
			},
			[]string{doctorCommand, "compare the host and port that the app uses"},
			"AUTH <password> called without any password configured", "Client sent AUTH, but no password is set",
			"wrong number of arguments for auth command"),
		row(redis, "Redis was reached and refused the user name or password.",
			[]string{
				"the access key is wrong or was regenerated, or must be percent-encoded in a URL", "access keys are disabled on the cache",
				"with workload identity: the user name must be the identity's object ID, and the cache needs a data access policy for it",
			},
			[]string{doctorCommand, "az redis show -g GROUP -n NAME --query disableAccessKeyAuthentication"},
			"invalid username-password pair", "WRONGPASS", "NOAUTH Authentication required", "NOAUTH HELLO",
			"HELLO must be called with the client already authenticated"),
		row(redis, "The token of Entra ID by which the client signed in to Redis has expired, and Redis closes or refuses the connection.",
			[]string{"the client does not send a new token with AUTH before the old one expires"},
			[]string{"use a library that renews it, such as Microsoft.Azure.StackExchangeRedis or redis-entraid"},
			"token has expired … redis", "redis … token … expired", "ERR authentication token"),
		row(cluster, "The cache is a cluster, and the client does not follow it: a key lives on another node, or keys on several.",
			[]string{
				"the client is not in cluster mode: MOVED names the node that it should use", "one command uses keys of several slots",
				"the addresses of the nodes, on ports 13000 and up or 8500 and up, are blocked",
			},
			[]string{
				"use the client's cluster mode, or the policy EnterpriseCluster of Azure Managed Redis",
				"give keys that belong together a hash tag: {user1}:a, {user1}:b",
			},
			"(error) MOVED", "ReplyError: MOVED", "ResponseError: MOVED", "JedisMovedDataException", "MovedError", "^MOVED 1", "^MOVED 2",
			"^MOVED 3", "^MOVED 4", "^MOVED 5", "^MOVED 6", "^MOVED 7", "^MOVED 8", "^MOVED 9", "CROSSSLOT", "CLUSTERDOWN",
			"Endpoint … serving hashslot", "Multiple exceptions … hashslot",
			"Too many Cluster redirections", "ERR This instance has cluster support disabled", "Redis Cluster cannot be connected"),
		row(trouble, "The client speaks without TLS to the port for TLS, or the other way round.",
			[]string{
				"port 6380 (10000 in Azure Managed Redis) needs TLS: rediss://, ssl=True", "port 6379 has no TLS and is off in Azure by default",
			},
			[]string{show, "use rediss://NAME.redis.cache.windows.net:6380"},
			"redis … WRONG_VERSION_NUMBER", "redis … wrong version number", "redis … packet length too long",
			"redis … record layer failure",
			"RedisConnectionException … SSL", "redis … Connection closed by server"),
		row(memory, "Redis takes no more data: its memory is full.",
			[]string{"keys have no expiry, or the policy for eviction is noeviction", "the cache is too small, or fragmented"},
			[]string{"az redis show -g GROUP -n NAME --query redisConfiguration", "use a larger size, or the policy allkeys-lru"},
			"OOM command not allowed"),
		row(trouble, "Redis takes no writes on this connection: it is a replica.",
			[]string{"a failover happened and the client kept its connection", "the client uses the replica's or the secondary cache's name"},
			[]string{"connect again, with the name of the primary cache", show},
			"READONLY You can't write against a read only", "can't write against a read only replica"),
		row(trouble, "Redis has no connection left, or is loading, or a failover runs.",
			[]string{"each pod opens too many connections, or a new one per request", "maintenance: a failover takes seconds"},
			[]string{"share one connection (multiplexer) in the app", show},
			"max number of clients reached", "Redis is loading the dataset", "MASTERDOWN"),
		row(slow, "The client did not get Redis's answer in time. The connection exists.",
			[]string{
				"the app's threads or CPU are exhausted (StackExchange.Redis prints them: WORKER, IOCP, Local-CPU)",
				"the cache's CPU or bandwidth is used up, or a command is slow: KEYS, large values", "packets are lost in between",
			},
			[]string{
				"az monitor metrics list --resource CACHE-ID --metric serverLoad,cacheLatency",
				"raise the minimum of threads, and the pod's CPU",
			},
			"Timeout performing", "Timeout awaiting response … redis", "RedisTimeoutException", "RedisCommandTimeoutException",
			"redis … Timeout reading from"),
		row(trouble, "The client got no connection to Redis in time.",
			[]string{
				"a firewall, a NetworkPolicy, DNS or a private endpoint in between, or public access to the cache is off",
				"the host or port is wrong: Azure uses 6380, or 10000 in Azure Managed Redis, with TLS",
			},
			[]string{show, doctorCommand, "kubectl insideout --to NAME.redis.cache.windows.net:6380"},
			"no connection became available", "redis server(s). ConnectTimeout", "redis server(s) … ConnectTimeout"),
		row(trouble, "The client got no connection to Redis, or lost it.",
			[]string{
				"the host or port is wrong: Azure uses 6380, or 10000 in Azure Managed Redis, with TLS",
				"a firewall, a NetworkPolicy, DNS or a private endpoint in between", "the access key is wrong: some clients report it like this",
			},
			[]string{show, doctorCommand, "kubectl insideout --to NAME.redis.cache.windows.net:6380"},
			"It was not possible to connect to the redis server", "No connection is active/available to service this operation",
			"UnableToConnect on", "RedisConnectionException", "Unable to connect to Redis", "JedisConnectionException",
			"Could not get a resource from the pool … redis", "MaxRetriesPerRequestError", "AuthenticationFailure on",
			"Error connecting to … redis", "redis.exceptions.ConnectionError", "Unable to connect to … redis.cache.windows.net").asGeneral(),
		row(clients, "What answers is not Redis, or does not know this command.",
			[]string{"the port is that of another service, or of a proxy", "the command needs a newer version or a module"},
			[]string{doctorCommand, "INFO server, with redis-cli --tls"},
			"ERR unknown command", "Protocol error, got … as reply type byte"),
	}
}
