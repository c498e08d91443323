package errtext

// resourceRules are answers of Azure Resource Manager, by their codes, to what connections, identities, extensions and roles need.
func resourceRules() []rule {
	const (
		common = "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors"
		roles  = "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"
		found  = "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found"
		limits = "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"
		fic    = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations"
	)
	row := rowOf(Elsewhere)
	account := "az account show --query '{subscription:id,tenant:tenantId,user:user.name}'"
	return []rule{
		row(common, "Azure refuses the operation because another operation runs on the same resource, or one hangs.",
			[]string{
				"another connection, extension or update of the cluster is being changed at this moment",
				"an earlier operation was interrupted, and its state stayed",
			},
			[]string{
				"wait some minutes and try again", "az aks show -g GROUP -n CLUSTER --query provisioningState",
				"az k8s-extension list -g GROUP -c CLUSTER -t managedClusters --query '[].{name:name,state:provisioningState}'",
			},
			append(codes("ConflictingOperation", "OperationInProgress", "ServerIsBusy", "EtagMismatch"), "conflicting operation in progress",
				"ConcurrentUpdateError", "ResourceGroupBeingDeleted", "AnotherOperationIsInProgress", "is already in progress for resource",
				"ConflictError … in progress", "Operation … conflicts with another operation", "resource is in a transitional state",
				"InvalidResourceProvisioningState", "because it is being updated", "OperationNotAllowedOnServerInState")...),
		row(fic, "Federated credentials of one identity can be written one at a time only, and two were.",
			[]string{"Terraform, Bicep or several commands create credentials of the same identity in parallel"},
			[]string{"try again", "let one credential depend on the other (dependsOn, depends_on), or use -parallelism=1"},
			"ConcurrentFederatedIdentityCredentialsWrites", "Too many Federated Identity Credentials are written concurrently"),
		row(fic, "The identity or application has as many federated credentials as it can have, which is 20.",
			[]string{"each cluster, namespace and ServiceAccount needs its own, and old ones were not deleted"},
			[]string{
				"az identity federated-credential list -g GROUP --identity-name IDENTITY",
				"delete those of clusters that do not exist any more",
			},
			"maximum number of federated identity credentials", "TooManyFederatedIdentityCredentials",
			"federated identity credentials … exceeds",
			"exceeded … federated identity credential"),
		row(fic, "Entra ID does not accept the federated credential as it was given, or one of that name exists already.",
			[]string{
				"the issuer is no https URL, or the subject or audience is empty or too long", "the name is taken at this identity or application",
			},
			[]string{
				"az identity federated-credential list -g GROUP --identity-name IDENTITY",
				"az aks show -g GROUP -n CLUSTER --query oidcIssuerProfile.issuerUrl -o tsv",
			},
			"InvalidFederatedIdentityCredentialValue", "FederatedIdentityCredentialAlreadyExists", "FederatedIdentityCredential with name"),
		row("https://learn.microsoft.com/graph/permissions-overview",
			"The caller has no permission in the directory (Microsoft Graph): roles in Azure do not count there.",
			[]string{
				"applications, service principals and their credentials are objects of the directory: they need a directory role or ownership",
				"a pipeline's service principal lacks the permission of Graph",
			},
			[]string{
				"use a managed identity with az identity federated-credential: it needs roles in Azure only",
				"let an administrator give the role Application Administrator, or create the object",
			},
			"Authorization_RequestDenied", "Insufficient privileges to complete the operation"),
		row(roles, "The role assignment exists already. Nothing is wrong with it.",
			[]string{"another connection, a template or a person created it, under another name"},
			[]string{"az role assignment list --assignee IDENTITY --scope SCOPE", "in Terraform: import it, or delete it first"},
			"RoleAssignmentExists", "role assignment already exists"),
		row(roles, "A role cannot be assigned: the directory has no such principal, or has not yet.",
			[]string{
				"the identity was created seconds ago: it takes a moment until it is known everywhere",
				"the client ID was given in place of the object ID (principal ID)", "the identity was deleted, or is of another tenant",
			},
			[]string{"az identity show -g GROUP -n IDENTITY --query principalId -o tsv", "set principalType to ServicePrincipal, or try again"},
			append(codes("PrincipalNotFound", "InvalidPrincipalId"), "does not exist in the directory",
				"Cannot find user or service principal in graph database", "PrincipalTypeNotSupported", "UnmatchedPrincipalType")...),
		row(roles, "The subscription or scope has as many role assignments as it can have, or the role does not exist.",
			[]string{"assignments of deleted identities were left", "the role's name or ID is misspelled, or it is of another tenant"},
			[]string{"az role assignment list --all --query 'length(@)'", "az role definition list -n ROLE"},
			"RoleAssignmentLimitExceeded", "RoleDefinitionDoesNotExist", "RoleDefinitionLimitExceeded"),
		row(roles, "An existing role assignment cannot be changed into another one: only its description and condition can.",
			[]string{"a template uses the name of an assignment again for another role, scope or principal"},
			[]string{"delete the old assignment", "let the name depend on scope, role and principal: guid(scope, role, principal)"},
			"RoleAssignmentUpdateNotPermitted", "Tenant ID, application ID, principal ID, and scope are not allowed to be updated"),
		row(roles, "The caller has permission for the resource itself, and not for another one that it refers to.",
			[]string{
				"the request names an identity, a network or a workspace for which the caller has no role, such as Managed Identity Operator",
				"that resource is in another subscription or tenant",
			},
			[]string{"az role assignment list --assignee CALLER --scope ID-IN-THE-MESSAGE --include-inherited"},
			"LinkedAuthorizationFailed", "LinkedAccessCheckFailed", "does not have permission to perform action(s)"),
		row(roles, "A deny assignment or a managed resource group forbids the change, whatever roles the caller has.",
			[]string{"the resources are in the cluster's node resource group with a restriction, or belong to a managed application or stack"},
			[]string{"change it by the resource that manages it, such as az aks", "az rest --method get --url SCOPE/providers/" +
				"Microsoft.Authorization/denyAssignments?api-version=2022-04-01"},
			"DenyAssignmentAuthorizationFailed"),
		row(roles, "The caller has no role that allows this in Azure.",
			[]string{"a role assignment is missing at the scope in the message, or was made a moment ago", "az is signed in to another account"},
			[]string{account, "az role assignment list --assignee CALLER --scope SCOPE --include-inherited", "sign in again after a change"},
			append(codes("AuthorizationFailed", "InsufficientPermissions"), "RoleAssignmentsNotAuthorized",
				"does not have authorization … roleAssignments/write")...),
		row(found, "Azure finds no such resource, group or parent.",
			[]string{
				"the name, group or subscription is wrong, or az works in another subscription", "it was deleted, or not created yet",
				"the parent, such as the server of a database, does not exist",
			},
			[]string{account, "az resource list --name NAME -o table"},
			append(codes("ResourceNotFound", "ResourceGroupNotFound", "ParentResourceNotFound"),
				"NotFound … could not be found … Microsoft.", "(VaultNotFound)", "The Resource Microsoft.… was not found",
				"Can not perform requested operation on nested resource")...),
		row("https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-manage-user-assigned-managed-identities",
			"Azure finds no such managed identity, or the request gives it in a form that it does not take.",
			[]string{
				"the identity was deleted, or its ID is misspelled: upper and lower case count in some places",
				"the identity is of another tenant or subscription", "a template gives a value to an identity's key, which must be {}",
			},
			[]string{"az identity list --query '[].id' -o tsv", "az resource show --ids IDENTITY-ID"},
			append(codes("FailedIdentityOperation"), "InvalidIdentityValues", "managed identity with resource ID … could not be found",
				"Failed to perform resource identity operation")...),
		row(common, "Azure does not know the subscription, or the account that is signed in does not see it.",
			[]string{"the subscription's ID is wrong, is of another tenant, or was cancelled", "az is signed in to another tenant"},
			[]string{"az account list -o table", "az account set --subscription ID"},
			append(codes("SubscriptionNotFound", "InvalidSubscriptionId"), "The subscription of … doesn't exist in cloud",
				"No subscriptions found for", "DisallowedOperation … subscription",
				"subscription … is disabled and therefore marked as read only")...),
		row(common, "The token for Azure Resource Manager is of another tenant, for another service, or expired.",
			[]string{"az or the program is signed in to another tenant than that of the subscription", "the sign-in is too old"},
			[]string{account, "az login --tenant TENANT-ID"},
			append(codes("InvalidAuthenticationToken"), "InvalidAuthenticationTokenTenant", "ExpiredAuthenticationToken",
				"InvalidAuthenticationTokenAudience", "access token is from the wrong issuer", "AuthenticationFailedInvalidHeader",
				"token has expired … management")...),
		row(limits, "Azure Resource Manager gets too many requests from this caller or subscription and refuses some for a while.",
			[]string{"a controller or pipeline repeats requests in a loop", "many clusters or pipelines share the subscription"},
			[]string{"wait as long as Retry-After in the answer says", "az monitor activity-log list --offset 1h --query '[].caller'"},
			append(codes("OperationThrottled"), "SubscriptionRequestsThrottled", "ResourceCollectionRequestsThrottled",
				"management.azure.com … 429 Too", "management.azure.com … (429)", "management.azure.com … StatusCode=429",
				"TooManyRequests … Microsoft.", "RateLimitExceeded … management")...),
		row(common, "The region, API version or type does not exist for this resource provider.",
			[]string{"the service is not offered in that region", "a template or az is too old or too new", "the type is misspelled"},
			[]string{"az provider show -n PROVIDER --query 'resourceTypes[].{type:resourceType,regions:locations}'", "az upgrade"},
			append(codes("InvalidResourceType", "LocationNotAvailable", "UnsupportedApiVersion", "RegionNotSupported"),
				"LocationNotAvailableForResourceType", "NoRegisteredProviderFound", "InvalidApiVersionParameter")...),
		row(common, "The name is taken, was used by a resource that is soft-deleted, or exists in another region.",
			[]string{"names of vaults, accounts and servers are global", "a deleted vault, store or account keeps its name until it is purged"},
			[]string{"az keyvault list-deleted, az appconfig list-deleted, az cognitiveservices account list-deleted", "use another name"},
			append(codes("VaultAlreadyExists", "NameUnavailable", "NameNotAvailable", "InvalidResourceLocation", "AccountNameInvalid"),
				"StorageAccountAlreadyTaken", "FlagMustBeSetForRestore", "ServerNameAlreadyExists", "CustomDomainInUse",
				"ConflictError … soft")...),
		row(common, "Azure refuses the request as it is: a property is missing, not valid, or does not fit the others.",
			[]string{"see the message: it names the property"},
			[]string{"az COMMAND --debug shows what is sent", "az resource show --ids ID"},
			append(codes("InvalidTemplateDeployment", "InvalidRequestContent", "InvalidParameter", "InvalidRequestFormat",
				"PropertyChangeNotAllowed", "InvalidResourceReference"), "LinkedInvalidPropertyId",
				"ReferencedResourceNotProvisioned")...).asGeneral(),
	}
}

// resourceRest are the outer parts of Azure Resource Manager's errors, which say only that something inside failed.
func resourceRest() []rule {
	return []rule{
		rowOf(Elsewhere)("https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/quickstart-troubleshoot-bicep-deployment",
			"A deployment or operation in Azure failed. The reason is in the inner error or in the activity log, not in this text.",
			[]string{"a policy, a quota, a missing permission or a conflict: the inner error names it"},
			[]string{
				"az deployment operation group list -g GROUP -n DEPLOYMENT --query \"[?properties.provisioningState=='Failed']\"",
				"az monitor activity-log list -g GROUP --status Failed --offset 1h",
			},
			"reached terminal provisioning state", "At least one resource deployment operation failed", "DeploymentFailed",
			"ResourceDeploymentFailure", "The deployment … failed").asGeneral(),
	}
}
