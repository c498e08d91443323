package errtext

// dataServiceRules are what the service at the end of a connection answers: a database, a cache, a storage account, a queue. It was
// reached, so neither DNS nor routes are at fault.
func dataServiceRules() []rule {
	const (
		postgresUsers = "https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-manage-azure-ad-users"
		postgres      = "https://learn.microsoft.com/azure/postgresql/flexible-server/security-firewall-rules"
		mysql         = "https://learn.microsoft.com/azure/mysql/flexible-server/how-to-troubleshoot-common-connection-issues"
		sql           = "https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues"
		redis         = "https://learn.microsoft.com/azure/azure-cache-for-redis/cache-azure-active-directory-for-authentication"
		storage       = "https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors"
		cosmos        = "https://learn.microsoft.com/azure/cosmos-db/nosql/troubleshoot-forbidden"
		ai            = "https://learn.microsoft.com/azure/ai-services/openai/how-to/role-based-access-control"
		bus           = "https://learn.microsoft.com/azure/service-bus-messaging/service-bus-troubleshooting-guide"
	)
	row := func(source, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: DataService, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	doctor := "kubectl connectordoctor"
	egress := "az aks show -g GROUP -n CLUSTER --query networkProfile.loadBalancerProfile.effectiveOutboundIPs"
	firewall := func(of string) []string {
		return []string{
			"its firewall does not allow the cluster's outbound address or subnet",
			"public access is off, and " + of + " was reached by its public address instead of its private endpoint",
		}
	}
	return []rule{
		row("https://learn.microsoft.com/azure/private-link/private-endpoint-dns",
			"The service was asked by its privatelink name, which its certificate does not have.",
			[]string{"the app is configured with the name in the private zone: it is only what the public name leads to"},
			[]string{
				"use the service's public name, without privatelink: inside the network, private DNS leads it to the private endpoint",
			},
			"certificate is valid for … not … .privatelink."),
		row(postgresUsers, "PostgreSQL got a token of Entra ID as the password. The token is for another service.",
			[]string{"the app asks for the wrong scope", "a library keeps a token that it got for another service"},
			[]string{"ask for the scope https://ossrdbms-aad.database.windows.net/.default"},
			"access token does not have a valid audience claim"),
		row(postgresUsers, "PostgreSQL expects a token of Entra ID as the password, and what it got is not a whole token.",
			[]string{"quotes, braces or a line break came with it", "it was cut off: some programs limit the length of a password"},
			[]string{"az account get-access-token --resource-type oss-rdbms --query accessToken -o tsv, for a try as yourself"},
			"access token has invalid format"),
		row(postgres, "PostgreSQL refused a connection without TLS: Azure's servers require it.",
			[]string{"the connection string lacks sslmode=require", "require_secure_transport is on, and the driver does not use TLS"},
			[]string{"set sslmode=require, or the driver's option for TLS"},
			"no pg_hba.conf entry for … no encryption", "no pg_hba.conf entry for … SSL off"),
		row(postgres, "PostgreSQL does not accept connections from the client's address.", firewall("the server"),
			[]string{"az postgres flexible-server firewall-rule list -g GROUP -n SERVER", egress},
			"no pg_hba.conf entry for"),
		row(postgres, "PostgreSQL was reached and refused the user or password.",
			[]string{
				"the password is wrong or was changed: the Secret holds the old one",
				"with workload identity: the token has expired, or no user was created for the identity",
			},
			[]string{doctor, "az postgres flexible-server microsoft-entra-admin list -g GROUP -s SERVER"},
			"password authentication failed for user", "FATAL: role … does not exist"),
		row(postgresUsers, "The PostgreSQL role and the token are of different kinds: one of a user, one of a service principal or identity.",
			[]string{
				"the role was created for the wrong type of principal, or the name is that of another principal's role",
				"the app signed in as a developer (az login), not with the identity of its pod",
			},
			[]string{
				"select * from pgaadauth_list_principals(false) shows the type and the object ID of each role", doctor,
			},
			"cannot generate AAD_AUTH_TOKENTYPE"),
		row(postgresUsers, "The PostgreSQL role is mapped to a user, and an identity signed in.",
			[]string{"the role was created by a name that a user of the tenant has too, or for the wrong type of principal"},
			[]string{
				`map it in place: SECURITY LABEL FOR "pgaadauth" ON ROLE "ROLE" IS 'aadauth,oid=OBJECT-ID,type=service'`,
				"az identity show -g GROUP -n IDENTITY --query principalId",
			},
			"is neither an AAD_AUTH_TOKENTYPE_APP_USER"),
		row(postgresUsers, "The PostgreSQL role is mapped to an object ID other than that of the identity.",
			[]string{
				"the identity was deleted and created again: it has a new object ID (principal ID)",
				"the role was created with the client ID in place of the object ID",
			},
			[]string{
				`map it in place: SECURITY LABEL FOR "pgaadauth" ON ROLE "ROLE" IS 'aadauth,oid=OBJECT-ID,type=service'`,
				"az identity show -g GROUP -n IDENTITY --query principalId",
			},
			"oid mismatch for role"),
		row(mysql, "MySQL was reached and refused the user or password.",
			[]string{
				"the password is wrong or was changed: the Secret holds the old one",
				"the user does not exist, or has another name: only single servers wanted user@server",
				"with workload identity: the token has expired, or no user was created for the identity",
			},
			[]string{doctor},
			"Access denied for user"),
		row(mysql, "The MySQL user was created for another identity than the one that signed in.",
			[]string{
				"the user was created with the client ID of another identity", "the identity was deleted and created again: it has new IDs",
				"a member of a group must sign in with the group's name",
			},
			[]string{"az identity show -g GROUP -n IDENTITY --query clientId", "DROP USER and CREATE AADUSER 'NAME' IDENTIFIED BY 'CLIENT-ID'"},
			"access token is not valid for user"),
		row(mysql, "MySQL does not accept connections from the client's address.", firewall("the server"),
			[]string{"az mysql flexible-server firewall-rule list -g GROUP -n SERVER", egress},
			"is not allowed to connect to this MySQL server"),
		row(mysql, "MySQL refused a connection without TLS: Azure's servers require it.",
			[]string{"the connection string does not ask for TLS"}, []string{"set the driver's option for TLS, such as sslMode=REQUIRED"},
			"Connections using insecure transport are prohibited"),
		row(sql, "Azure SQL does not accept connections from the client's address.", firewall("the server"),
			[]string{"az sql server firewall-rule list -g GROUP -s SERVER", egress},
			"Client with IP address … is not allowed to access the server", "Deny Public Network Access is set to Yes"),
		row(sql, "Azure SQL took the token and does not know its identity as a user of the database.",
			[]string{
				"no user was created for the identity: CREATE USER [NAME] FROM EXTERNAL PROVIDER",
				"the connection names another database, in which the user does not exist",
				"if it happens now and then: the database was moved or scaled. Try again",
			},
			[]string{doctor, "az sql server ad-admin list -g GROUP -s SERVER"},
			"Login failed for user '<token-identified principal>'"),
		row(sql, "Azure SQL was reached and refused the user or password.",
			[]string{"the password is wrong or was changed: the Secret holds the old one", "the user does not exist in that database"},
			[]string{doctor},
			"Login failed for user"),
		row(redis, "Redis was reached and refused the user name or password.",
			[]string{
				"the access key is wrong or was regenerated, or must be percent-encoded in a URL", "access keys are disabled on the cache",
				"with workload identity: the user name must be the identity's object ID, and the cache needs a data access policy for it",
			},
			[]string{doctor, "az redis show -g GROUP -n NAME --query disableAccessKeyAuthentication"},
			"invalid username-password pair", "WRONGPASS", "NOAUTH Authentication required"),
		row(storage, "The storage account refused the request because the identity's role does not allow it.",
			[]string{"it has no data role: Owner and Contributor do not read data", "the role was assigned a moment ago"},
			[]string{"az role assignment create --assignee IDENTITY --role 'Storage Blob Data Contributor' --scope ACCOUNT-ID"},
			"AuthorizationPermissionMismatch"),
		row(storage, "The storage account refused the request.",
			append(firewall("the account"), "less often: the identity has no data role, such as Storage Blob Data Contributor"),
			[]string{"az storage account show -g GROUP -n NAME --query '[publicNetworkAccess,networkRuleSet]'", egress},
			"This request is not authorized to perform this operation", "AuthorizationFailure"),
		row(storage, "The request had no credentials, and the storage account allows no anonymous access. It is not the account's firewall.",
			[]string{
				"the program was given only the account's address, without key, token or SAS",
				"the SAS or the credential is empty, or got lost on the way",
				"blobs that were meant to be public: allowBlobPublicAccess is false",
			},
			[]string{doctor, "az storage account show -g GROUP -n NAME --query allowBlobPublicAccess"},
			"PublicAccessNotPermitted", "Public access is not permitted on this storage account", "NoAuthenticationInformation"),
		row(storage, "The storage account takes no access keys: it allows sign-ins of Entra ID only.",
			[]string{"allowSharedKeyAccess is false, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account"),
		row(cosmos, "Cosmos DB refused the identity: it has no role for data at the account.",
			[]string{"its data roles are its own: roles of Azure RBAC do not count"},
			[]string{"az cosmosdb sql role assignment list -g GROUP -a ACCOUNT"},
			"does not have required RBAC permissions to perform action"),
		row(cosmos, "Cosmos DB takes no keys: it allows sign-ins of Entra ID only.",
			[]string{"disableLocalAuth is true, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"Local Authorization is disabled"),
		row(cosmos, "The firewall of the Cosmos DB account refused the client's address.",
			append(firewall("the account"), "less often: the key or token does not allow the operation"),
			[]string{"az cosmosdb show -g GROUP -n ACCOUNT --query '[publicNetworkAccess,ipRules,virtualNetworkRules]'", egress},
			"check your authorization token and Cosmos DB account firewall settings", "blocked by your Cosmos DB account firewall settings"),
		row(ai, "The Azure AI service knows the identity, which has no role for this.",
			[]string{
				"it has no role with data actions, such as Cognitive Services OpenAI User or Azure AI User", "the role was assigned a moment ago",
			},
			[]string{doctor, "az role assignment list --assignee IDENTITY --scope ACCOUNT-ID --include-inherited"},
			"lacks the required data action"),
		row(bus, "Service Bus or Event Hubs knows the client, which has no right to do this.",
			[]string{
				"the identity lacks a data role: Azure Service Bus Data Receiver or Sender, Azure Event Hubs Data Receiver or Sender",
				"the shared access policy in the connection string does not contain Listen or Send",
			},
			[]string{doctor, "az role assignment create --assignee IDENTITY --role 'Azure Service Bus Data Receiver' --scope NAMESPACE-ID"},
			"claim(s) are required to perform this operation"),
		row(bus, "Local (SAS) authentication is disabled for the Service Bus or Event Hubs namespace: it accepts tokens of Entra ID only.",
			[]string{"disableLocalAuth is true, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"LocalAuthDisabled", "SAS authentication has been disabled"),
		row(bus, "The firewall of the Service Bus or Event Hubs namespace refused the client's address.", firewall("the namespace"),
			[]string{"az servicebus namespace network-rule-set list -g GROUP --namespace-name NAME", egress},
			"Ip has been prevented to connect to the endpoint"),
	}
}
