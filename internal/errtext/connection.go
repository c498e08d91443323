package errtext

// connectionRules are what az refuses before or while it creates a connection: az aks connection, az webapp connection and their like.
func connectionRules() []rule {
	const (
		create   = "https://learn.microsoft.com/cli/azure/aks/connection/create"
		frontEnd = "https://learn.microsoft.com/azure/service-connector/how-to-troubleshoot-front-end-error"
		validate = "https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/serviceconnector/_validators.py"
		free     = "https://github.com/Azure/azure-cli-extensions/tree/main/src/serviceconnector-passwordless"
	)
	row := rowOf(Connector)
	help := "az aks connection create TARGET --help"
	return []rule{
		row(validate, "The name of the connection is not allowed: it has letters, digits, dots and underscores only, and no hyphen.",
			[]string{"the name after --connection contains a hyphen or another character, or is longer than 60"},
			[]string{"use another name: --connection my_connection"},
			"Resource name can only contain letters", "Connection name of … can not end with", "Code=InvalidResourceName … servicelinker",
			"linker name is invalid", "InvalidLinkerName"),
		row(validate, "An ID that was given to az is not one of a resource, or not of the kind that this command needs.",
			[]string{
				"the ID is cut off, or ends at the server where a database is needed, as in .../databases/NAME",
				"the command is for another kind of target or source: az aks connection create TARGET",
			},
			[]string{"az resource show --ids ID --query type", help},
			"Unsupported source resource id", "Target resource id is invalid", "Resource id is invalid:", "Unsupported resource id:",
			"Target id pattern should be", "Source id pattern should be", "Invalid user identity resource ID for workload identity",
			"Connection id is invalid:", "InvalidResourceId", "InvalidTargetResourceId"),
		row(create, "A parameter that the connection needs was not given, or is empty.",
			[]string{"the command wants the target by its ID or by group, server and database", "the sign-in of the connection was not given"},
			[]string{help},
			"should not be blank", "Either --connection or --id", "Provide --mysql-identity-id",
			"the following arguments are required: --target",
			"the following arguments are required: --connection"),
		row("https://learn.microsoft.com/azure/service-connector/overview#what-services-are-supported-by-service-connector",
			"Service Connector has no such combination of source, target, sign-in and client type.",
			[]string{
				"on AKS, the sign-ins are workload identity, service principal, and secret or connection string: system identities do not exist there",
				"the target does not support that sign-in, or the client type has no library for it",
			},
			[]string{"az aks connection list-support-types -o table", "repeat with --workload-identity IDENTITY-ID, and --client-type none"},
			"auth type … is not supported", "AuthTypeNotSupported", "Unsupported auth type", "client type … is not supported",
			"ClientTypeNotSupported", "not supported for source type", "Unsupported combination", "AuthType … not supported for target",
			"unrecognized arguments: --system-identity", "unrecognized arguments: --workload-identity"),
		row(frontEnd, "The target takes no keys or passwords, and the connection is to be made with one.",
			[]string{"local authentication is disabled at the target: only sign-ins of Entra ID are allowed"},
			[]string{"repeat the command with --workload-identity IDENTITY-ID in place of --secret"},
			"Secret as auth type is not allowed when local auth is disabled"),
		row(free, "az could not sign in to the database to create the user for the identity. It connects from where it runs.",
			[]string{
				"the database's firewall does not allow this computer, or its public access is off",
				"you are not an Entra administrator of the server",
				"a driver or ODBC is missing on this computer",
			},
			[]string{
				"run az inside the network of the database, or create the user by hand",
				"az postgres flexible-server microsoft-entra-admin list -g GROUP -s SERVER, or the same of az sql and az mysql",
			},
			"Fail to connect sql", "Fail to connect mysql", "Fail to connect postgresql", "Fail to connect to database",
			"No object id found for user", "Connecting to database … fail", "Dependency pyodbc can't be installed",
			"please manually install odbc", "Dependency psycopg2 can't be installed", "Failed to create db user"),
		row("https://learn.microsoft.com/azure/service-connector/tutorial-python-aks-sql-database-connection-string",
			"The app does not find a variable of the connection.",
			[]string{
				"the pod does not take the connection's Secret: envFrom with secretRef is missing in the pod template",
				"the pod started before the Secret was created or changed", "the app expects another name: names depend on target and client type",
			},
			[]string{"kubectl connectordoctor", "kubectl exec POD -- printenv | grep AZURE_", "kubectl get secrets -n NAMESPACE | grep ^sc-"},
			"KeyError: AZURE_POSTGRESQL", "KeyError: AZURE_MYSQL", "KeyError: AZURE_SQL", "KeyError: AZURE_REDIS", "KeyError: AZURE_STORAGE",
			"KeyError: AZURE_COSMOS", "KeyError: AZURE_SERVICEBUS", "KeyError: AZURE_EVENTHUB", "KeyError: AZURE_KEYVAULT",
			"KeyError: AZURE_APPCONFIG", "AZURE_POSTGRESQL_… is not set", "AZURE_MYSQL_… is not set",
			"AZURE_SQL_… is not set", "AZURE_REDIS_… is not set", "AZURE_STORAGE…ENDPOINT is not set",
			"Could not resolve placeholder AZURE_"),
		row("https://pkg.go.dev/net/http#Client.Do",
			"The address that the app was to connect to has no host: the variable or setting that should contain it is empty.",
			[]string{"the pod has no such variable, such as the URL of a vault", "the key is missing in the Secret or ConfigMap"},
			[]string{"kubectl exec POD -- printenv", "kubectl connectordoctor"},
			"no Host in request URL"),
		row("https://learn.microsoft.com/cli/azure/aks/connection",
			"This az does not know the command group for connections.",
			[]string{"az is too old", "the group is part of an extension that is not installed, as for Spring Apps"},
			[]string{"az upgrade", "az version"},
			"connection is misspelled or not recognized"),
		row("https://learn.microsoft.com/azure/aks/csi-secrets-store-driver",
			"The add-on for Key Vault (azure-keyvault-secrets-provider) is not enabled in the cluster, and the connection needs it.",
			[]string{"the connection to a Key Vault uses the CSI driver (--enable-csi), and the add-on was never enabled, or was disabled"},
			[]string{"az aks enable-addons -g GROUP -n CLUSTER --addons azure-keyvault-secrets-provider", "kubectl connectordoctor"},
			"AddonNotEnabled", "azureKeyvaultSecretsProvider … not enabled", "Secret Provider addon is not enabled",
			"azure-keyvault-secrets-provider … not enabled"),
		row(frontEnd, "az could not register the resource provider Microsoft.ServiceLinker.",
			[]string{"you have no permission to register providers in the subscription", "the registration takes longer than az waits"},
			[]string{
				"az provider register -n Microsoft.ServiceLinker --wait",
				"az provider show -n Microsoft.ServiceLinker --query registrationState",
			},
			"Registration failed, please manually run command", "provider register -n Microsoft.ServiceLinker"),
		row(frontEnd, "A part of az for passwordless connections failed. What it tried before is done, and can be done again.",
			[]string{
				"a command that az runs inside itself failed: the message contains it and its error",
				"the extension serviceconnector-passwordless is old, or does not fit this az",
			},
			[]string{"run the command in the message by itself", "az extension update -n serviceconnector-passwordless", "az upgrade"},
			"Command execution failed, command is:", "serviceconnector-passwordless", "serviceconnector_passwordless"),
		row(frontEnd, "Service Connector lacks a permission that you have not got either: it acts in your name.",
			[]string{
				"you have no role at the target or at the cluster that contains the action", "the token of az is old: the role was assigned lately",
			},
			[]string{"az logout, then az login", "az role assignment list --assignee USER --scope TARGET-ID --include-inherited"},
			"UnauthorizedResourceAccess", "UserTokenInvalid", "LinkerUnauthorized", "failed to list keys … ServiceLinker"),
		row(frontEnd, "Service Connector could not do its work at the source or the target. The rest of the message is what that answered.",
			[]string{
				"the cluster or the target is stopped, or another operation runs there", "a policy or a lock forbids the change",
				"the target does not exist any more",
			},
			[]string{
				"az aks connection list -g GROUP -n CLUSTER -o table", "kubectl connectordoctor",
				"az monitor activity-log list -g GROUP --status Failed --offset 1h",
			},
			"LinkerCreateOrUpdate", "servicelinker.LinkerClient", "Microsoft.ServiceLinker … Failed", "ServiceLinker … InternalServerError",
			"scoped linker", "create linker failed", "Failed to create linker").asGeneral(),
	}
}
