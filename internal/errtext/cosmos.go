package errtext

// cosmosRules are what Cosmos DB answers, by its API for NoSQL, MongoDB and others.
func cosmosRules() []rule {
	const (
		cosmos = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden"
		denied = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-unauthorized"
		roles  = "https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-connect-role-based-access-control"
		found  = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-not-found"
		rate   = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-request-rate-too-large"
		slow   = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-dotnet-sdk-request-timeout"
		modes  = "https://learn.microsoft.com/azure/cosmos-db/nosql/sdk-connection-modes"
		mongo  = "https://learn.microsoft.com/azure/cosmos-db/mongodb/error-codes-solutions"
	)
	row := rowOf(DataService)
	show := "az cosmosdb show -g GROUP -n ACCOUNT --query '{keys:disableLocalAuth,public:publicNetworkAccess,rules:ipRules}'"
	role := "az cosmosdb sql role assignment create -g GROUP -a ACCOUNT -d 00000000-0000-0000-0000-000000000002 -p OBJECT-ID -s /"
	return []rule{
		row(roles, "Cosmos DB does not let a token of Entra ID create or change databases, containers or throughput in the data plane.",
			[]string{
				"the app creates its database or container at its start (createIfNotExists): no data role allows that, whatever it contains",
				"throughput, indexes and stored procedures belong to the control plane too",
			},
			[]string{
				"create them through Azure Resource Manager: az cosmosdb sql database create, az cosmosdb sql container create, Bicep or Terraform",
				"let the app only open what exists", role,
			},
			"cannot be authorized by AAD token in data plane", "Substatus: 5300", "SubStatusCode: 5300"),
		row(roles, "Cosmos DB does not accept the token of Entra ID: it is of another tenant, expired, or for another service.",
			[]string{"the identity is of another tenant than the account", "the scope is wrong", "the clock of the node is wrong"},
			[]string{"use the scope https://ACCOUNT.documents.azure.com/.default, and the account's tenant", doctorCommand},
			"Substatus: 5304", "Substatus: 5305", "Required Header authorization is missing",
			"authorization token is not valid at the current time"),
		row(cosmos, "Cosmos DB refused the identity: it has no role for data at the account.",
			[]string{"its data roles are its own: roles of Azure RBAC do not count"},
			[]string{"az cosmosdb sql role assignment list -g GROUP -a ACCOUNT"},
			"does not have required RBAC permissions"),
		row(cosmos, "Cosmos DB takes no keys: it allows sign-ins of Entra ID only.",
			[]string{"disableLocalAuth is true, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"Local Authorization is disabled"),
		row(cosmos, "The firewall of the Cosmos DB account refused the client's address.",
			append(closedTo("the account"), "less often: the key or token does not allow the operation"),
			[]string{"az cosmosdb show -g GROUP -n ACCOUNT --query '[publicNetworkAccess,ipRules,virtualNetworkRules]'", egressCommand},
			"check your authorization token and Cosmos DB account firewall settings", "blocked by your Cosmos DB account firewall settings"),
		row(denied, "Cosmos DB does not accept the key: the signature that the client computed with it does not match.",
			[]string{
				"the key is wrong, was regenerated, is of another account, or is the read-only key for a write",
				"the key in the Secret was cut off or encoded once more", "the clock of the node is wrong",
			},
			[]string{doctorCommand, "az cosmosdb keys list -g GROUP -n ACCOUNT, to compare"},
			"input authorization token can't serve the request", "MAC signature found in the HTTP request is not the same",
			"authorization token can't serve", "The wrong key is being used or the expected payload"),
		row(rate, "Cosmos DB limits the requests: they use more request units a second than the container has.",
			[]string{"the throughput is too low, or one partition gets most requests", "queries across partitions, or large writes in bulk"},
			[]string{
				"az monitor metrics list --resource ACCOUNT-ID --metric TotalRequestUnits", "let the client try again, or raise the throughput",
			},
			"Request rate is large", "RequestRateTooLarge", "TooManyRequests (429) … cosmos",
			"documents.azure.com … 429 Too", "documents.azure.com … (429)", "Error=16500",
			"(16500)", "Substatus: 3200"),
		row(found, "Cosmos DB was reached and has no such account, database, container or document.",
			[]string{
				"the database or container was not created yet, or its name is misspelled: upper and lower case count",
				"the document's ID or partition key is another",
			},
			[]string{
				"az cosmosdb sql database list -g GROUP -a ACCOUNT -o table",
				"az cosmosdb sql container list -g GROUP -a ACCOUNT -d DATABASE",
			},
			"Owner resource does not exist", "Entity with the specified id does not exist", "Substatus: 1003", "Substatus: 1013",
			"NotFound (404); Substatus: 0", "Collection … not found … cosmos"),
		row(cosmos, "Cosmos DB does not take this write: at this region, or as the account is.",
			[]string{
				"the client writes to a region for reads only",
				"the account is being deleted, or its keys need renewal (customer-managed)",
			},
			[]string{show, "az cosmosdb show -g GROUP -n ACCOUNT --query writeLocations"},
			append(codes("WriteForbidden"), "Substatus: 3;", "Substatus: 1008", "Substatus: 4003")...),
		row(modes, "The client did not reach Cosmos DB's partitions, or not in time.",
			[]string{
				"direct mode (.NET, Java) connects to ports 10000 to 20000, which a firewall or NetworkPolicy blocks",
				"the app's CPU or connections are exhausted", "with private endpoints: the region's own name does not resolve",
			},
			[]string{"try gateway mode, which uses port 443 only", show, doctorCommand},
			"GoneException", "Gone (410)", "TransportException … documents", "rntbd://", "RequestTimeout (408) … cosmos",
			"CosmosOperationCanceledException", "Substatus: 20001", "Substatus: 20003", "ServiceUnavailable (503); Substatus",
			"Substatus: 10001",
			"The requested resource is no longer available at the server"),
		row(mongo, "Cosmos DB for MongoDB does not accept the user or password, or does not know the command.",
			[]string{
				"the user is the account's name and the password one of its keys, or keys are disabled",
				"the key is wrong or was regenerated, or must be percent-encoded in the connection string",
				"the account's server version is too old for the command",
			},
			[]string{
				doctorCommand,
				"az cosmosdb show -g GROUP -n ACCOUNT --query '{keys:disableLocalAuth,version:apiProperties.serverVersion}'",
			},
			"Invalid key … mongo", "MongoServerError: Invalid key", "mongo … Authentication failed", "Authentication failed … mongo",
			"MongoSecurityException", "mongo … command … not supported", "Command … not supported prior to authentication",
			"MongoServerError: Authentication failed", "code 18 … Authentication", "AuthenticationFailed … mongo", "(18) Authentication"),
		row(mongo, "The MongoDB client got no connection to a server that fits, or none in time.",
			[]string{
				"the connection string lacks tls=true, replicaSet=globaldb or retrywrites=false, which Cosmos DB needs",
				"the account's firewall, a NetworkPolicy, DNS or a private endpoint in between: ports 10255 or 10260 for Cosmos DB, 27017 for vCore",
			},
			[]string{doctorCommand, show},
			"MongoTimeoutException", "ServerSelectionTimeoutError", "MongoServerSelectionError", "server selection error",
			"MongooseServerSelectionError", "MongoNetworkError", "server selection timeout",
			"Timed out after 30000 ms while waiting for a server"),
		row(mongo, "Cosmos DB for MongoDB has no retryable writes, and the driver uses them.",
			[]string{"the connection string lacks retrywrites=false"}, []string{"add retrywrites=false to the connection string"},
			"Retryable writes are not supported"),
	}
}
