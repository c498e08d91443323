package errtext

// vaultClientRules are what Key Vault answers to apps and operators, beyond what pods' events hold.
func vaultClientRules() []rule {
	const (
		rest    = "https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
		auth    = "https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses"
		limits  = "https://learn.microsoft.com/azure/key-vault/general/service-limits"
		deleted = "https://learn.microsoft.com/azure/key-vault/general/key-vault-recovery"
		secrets = "https://external-secrets.io/latest/provider/azure-key-vault/"
	)
	row := rowOf(KeyVault)
	show := "az keyvault show -n VAULT --query 'properties.[tenantId,publicNetworkAccess,networkAcls]'"
	return []rule{
		row(rest, "The secret, key or certificate exists and is disabled, or not valid at this time.",
			[]string{"somebody disabled it, or this version of it", "its expiry date has passed, or its activation date has not come"},
			[]string{
				"az keyvault secret show --vault-name VAULT -n NAME --query attributes",
				"az keyvault secret set-attributes --enabled true ...",
			},
			"on a disabled secret", "on a disabled key", "SecretDisabled", "on an expired", "KeyDisabled", "is not allowed on an expired",
			"on a not yet valid"),
		row(deleted, "The secret, key, certificate or vault was deleted and can be recovered: until then its name is taken.",
			[]string{"it was deleted, with soft delete, and something creates or reads it again"},
			[]string{
				"az keyvault secret recover --vault-name VAULT -n NAME", "az keyvault list-deleted -o table",
				"az keyvault recover -n VAULT",
			},
			"ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted", "ObjectIsBeingRecovered", "is currently in a deleted but recoverable state",
			"currently being deleted", "deleted but recoverable"),
		row(auth, "Key Vault does not accept the token: it is of another tenant, for another service, or not a token of Entra ID.",
			[]string{
				"the tenant of the identity is not the one of the vault, or the vault was moved to another tenant",
				"the scope is not https://vault.azure.net/.default",
				"the vault is in another cloud than the client is set to: its scope is that of its cloud",
			},
			[]string{show, doctorCommand},
			"AKV10032", "AKV10022", "AKV10000", "AKV10046", "AKV10001", "AKV10012", "Invalid issuer. Expected one of",
			"Invalid audience … vault",
			"Request is missing a Bearer or PoP token", "challenge resource … does not match the requested domain",
			"does not match the requested domain", "The challenge authorization URI"),
		row(limits, "Key Vault limits the requests: too many came in a short time.",
			[]string{
				"many pods read the vault at their start or by a short polling interval",
				"a rotation interval or an operator reads too often",
			},
			[]string{"cache secrets in the app", "raise the interval: rotationPollInterval of the CSI driver, refreshInterval of an operator"},
			"VaultRequestTypeLimitReached", "Throttled … vault", "RequestThrottled … vault",
			"too many requests were received. Reason: Vault",
			"vault.azure.net … TooManyRequests", "vault.azure.net … 429 Too Many"),
		row(rest, "Key Vault refused the request as it is: the object has another form, or the name or version is not valid.",
			[]string{
				"names have letters, digits and hyphens only: no underscores or dots", "the secret is larger than 25 KiB",
				"the object is of another kind: secret, key or cert",
			},
			[]string{"az keyvault secret list --vault-name VAULT --query '[].id'", doctorCommand},
			"BadParameter … vault", "vault … BadParameter", "request URI contains an invalid name",

			"secret value … exceeds", "is not a valid identifier … vault"),
		row(auth, "The identity has no permission for this at the Key Vault, or the vault's network rules refuse it: the text does not tell.",
			[]string{
				"the identity has no role such as Key Vault Secrets User, or no access policy", "the role was assigned a moment ago",
				"the vault's firewall does not allow the cluster's outbound address",
			},
			[]string{"az role assignment list --assignee IDENTITY --scope VAULT-ID --include-inherited", show, doctorCommand},
			"vault.azure.net … Status: 403", "vault.azure.net … 403 Forbidden", "vault.azure.net … RESPONSE 403", "StatusCode=403 … vault",
			"Status=403 … vault",
			"does not have keys get permission",
			"does not have certificates get permission",
			"does not have secrets list permission", "does not have secrets set permission", "KeyVaultErrorException").asGeneral(),
		row(secrets, "The External Secrets Operator could not read the Key Vault, or its store is not ready.",
			[]string{
				"its ServiceAccount has no federated credential, or the store's tenant or authType is wrong",
				"the store names no ServiceAccount with the annotation azure.workload.identity/client-id",
			},
			[]string{"kubectl describe secretstore,clustersecretstore -A", "kubectl describe externalsecret NAME -n NAMESPACE"},
			"could not get provider client", "InvalidProviderConfig", "SecretStore.external-secrets.io … not found",
			"SecretStore … is not ready", "unable to create client … keyvault",
			"missing service account annotation",
			"missing tenantID in store config", "missing clientID", "cannot read secret data from Secret … azure",
			"could not get secret data from provider",
			"unable to validate store").asGeneral(),
	}
}

// providerRules are messages of the Secrets Store CSI Driver and of its Azure provider about their own settings.
func providerRules() []rule {
	const (
		driver   = "https://secrets-store-csi-driver.sigs.k8s.io/topics/sync-as-kubernetes-secret"
		trouble  = "https://secrets-store-csi-driver.sigs.k8s.io/troubleshooting"
		provider = "https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/getting-started/usage/"
		identity = "https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/configurations/identity-access-modes/"
	)
	row := rowOf(KeyVault)
	class := "kubectl get secretproviderclass NAME -n NAMESPACE -o yaml"
	return []rule{
		row(provider, "The list in parameters.objects of the SecretProviderClass is not valid YAML.",
			[]string{"the indentation is wrong, a quote is missing, or the block after objects: | was changed by a template"},
			[]string{class, "compare the indentation with the documentation: array, then - |, then the fields"},
			"failed to yaml unmarshal objects", "unmarshal failed for keyVaultObjects"),
		row(driver, "secretObjects in the SecretProviderClass names a file that was not mounted, or lacks a name, type or key.",
			[]string{
				"objectName must be the objectAlias, if the object has one", "a name, type or key is empty",
				"for kubernetes.io/tls, the keys must be tls.key and tls.crt",
			},
			[]string{class},
			"file matching objectName", "failed to get data in spc", "failed to validate secret object in spc",
			"key in secretObjects.data is empty",
			"object name in secretObjects.data", "Only tls.key and tls.crt are supported"),
		row(provider, "An object in the SecretProviderClass has a form or encoding that the provider does not know for its kind.",
			[]string{
				"objectFormat is pem or pfx, objectEncoding utf-8, base64 or hex, and both are for secrets only",
				"objectType is secret, key or cert",
				"filePermission is no octal number, or the file name leaves the volume",
			},
			[]string{class},
			"Invalid vaultObjectTypes", "Invalid vault name", "invalid objectFormat", "invalid objectEncoding", "PFX format only supported",
			"objectEncoding only supported",
			"unknown content type",
			"file permission must be a valid octal", "file name must be a relative path", "key type … currently not supported",
			"invalid path: must", "invalid filepath:"),
		row(identity, "The client ID and secret of a service principal, which the volume names, are missing.",
			[]string{
				"the Secret in nodePublishSecretRef lacks the keys clientid and clientsecret", "the Secret does not exist in the pod's namespace",
			},
			[]string{
				"kubectl get secret NAME -n NAMESPACE -o yaml",
				"use workload identity in place of it: clientID in the SecretProviderClass",
			},
			"could not find clientid in secrets", "could not find clientsecret in secrets", "failed to get node publish secret"),
		row(trouble, "The driver and its provider do not work together on the node.",
			[]string{
				"one of both was upgraded and the other was not", "the provider's socket is in another path than the driver looks in",
				"two installations of the driver: the add-on and a chart",
			},
			[]string{
				"kubectl get pods -A -o wide | grep secrets-store", "kubectl logs -n kube-system -l app=secrets-store-provider-azure",
				doctorCommand,
			},
			"IncompatibleProviderVersion", "mount request failed with provider error code", "provider-azure … connection refused",
			"FailedToLookupProviderGRPCClient", "pod information is not available. deploy a CSIDriver object"),
		row(trouble, "The driver could not mount the volume on the node, or renew what is in it.",
			[]string{
				"the volume must be read-only: readOnly: true", "the pod or the SecretProviderClass was deleted",
				"the node's kubelet directory is another",
			},
			[]string{"kubectl describe pod NAME", "kubectl logs -n kube-system -l app=secrets-store-csi-driver -c secrets-store", class},
			"Readonly is not true in request", "failed to check if target path", "failed to create target path", "SecretRotationFailed",
			"MountRotationFailed", "secret provider class pod status", "parameters not set in", "provider not set in",
			"secrets-store … DeadlineExceeded"),
	}
}
