package errtext

// postgresRules are what PostgreSQL servers of Azure answer, through any driver.
func postgresRules() []rule {
	const (
		users  = "https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-manage-azure-ad-users"
		fire   = "https://learn.microsoft.com/azure/postgresql/flexible-server/security-firewall-rules"
		pool   = "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-pgbouncer"
		limits = "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-limits"
		extend = "https://learn.microsoft.com/azure/postgresql/extensions/how-to-allow-extensions"
		secure = "https://learn.microsoft.com/azure/postgresql/flexible-server/how-to-connect-tls-ssl"
		errors = "https://www.postgresql.org/docs/current/errcodes-appendix.html"
		grants = "https://www.postgresql.org/docs/current/ddl-priv.html"
		state  = "https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-high-availability"
	)
	row := rowOf(DataService)
	show := "az postgres flexible-server show -g GROUP -n SERVER --query '{state:state,ha:highAvailability.state,network:network}'"
	identity := "az identity show -g GROUP -n IDENTITY --query '{object:principalId,client:clientId,tenant:tenantId}'"
	return []rule{
		row("https://learn.microsoft.com/azure/private-link/private-endpoint-dns",
			"The service was asked by its privatelink name, which its certificate does not have.",
			[]string{"the app is configured with the name in the private zone: it is only what the public name leads to"},
			[]string{
				"use the service's public name, without privatelink: inside the network, private DNS leads it to the private endpoint",
			},
			"certificate is valid for … not … .privatelink."),
		row(users, "PostgreSQL does not find the identity in its tenant, so that no role can be created for it.",
			[]string{
				"the name is not exactly the display name of the identity, user, group or application",
				"the identity was deleted, was created again, or is of another tenant than the server",
				"the client ID was given where the object ID (principal ID) is needed",
			},
			[]string{
				identity, "select * from pgaadauth_create_principal_with_oid('ROLE', 'OBJECT-ID', 'service', false, false);",
			},
			"Could not validate AAD user", "Could not validate Entra user", "is not found in the tenant",
			"pgaadauth … not found", "role pg_aad … not found"),
		row(users, "The functions that create roles for identities do not exist in this database, or Entra sign-in is off at the server.",
			[]string{
				"they exist in the database postgres only: connect to that one",
				"Microsoft Entra authentication is not enabled at the server", "the session is not that of an Entra administrator",
			},
			[]string{
				"az postgres flexible-server show -g GROUP -n SERVER --query authConfig",
				"connect to the database postgres as an Entra administrator",
			},
			"function pgaadauth_", "permission denied for function pgaadauth", "Only AAD administrators", "is not an Azure AD administrator",
			"Microsoft Entra authentication is not enabled", "Azure AD authentication is not enabled", "role azure_ad_user does not exist"),
		row(users, "PostgreSQL got a token of Entra ID as the password. The token is for another service.",
			[]string{"the app asks for the wrong scope", "a library keeps a token that it got for another service"},
			[]string{"ask for the scope https://ossrdbms-aad.database.windows.net/.default"},
			"access token does not have a valid audience claim"),
		row(users, "PostgreSQL expects a token of Entra ID as the password, and what it got is not a whole token.",
			[]string{"quotes, braces or a line break came with it", "it was cut off: some programs limit the length of a password"},
			[]string{"az account get-access-token --resource-type oss-rdbms --query accessToken -o tsv, for a try as yourself"},
			"access token has invalid format"),
		row(fire, "PostgreSQL refused a connection without TLS: Azure's servers require it.",
			[]string{"the connection string lacks sslmode=require", "require_secure_transport is on, and the driver does not use TLS"},
			[]string{"set sslmode=require, or the driver's option for TLS"},
			"no pg_hba.conf entry for … no encryption", "no pg_hba.conf entry for … SSL off",
			"pg_hba.conf rejects connection for … no encryption", "pg_hba.conf rejects connection for … SSL off"),
		row(fire, "PostgreSQL does not accept connections from the client's address.", closedTo("the server"),
			[]string{"az postgres flexible-server firewall-rule list -g GROUP -n SERVER", egressCommand},
			"no pg_hba.conf entry for", "pg_hba.conf rejects connection for"),
		row(users, "PostgreSQL was reached and refused the user or password.",
			[]string{
				"the password is wrong or was changed: the Secret holds the old one",
				"with workload identity: the token has expired or was not sent as the password, no user was created for the identity, or the " +
					"user's name is not the database role's, such as a client ID",
			},
			[]string{doctorCommand, "az postgres flexible-server microsoft-entra-admin list -g GROUP -s SERVER"},
			"password authentication failed for user", "is not permitted to log in", "username should be in <username@hostname>",
			"FATAL: role … does not exist"),
		row(users, "The PostgreSQL role and the token are of different kinds: one of a user, one of a service principal or identity.",
			[]string{
				"the role was created for the wrong type of principal, or the name is that of another principal's role",
				"the app signed in as a developer (az login), not with the identity of its pod",
			},
			[]string{
				"select * from pgaadauth_list_principals(false) shows the type and the object ID of each role", doctorCommand,
			},
			"cannot generate AAD_AUTH_TOKENTYPE"),
		row(users, "The PostgreSQL role is mapped to a user, and an identity signed in.",
			[]string{"the role was created by a name that a user of the tenant has too, or for the wrong type of principal"},
			[]string{
				`map it in place: SECURITY LABEL FOR "pgaadauth" ON ROLE "ROLE" IS 'aadauth,oid=OBJECT-ID,type=service'`,
				"az identity show -g GROUP -n IDENTITY --query principalId",
			},
			"is neither an AAD_AUTH_TOKENTYPE_APP_USER"),
		row(users, "The PostgreSQL role is mapped to an object ID other than that of the identity.",
			[]string{
				"the identity was deleted and created again: it has a new object ID (principal ID)",
				"the role was created with the client ID in place of the object ID",
			},
			[]string{
				`map it in place: SECURITY LABEL FOR "pgaadauth" ON ROLE "ROLE" IS 'aadauth,oid=OBJECT-ID,type=service'`,
				"az identity show -g GROUP -n IDENTITY --query principalId",
			},
			"oid mismatch for role"),
		row(users, "PostgreSQL did not accept the token of Entra ID that it got as the password.",
			[]string{
				"it has expired: a token lives about an hour, and a pool that connects later needs a new one",
				"the user name is not the role that was created for the identity", "it is for another service, or damaged",
			},
			[]string{
				"let the driver fetch a token for each new connection, with the scope https://ossrdbms-aad.database.windows.net/.default",
				doctorCommand,
			},
			"FATAL: … access token", "FATAL: … Azure AD … token", "Azure AD access token … postgres", "AAD_AUTH_TOKENTYPE",
			"postgres … access token … expired"),
		row(limits, "PostgreSQL has no connection left: all that it allows are in use.",
			[]string{
				"the pools of all pods together are larger than max_connections", "connections leak, or idle ones are kept",
				"the server's size is small: max_connections depends on its memory",
			},
			[]string{
				"select usename, state, count(*) from pg_stat_activity group by 1, 2;",
				"az postgres flexible-server parameter show -g GROUP -s SERVER -n max_connections", "use smaller pools, or PgBouncer on port 6432",
			},
			append(numbers("53300"), "sorry, too many clients already", "remaining connection slots are reserved",
				"too many connections for role", "too many connections for database")...),
		row(pool, "PgBouncer in front of PostgreSQL refused or delayed the connection.",
			[]string{
				"more clients than max_client_conn, or no server connection was free in time (query_wait_timeout)",
				"it cannot sign in at the server itself: the server is down, or the user's password changed",
				"the client needs something that pooling by transaction does not have: prepared statements, or a startup parameter",
			},
			[]string{
				"az postgres flexible-server parameter list -g GROUP -s SERVER --query \"[?contains(name,'pgbouncer')].{n:name,v:value}\"",
				"connect to port 5432 to compare", "switch off prepared statements in the driver, or ignore_startup_parameters",
			},
			"no more connections allowed (max_client_conn)", "query_wait_timeout", "server_login_retry", "server login has been failing",
			"unsupported startup parameter", "pgbouncer cannot connect to server", "prepared statement … does not exist",
			"prepared statement … already exists", "client_login_timeout", "bouncer config error"),
		row(state, "PostgreSQL is starting, stopping, or switched over to its standby. Connections were cut or refused by it.",
			[]string{"maintenance, a failover, a restart or scaling", "the server is stopped"},
			[]string{show, "let the app connect again: try again some seconds later"},
			append(numbers("57P01", "57P03"), "the database system is starting up", "the database system is shutting down",
				"the database system is in recovery", "the database system is not yet accepting connections",
				"terminating connection due to administrator command", "terminating connection because of crash of another server process")...),
		row(state, "PostgreSQL takes no writes on this connection.",
			[]string{
				"it is a read replica or a standby: the name is that of the replica",
				"the disk is nearly full: Azure makes the server read-only then",
			},
			[]string{show, "az monitor metrics list --resource SERVER-ID --metric storage_percent"},
			append(numbers("25006"), "in a read-only transaction")...),
		row(state, "The connection to PostgreSQL was cut by the server, or by something in between.",
			[]string{
				"it was idle, and a firewall or load balancer in between forgot it: Azure's after 4 minutes by default",
				"the server restarted or failed over, or ran out of memory", "the app took a connection of its pool that was closed long ago",
			},
			[]string{
				show, "set keepalives (keepalives_idle=30), and let the pool test connections before it gives them out",
			},
			"server closed the connection unexpectedly", "SSL SYSCALL error", "SSL connection has been closed unexpectedly",
			"could not receive data from server", "An I/O error occurred while sending to the backend", "Exception while reading from stream",
			"This connection has been closed", "Connection terminated unexpectedly", "terminating connection due to idle",
			"connection to client lost", "connection was closed in the middle of operation"),
		row(errors, "PostgreSQL has no database of that name.",
			[]string{"the connection names another database, or it was not created yet", "upper and lower case differ"},
			[]string{"az postgres flexible-server db list -g GROUP -s SERVER -o table", doctorCommand},
			append(numbers("3D000"), "FATAL: database … does not exist")...),
		row(grants, "PostgreSQL accepted the sign-in, and the role has no permission for this object.",
			[]string{
				"nothing was granted to the role that was created for the identity", "the tables belong to another role, such as the administrator",
				"since PostgreSQL 15, only a database's owner can create objects in the schema public",
			},
			[]string{
				"GRANT USAGE, CREATE ON SCHEMA public TO \"ROLE\";",
				"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \"ROLE\";",
			},
			append(numbers("42501"), "permission denied for table", "permission denied for schema", "permission denied for relation",
				"permission denied for database", "permission denied for sequence", "must be owner of", "permission denied to create")...),
		row(extend, "Azure's PostgreSQL does not allow this extension until it is added to the server's list.",
			[]string{"the parameter azure.extensions does not contain it", "some must be in shared_preload_libraries too"},
			[]string{"az postgres flexible-server parameter set -g GROUP -s SERVER -n azure.extensions -v NAME,NAME"},
			"is not allow-listed for", "extension … is not allow-listed", "is not allowlisted for"),
		row(secure, "The client does not trust the certificate of PostgreSQL, or has no file with the authorities to trust.",
			[]string{
				"sslmode=verify-full or verify-ca without sslrootcert, or with an old file: Azure's servers changed their root",
				"a proxy in between presents its own certificate", "the server is addressed by an IP address or another name",
			},
			[]string{"use DigiCert Global Root G2 and Microsoft RSA Root CA 2017 as sslrootcert, or sslrootcert=system"},
			"root certificate file … does not exist", "server certificate for … does not match host name",
			"postgres … CERTIFICATE_VERIFY_FAILED",
			"SSL error: certificate verify failed", "connection requires a valid client certificate"),
		row(secure, "The client wants TLS, and what answers on that address and port does not offer it.",
			[]string{"it is not Azure's server: a PostgreSQL in the cluster, a local proxy or a test", "the port is wrong"},
			[]string{doctorCommand, "for a server without TLS of your own: sslmode=disable"},
			"server does not support SSL, but SSL was required", "The server does not support SSL", "SSL is not enabled on the server",
			"server refused TLS connection", "server refused SSL connection"),
		row(errors, "The client has no password to send, or one that is not text.",
			[]string{
				"the variable with the password, or the connection string, is empty: the Secret lacks the key, or is not mounted",
				"with workload identity: nothing fetches a token and gives it to the driver",
			},
			[]string{doctorCommand, "kubectl exec POD -- printenv | grep -i -e PG -e POSTGRES"},
			"fe_sendauth: no password supplied", "no password supplied", "client password must be a string", "empty password returned by client",
			"No password has been provided but the backend requires one", "but no password was provided", "password was not provided"),
		row(errors, "The driver is too old for the way in which PostgreSQL checks passwords (SCRAM).",
			[]string{"libpq before 10, or a JDBC, Npgsql or other driver from before SCRAM-SHA-256"}, []string{"update the driver or the image"},
			"authentication type 10 is not supported", "SCRAM authentication requires libpq version 10", "unknown authentication type 10",
			"Unknown auth type 10", "authentication method 10 not supported"),
	}
}
