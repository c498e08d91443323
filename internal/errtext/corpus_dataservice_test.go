package errtext

// dataServiceSamples are answers of databases, caches, storage accounts and queues, as their documentation or people quote them.
func dataServiceSamples() []sample {
	return of(
		DataService,
		`Get "https://kv-{pod}.privatelink.vaultcore.azure.net/secrets": x509: certificate is valid for *.vault.azure.net, not kv-{pod}.privatelink.vaultcore.azure.net`,
		`FATAL:  no pg_hba.conf entry for host "203.0.113.9", user "app", database "postgres", no encryption`,
		`FATAL: no pg_hba.conf entry for host "203.0.113.9", user "app", database "postgres", SSL off`,
		`FATAL:  no pg_hba.conf entry for host "203.0.113.9", user "app", database "postgres", SSL encryption`,
		`FATAL: The access token does not have a valid audience claim.`,
		`FATAL:  The access token has invalid format.`+
			`connection to server failed: FATAL:  no pg_hba.conf entry for host "203.0.113.9", user "app" database "postgres", no encryption`,
		`java.sql.SQLException: Azure AD access token is not valid for user 'app' with OID '{pod}'.`,
		`Public access is not permitted on this storage account. ErrorCode: PublicAccessNotPermitted`,
		`The principal {pod} lacks the required data action Microsoft.CognitiveServices/accounts/AIServices/agents/read to perform GET /api/x`,
		`pq: password authentication failed for user "app"`,
		`FATAL: Service Principals cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role[app]`,
		`FATAL: Azure AD user token for role[app] is neither an AAD_AUTH_TOKENTYPE_APP_USER or an AAD_AUTH_TOKENTYPE_APP_OBO token.`,
		`pq: Service Principal oid mismatch for role[app].`,
		`status-description: LocalAuthDisabled: Authorization failed because SAS authentication has been disabled for the namespace.`,
		`psycopg2.OperationalError: FATAL: role "app" does not exist`,
		`ERROR 1045 (28000): Access denied for user 'app'@'203.0.113.9' (using password: YES)`,
		`Client with IP address '203.0.113.9' is not allowed to connect to this MySQL server.`,
		`ERROR 3159 (HY000): Connections using insecure transport are prohibited while --require_secure_transport=ON.`,
		`Cannot open server 'shop' requested by the login. Client with IP address '203.0.113.9' is not allowed to access the server.`,
		`Reason: An instance-specific error occurred while establishing a connection. Connection was denied since Deny Public Network Access is set to Yes`,
		`Login failed for user '<token-identified principal>'.`,
		`mssql: login error: Login failed for user 'app'.`,
		`redis.exceptions.AuthenticationError: invalid username-password pair`,
		`ReplyError: WRONGPASS invalid username-password pair or user is disabled.`,
		`NOAUTH Authentication required.`,
		`403 This request is not authorized to perform this operation using this permission. ErrorCode:AuthorizationPermissionMismatch`,
		`RESPONSE 403: 403 This request is not authorized to perform this operation. ERROR CODE: AuthorizationFailure`,
		`Key based authentication is not permitted on this storage account. ErrorCode: KeyBasedAuthenticationNotPermitted`,
		`Request blocked by Auth shop : Request is blocked because principal [{pod}] does not have required RBAC permissions to perform action [Microsoft.DocumentDB/databaseAccounts/readMetadata]`,
		`Local Authorization is disabled. Use an AAD token to authorize all requests.`,
		`Request is blocked. Please check your authorization token and Cosmos DB account firewall settings.`,
		`Request originated from IP 203.0.113.9 through public internet. This is blocked by your Cosmos DB account firewall settings.`,
		`Unauthorized access. 'Listen' claim(s) are required to perform this operation.`,
		`Ip has been prevented to connect to the endpoint.`,
	)
}
