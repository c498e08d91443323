package errtext

// mysqlRules are what MySQL servers of Azure answer, through any driver.
func mysqlRules() []rule {
	const (
		mysql   = "https://learn.microsoft.com/azure/mysql/flexible-server/how-to-troubleshoot-common-connection-issues"
		entra   = "https://learn.microsoft.com/azure/mysql/flexible-server/how-to-azure-ad"
		errors  = "https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html"
		clients = "https://dev.mysql.com/doc/refman/8.0/en/common-errors.html"
		clear   = "https://dev.mysql.com/doc/refman/8.0/en/cleartext-pluggable-authentication.html"
		limits  = "https://learn.microsoft.com/azure/mysql/flexible-server/concepts-server-parameters"
		sha2    = "https://dev.mysql.com/doc/refman/8.0/en/caching-sha2-pluggable-authentication.html"
	)
	row := rowOf(DataService)
	show := "az mysql flexible-server show -g GROUP -n SERVER --query '{state:state,network:network}'"
	return []rule{
		row(clear, "The client must send the token of Entra ID in clear text, within TLS, and the driver's option for that is off.",
			[]string{"a user for an identity signs in by mysql_clear_password: drivers allow that only on request"},
			[]string{
				"mysql --enable-cleartext-plugin; Go: allowCleartextPasswords=true; JDBC: authenticationPlugins=...MysqlClearPasswordPlugin",
				"use TLS: the token is a password",
			},
			"mysql_clear_password", "requires clear text authentication", "cleartext password", "allowCleartextPasswords"),
		row(entra, "Entra sign-in is not set up at the MySQL server, or the user who creates users is not its Entra administrator.",
			[]string{
				"the server has no Entra administrator, or no identity to look users up with",
				"CREATE AADUSER was run in a session of a MySQL user: only an Entra administrator's can",
			},
			[]string{
				"az mysql flexible-server ad-admin list -g GROUP -s SERVER", "az mysql flexible-server identity list -g GROUP -s SERVER",
			},
			"aad_auth is not loaded", "Plugin aad_auth", "aad_auth_only", "AAD authentication is not enabled", "CREATE AADUSER",
			"AADUSER … denied", "server identity … not configured", "aad_auth_validate_oids_in_tenant"),
		row(mysql, "MySQL was reached and refused the user or password.",
			[]string{
				"the password is wrong or was changed: the Secret holds the old one",
				"the user does not exist, or has another name: only single servers wanted user@server",
				"with workload identity: the token has expired, or no user was created for the identity",
			},
			[]string{doctorCommand},
			"Access denied for user"),
		row(mysql, "The MySQL user was created for another identity than the one that signed in.",
			[]string{
				"the user was created with the client ID of another identity", "the identity was deleted and created again: it has new IDs",
				"a member of a group must sign in with the group's name",
			},
			[]string{"az identity show -g GROUP -n IDENTITY --query clientId", "DROP USER and CREATE AADUSER 'NAME' IDENTIFIED BY 'CLIENT-ID'"},
			"access token is not valid for user"),
		row(mysql, "MySQL does not accept connections from the client's address.", closedTo("the server"),
			[]string{"az mysql flexible-server firewall-rule list -g GROUP -n SERVER", egressCommand},
			"is not allowed to connect to this MySQL server"),
		row(mysql, "MySQL refused a connection without TLS: Azure's servers require it.",
			[]string{"the connection string does not ask for TLS"}, []string{"set the driver's option for TLS, such as sslMode=REQUIRED"},
			"Connections using insecure transport are prohibited"),
		row(entra, "MySQL did not accept the token of Entra ID that it got as the password.",
			[]string{
				"it has expired: a token lives about an hour, and a pool that connects later needs a new one",
				"it is for another service, or was cut off", "the user was created for another identity",
			},
			[]string{
				"let the driver fetch a token for each new connection, with the scope https://ossrdbms-aad.database.windows.net/.default",
				doctorCommand,
			},
			"Azure AD access token", "AAD access token … mysql", "Entra … token … mysql"),
		row(limits, "MySQL has no connection left: all that it allows are in use.",
			[]string{
				"the pools of all pods together are larger than max_connections", "connections leak, or idle ones are kept",
				"the server's size is small: max_connections depends on it",
			},
			[]string{
				"SHOW PROCESSLIST;", "az mysql flexible-server parameter show -g GROUP -s SERVER -n max_connections",
			},
			append(numbers("1040"), "OperationalError: (1040,", "08004 … Too many connections", "Too many connections … mysql",
				"mysql … Too many connections",
				"max_user_connections", "ER_CON_COUNT_ERROR")...),
		row(errors, "MySQL blocks the client's address after too many connections that were not completed.",
			[]string{"health probes or scanners connect without signing in", "TLS or network errors cut connections at their start"},
			[]string{"restart the server, or raise max_connect_errors", "let probes sign in, or not touch port 3306"},
			"is blocked because of many connection errors"),
		row(errors, "MySQL has no database of that name.",
			[]string{"the connection names another database, or it was not created yet", "upper and lower case differ"},
			[]string{"az mysql flexible-server db list -g GROUP -s SERVER -o table", doctorCommand},
			"Unknown database"),
		row(sha2, "The driver does not know, or does not allow, the way in which the MySQL server checks passwords.",
			[]string{
				"an old driver and caching_sha2_password, the default of MySQL 8",
				"the connection is not TLS, and the server's public key is not requested",
			},
			[]string{"update the driver", "use TLS; JDBC without TLS: allowPublicKeyRetrieval=true"},
			"Client does not support authentication protocol", "caching_sha2_password", "Public Key Retrieval is not allowed",
			"this authentication plugin is not supported", "sha256_password … could not be loaded",
			"Authentication requires secure connection",
			"mysql_native_password … not loaded", "Authentication plugin … cannot be loaded"),
		row(clients, "MySQL takes no writes on this connection.",
			[]string{"it is a read replica", "the storage is full: Azure makes the server read-only then", "the parameter read_only is on"},
			[]string{show, "az monitor metrics list --resource SERVER-ID --metric storage_percent"},
			"running with the --read-only option", "running with the --super-read-only option"),
		row(mysql, "TLS between the client and MySQL failed.",
			[]string{
				"the driver offers TLS 1.0 or 1.1 only: Azure's servers need 1.2",
				"the file of authorities is missing or old: Azure's servers changed their root",
				"a proxy in between",
			},
			[]string{
				"use DigiCert Global Root G2 as the authority",
				"az mysql flexible-server parameter show -g GROUP -s SERVER -n tls_version",
			},
			append(numbers("2026"), "SSL connection error", "OperationalError: (2026,", "TLS requested but server does not support TLS",
				"mysql … SSLHandshakeException")...),
		row(mysql, "The connection to MySQL was cut before or while the client signed in.",
			[]string{
				"a firewall or proxy in between closes it", "the server restarts or is overloaded", "the client was idle longer than wait_timeout",
			},
			[]string{show, doctorCommand},
			append(numbers("2013"), "reading initial communication packet", "reading authorization packet", "MySQL server has gone away",
				"Lost connection to MySQL server", "driver: bad connection", "invalid connection … mysql")...),
		row(mysql, "The client got no connection to MySQL, or none in time.",
			[]string{
				"the server is stopped", "a firewall, NetworkPolicy, DNS or route in between", "the server's name or port is wrong",
			},
			[]string{show, doctorCommand, "kubectl insideout --to SERVER.mysql.database.azure.com:3306"},
			append(numbers("2002", "2003"), "Communications link failure", "Can't connect to MySQL server", "Unknown MySQL server host",
				"Unable to connect to any of the specified MySQL hosts", "CommunicationsException … mysql")...),
	}
}
