package errtext

// storageRules are what storage accounts answer: blobs, files, queues, tables and data lakes.
func storageRules() []rule {
	const (
		storage = "https://learn.microsoft.com/troubleshoot/azure/azure-storage/blobs/authentication/storage-troubleshoot-403-errors"
		common  = "https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes"
		blobs   = "https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes"
		sas     = "https://learn.microsoft.com/rest/api/storageservices/create-service-sas"
		entra   = "https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory"
		lake    = "https://learn.microsoft.com/rest/api/storageservices/data-lake-storage-gen2"
		limits  = "https://learn.microsoft.com/azure/storage/common/scalability-targets-standard-account"
		files   = "https://learn.microsoft.com/troubleshoot/azure/azure-storage/files/connectivity/files-troubleshoot-linux-smb"
	)
	row := rowOf(DataService)
	show := "az storage account show -n NAME --query '[allowSharedKeyAccess,publicNetworkAccess,networkRuleSet.defaultAction]'"
	return []rule{
		row(entra, "The storage account does not accept the token: it is of another tenant, for another service, or expired.",
			[]string{
				"the token's tenant is not the one of the account's subscription (issuer)", "the scope is wrong (audience)",
				"the token has expired, or the header is not well-formed",
			},
			[]string{"use the scope https://storage.azure.com/.default, and the account's tenant", doctorCommand},
			"InvalidAuthenticationInfo", "Issuer validation failed", "Audience validation failed", "Lifetime validation failed",
			"Authentication information is not given in the correct format"),
		row(sas, "The storage account does not accept the SAS or the signature: it does not match, has expired, or was damaged.",
			[]string{
				"the account's key was regenerated, or the key in the Secret is that of another account",
				"the SAS has expired or is not valid yet, or an & or % in it was changed by a shell or YAML", "the clock of the node is wrong",
			},
			[]string{doctorCommand, "az storage account keys list -n NAME, to compare", show},
			"Signature did not match. String to sign", "Signature not valid in the specified", "Server failed to authenticate the request",
			"Signature fields not well formed", "AuthenticationFailed … Authorization header", "sr is mandatory", "sp is mandatory",
			"MAC signature found in the HTTP request … storage", "Incorrect padding … account_key", "The Base64 … account key").
			without("NoAuthenticationInformation"),
		row(sas, "The SAS is valid, and not for this: another service, kind of object, operation, protocol or address.",
			[]string{
				"the SAS lacks the permission (sp), service (ss) or resource type (srt)",
				"it limits addresses (sip) or the protocol (spr)",
			},
			[]string{"create a SAS with what is missing, or use workload identity"},
			"AuthorizationSourceIPMismatch", "AuthorizationProtocolMismatch", "AuthorizationServiceMismatch",
			"AuthorizationResourceTypeMismatch",
			"InsufficientAccountPermissions"),
		row(storage, "The storage account refused the request because the identity's role does not allow it.",
			[]string{"it has no data role: Owner and Contributor do not read data", "the role was assigned a moment ago"},
			[]string{"az role assignment create --assignee IDENTITY --role 'Storage Blob Data Contributor' --scope ACCOUNT-ID"},
			"AuthorizationPermissionMismatch", "do not have the required permissions needed to perform this operation … Storage"),
		row(storage, "The storage account refused the request.",
			append(closedTo("the account"), "less often: the identity has no data role, such as Storage Blob Data Contributor"),
			[]string{"az storage account show -g GROUP -n NAME --query '[publicNetworkAccess,networkRuleSet]'", egressCommand},
			"This request is not authorized to perform this operation", "AuthorizationFailure",
			"may be blocked by network rules of storage account"),
		row(storage, "The request had no credentials, and the storage account allows no anonymous access. It is not the account's firewall.",
			[]string{
				"the program was given only the account's address, without key, token or SAS",
				"the SAS or the credential is empty, or got lost on the way",
				"blobs that were meant to be public: allowBlobPublicAccess is false",
			},
			[]string{doctorCommand, "az storage account show -g GROUP -n NAME --query allowBlobPublicAccess"},
			"PublicAccessNotPermitted", "Public access is not permitted on this storage account", "NoAuthenticationInformation"),
		row(storage, "The storage account takes no access keys: it allows sign-ins of Entra ID only.",
			[]string{"allowSharedKeyAccess is false, and the connection uses a connection string"},
			[]string{"make the connection with workload identity"},
			"KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account"),
		row(blobs, "The storage account was reached and has no such container, blob, share, queue, table or path.",
			[]string{
				"it was not created yet, or was deleted", "the name is misspelled: upper and lower case count",
				"the account is another one",
			},
			[]string{"az storage container list --account-name NAME --auth-mode login -o table"},
			append(codes("ContainerNotFound", "BlobNotFound", "ShareNotFound", "QueueNotFound", "TableNotFound", "FilesystemNotFound",
				"PathNotFound", "ContainerBeingDeleted", "ShareBeingDeleted", "QueueBeingDeleted"), "The specified container does not exist",
				"The specified blob does not exist", "The specified resource does not exist", "The specified share does not exist",
				"The specified queue does not exist",
				"The table specified does not exist", "The specified filesystem does not exist")...),
		row(common, "The storage account is disabled, or a key of it was revoked.",
			[]string{"the subscription is disabled, or the account was closed"},
			[]string{"az storage account show -n NAME --query statusOfPrimary", "az account show --query state"},
			append(codes("AccountIsDisabled", "AccountBeingCreated"), "The specified account is disabled")...),
		row(common, "The storage account accepts HTTPS only, or needs a newer TLS than the client's.",
			[]string{"the connection string has DefaultEndpointsProtocol=http", "the client's TLS is older than the account's minimum"},
			[]string{"use https", "az storage account show -n NAME --query '{https:enableHttpsTrafficOnly,tls:minimumTlsVersion}'"},
			"AccountRequiresHttps", "account being accessed does not support http", "TlsVersionNotPermitted"),
		row(lake, "The account, or this call, is of another kind: with or without hierarchical namespace (Data Lake), Premium or Standard.",
			[]string{"a Data Lake (dfs) client on an account without hierarchical namespace, or a feature that such accounts lack"},
			[]string{"az storage account show -n NAME --query '{kind:kind,lake:isHnsEnabled,sku:sku.name}'"},
			"HierarchicalNamespaceNotEnabled", "EndpointUnsupportedAccountFeatures", "FeatureNotSupportedForAccount",
			"This endpoint does not support BlobStorageEvents", "BlobTypeNotSupported", "UnsupportedHttpVerb … storage"),
		row(limits, "The storage account limits the requests: too many at once, or a failure of its own.",
			[]string{"many pods use one account or one partition", "large uploads in parallel"},
			[]string{"try again with growing pauses: libraries do", "az monitor metrics list --resource ACCOUNT-ID --metric Transactions"},
			"ServerBusy … storage", "The server is currently unable to receive requests",
			"Operation could not be completed within the specified time",
			"Ingress is over the account limit", "Egress is over the account limit",
			"blob.core.windows.net … 503 Ser", "blob.core.windows.net … (503)", "blob.core.windows.net … status code: 503"),
		row(blobs, "The blob or container is in use or in a state that does not allow this: a lease, a policy, or a condition.",
			[]string{"another pod holds a lease, as leader elections and Terraform's state do", "an immutability policy or a legal hold"},
			[]string{"az storage blob lease break --container-name C --blob-name B --account-name NAME, if nobody uses it"},
			"LeaseIdMissing", "LeaseAlreadyPresent", "LeaseIdMismatchWith", "There is currently a lease on the", "BlobImmutableDueToPolicy",
			"state blob is already locked", "LeaseAlreadyBroken"),
		row(common, "The name or the connection string of the storage account is not in the right form.",
			[]string{
				"the connection string is cut off, is a URL, or the value of another key of the Secret",
				"names of containers have 3 to 63 lower-case letters, digits and hyphens",
			},
			[]string{doctorCommand, "az storage account show-connection-string -n NAME"},
			"Connection string is either blank or malformed", "No valid combination of account information found",
			"Settings must be of the form", "Invalid storage account connection string", "Connection string missing required",
			"Invalid connection string … AccountName", "Storage account name or … invalid", "Could not parse connection string … Account"),
		row(files, "The share of Azure Files could not be mounted by SMB: the account did not accept the sign-in, or was not reached.",
			[]string{
				"13, permission denied: a wrong key, keys are disabled (allowSharedKeyAccess), or the account's firewall",
				"2, no such file: the share or account does not exist", "112, 113, 115: port 445 is blocked, or the name does not resolve",
			},
			[]string{
				show, "kubectl get secret -n NAMESPACE, for the secret that the volume names",
				"kubectl insideout --to NAME.file.core.windows.net:445",
			},
			"mount error(13)", "mount error(115)", "mount error(112)", "mount error(113)").with("cifs", "file.core", "azurefile"),
	}
}
