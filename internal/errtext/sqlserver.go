package errtext

// sqlServerRules are what Azure SQL answers, through SqlClient, JDBC, ODBC and others, and what these drivers report themselves.
func sqlServerRules() []rule {
	const (
		sql     = "https://learn.microsoft.com/azure/azure-sql/database/troubleshoot-common-errors-issues"
		entra   = "https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-configure"
		users   = "https://learn.microsoft.com/azure/azure-sql/database/authentication-aad-service-principal"
		only    = "https://learn.microsoft.com/azure/azure-sql/database/authentication-azure-ad-only-authentication"
		drivers = "https://learn.microsoft.com/sql/connect/ado-net/sql/azure-active-directory-authentication"
		jdbc    = "https://learn.microsoft.com/sql/connect/jdbc/connecting-using-azure-active-directory-authentication"
		limits  = "https://learn.microsoft.com/azure/azure-sql/database/resource-limits-logical-server"
		odbc    = "https://learn.microsoft.com/sql/connect/odbc/linux-mac/installing-the-microsoft-odbc-driver-for-sql-server"
		ports   = "https://learn.microsoft.com/azure/azure-sql/database/connectivity-architecture"
		tls     = "https://learn.microsoft.com/troubleshoot/sql/database-engine/connect/error-message-when-you-use-ssl"
	)
	row := rowOf(DataService)
	status := "az sql db show -g GROUP -s SERVER -n DATABASE --query '{status:status,size:currentServiceObjectiveName}'"
	return []rule{
		row(sql, "Azure SQL does not accept connections from the subnet or address of the client.", closedTo("the server"),
			[]string{
				"az sql server vnet-rule list -g GROUP -s SERVER", "az sql server firewall-rule list -g GROUP -s SERVER", egressCommand,
			},
			append(numbers("40914", "40615", "40615"), "Client is not allowed to access the server")...),
		row(only, "Azure SQL takes no SQL logins: only sign-ins of Entra ID are allowed at the server.",
			[]string{"Microsoft Entra-only authentication is on, and the connection uses a user and password"},
			[]string{"az sql server ad-only-auth get -g GROUP -n SERVER", "make the connection with workload identity"},
			"Azure Active Directory only authentication is enabled", "Microsoft Entra-only authentication is enabled",
			"only authentication is enabled. Please contact"),
		row(sql, "Azure SQL does not accept connections from the client's address.", closedTo("the server"),
			[]string{"az sql server firewall-rule list -g GROUP -s SERVER", egressCommand},
			"Client with IP address … is not allowed to access the server", "Deny Public Network Access is set to Yes"),
		row(sql, "Azure SQL took the token and does not know its identity as a user of the database.",
			[]string{
				"no user was created for the identity: CREATE USER [NAME] FROM EXTERNAL PROVIDER",
				"the connection names another database, in which the user does not exist",
				"if it happens now and then: the database was moved or scaled. Try again",
			},
			[]string{doctorCommand, "az sql server ad-admin list -g GROUP -s SERVER"},
			"Login failed for user '<token-identified principal>'"),
		row(drivers, "Azure SQL got a login without a user: neither a name and password nor a token that it could use.",
			[]string{
				"the connection string has no User ID and no Authentication=, or its variable is empty",
				"the app got no token, or does not pass it on",
				"integrated (Windows) authentication is set, which pods do not have",
			},
			[]string{"use Authentication=Active Directory Default and User Id=CLIENT-ID, or Managed Identity", doctorCommand},
			"Login failed for user ''.", "Login failed for user NT AUTHORITY"),
		row(sql, "Azure SQL was reached and refused the user or password.",
			[]string{"the password is wrong or was changed: the Secret holds the old one", "the user does not exist in that database"},
			[]string{doctorCommand},
			"Login failed for user"),
		row(users, "Azure SQL does not find the identity in its directory, or finds several of that name.",
			[]string{
				"the name is not exactly the identity's display name, or two have the same one",
				"the server's own identity lacks the role Directory Readers: it is needed if a service principal creates the user",
				"the identity is of another tenant",
			},
			[]string{
				"CREATE USER [NAME] FROM EXTERNAL PROVIDER WITH OBJECT_ID = 'OBJECT-ID'",
				"az identity show -g GROUP -n IDENTITY --query principalId",
				"az sql server show -g GROUP -n SERVER --query identity",
			},
			append(numbers("33134", "33130", "33131", "37353"), "could not be resolved. Error message", "Principal … could not be resolved",
				"Principal … could not be found or this principal type", "duplicate display name", "Server identity is not configured",
				"Server identity does not have")...),
		row(entra, "A user for an identity can be created only in a session that is itself signed in by Entra ID.",
			[]string{"CREATE USER ... FROM EXTERNAL PROVIDER was run as a SQL login, such as the server's administrator"},
			[]string{"az sql server ad-admin list -g GROUP -s SERVER", "sign in as that administrator: sqlcmd -G"},
			append(numbers("33159"), "Only connections established with Active Directory accounts can create")...),
		row(sql, "Azure SQL has no such database for this login: it does not exist, or the login has no user in it.",
			[]string{"the name is wrong, or no database is named and master is meant", "no user was created in that database"},
			[]string{"az sql db list -g GROUP -s SERVER -o table", doctorCommand},
			append(numbers("4060", "4060"), "Cannot open database … requested by the login", "is not able to access the database")...),
		row(sql, "Azure SQL did not let the login open the server: its name in the login is wrong, or the account is disabled.",
			[]string{
				"the server in the connection is another than that of the user: user@server must name the right one",
				"the login is disabled",
			},
			[]string{doctorCommand, "az sql server show -g GROUP -n SERVER --query fullyQualifiedDomainName"},
			"Cannot open server"),
		row(sql, "The database does not answer at this moment: it is paused, is being moved or scaled, or restarts.",
			[]string{
				"a serverless database was paused and resumes, which takes about a minute", "maintenance or a failover, which takes seconds",
			},
			[]string{status, "let the app try again: these errors are transient"},
			append(numbers("40613", "40197", "40540"), "is not currently available. Please retry",
				"error processing your request. Please try again. Error code", "Cannot process request. Not enough resources",
				"Database … is paused", "The service is currently busy")...),
		row(limits, "Azure SQL refuses more sessions or requests: the limit of the database's size or elastic pool is reached.",
			[]string{"pools of all pods together are too large, or connections leak", "long queries or blocking hold the workers"},
			[]string{status, "select count(*) from sys.dm_exec_sessions where is_user_process = 1"},
			append(numbers("10928", "10929", "40501", "40544"), "request limit for the database is", "session limit for the database is",
				"has reached its size quota")...),
		row(sql, "Azure SQL accepted the sign-in, and the user has no permission for this object.",
			[]string{"no role or grant was given to the user of the identity"},
			[]string{
				"ALTER ROLE db_datareader ADD MEMBER [NAME]; ALTER ROLE db_datawriter ADD MEMBER [NAME]",
				"GRANT EXECUTE TO [NAME], for procedures",
			},
			"permission was denied on the object", "permission denied in database", "VIEW DATABASE STATE permission", "CREATE TABLE permission"),
		row(drivers, "The connection string of the driver gives two ways to sign in, or one that this driver does not have.",
			[]string{
				"an access token or credential is set besides Authentication=, User ID or Password",
				"System.Data.SqlClient has no Authentication=Active Directory Default: Microsoft.Data.SqlClient has",
			},
			[]string{"use Microsoft.Data.SqlClient with Authentication=Active Directory Default or Managed Identity, and User Id=CLIENT-ID only"},
			"Cannot set the AccessToken property", "Cannot set the Credential property", "Cannot find an authentication provider for",
			"Keyword not supported: authentication", "Invalid value for key authentication", "Cannot use Access Token with",
			"Cannot use Authentication=", "Invalid connection string attribute … Authentication"),
		row(drivers, "The driver itself got no token of Entra ID for Azure SQL. The database was not reached yet.",
			[]string{
				"the pod has no injected token: the label azure.workload.identity/use: \"true\" is not on the pod template",
				"Authentication=Active Directory Managed Identity needs User Id=CLIENT-ID, and an old driver does not know workload identity",
				"a library of the driver is missing, such as msal4j or azure-identity for JDBC",
			},
			[]string{doctorCommand, "use Active Directory Default with a new driver"},
			"Failed to authenticate the user … in Active Directory", "Authentication=ActiveDirectory", "Failed to load MSAL4J",
			"Failed to load ADAL4J", "Unable to acquire token … ActiveDirectory", "Error code 0xCAA", "FA004", "azure-identity … SQLServer",
			"MSISecurityToken", "Failed to acquire access token … SQL"),
		row(odbc, "The ODBC driver that the connection string names is not installed in the image.",
			[]string{"msodbcsql is missing, or of another version than the name in Driver={...}"},
			[]string{"install msodbcsql18 in the image, or name the installed one: odbcinst -q -d"},
			"Can't open lib ODBC Driver", "Data source name not found", "Can't open lib … libmsodbcsql", "no default driver specified"),
		row(tls, "TLS between the driver and Azure SQL failed, or the certificate was not trusted.",
			[]string{
				"the server is addressed by another name than its certificate has, such as its privatelink name or an IP address",
				"a proxy or firewall in between closes or inspects the connection", "the image lacks authorities, or has an old TLS",
			},
			[]string{
				"use SERVER.database.windows.net as the name, with Encrypt=true and without TrustServerCertificate",
				"kubectl insideout --to SERVER.database.windows.net:1433",
			},
			"could not establish a secure connection to SQL Server", "certificate chain was issued by an authority that is not trusted",
			"SSL Provider, error", "SSL Provider: ", "target principal name is incorrect"),
		row(ports, "The connection to Azure SQL was opened, and the sign-in then got no answer or was cut.",
			[]string{
				"a firewall or proxy allows port 1433 only: inside Azure, clients are redirected to ports 11000 to 11999",
				"the database resumes, is overloaded, or a failover runs", "the server's firewall closes connections of this address",
			},
			[]string{
				"allow 11000-11999 to the tag Sql, or az sql server conn-policy update -g GROUP -s SERVER --connection-type Proxy",
				status, doctorCommand,
			},
			"pre-login handshake", "error occurred during the login process", "error occurred during the pre-login", "post-login phase",
			"Connection Timeout Expired"),
		row(ports, "The client got no connection to the SQL server, or none in time.",
			[]string{
				"a firewall, NetworkPolicy, DNS or route in between: ports 1433, and 11000 to 11999 inside Azure",
				"the server's name is wrong, or its public access is off and the name resolves to the public address",
			},
			[]string{doctorCommand, "kubectl insideout --to SERVER.database.windows.net:1433"},
			"network-related or instance-specific error", "The TCP/IP connection to the host … port 1433", "Login timeout expired",
			"TCP Provider, error", "TCP Provider: ", "Unable to connect: Adaptive Server is unavailable", "Failed to connect to … 1433",
			"server was not found or was not accessible", "unable to open tcp connection with host"),
		row(sql, "A query took longer than the client waits, or the pool of the app had no connection left.",
			[]string{"connections are not closed, or the pool is too small", "queries block each other, or the database's size is too small"},
			[]string{status, "select * from sys.dm_exec_requests where blocking_session_id <> 0"},
			"prior to obtaining a connection from the pool", "Execution Timeout Expired", "Win32Exception (258)"),
	}
}
