package errtext

// vaultRules are errors of the Secrets Store CSI Driver, of its Azure provider and of Key Vault, as events of pods hold them.
func vaultRules() []rule {
	const provider = "https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/troubleshooting/"
	const driver = "https://secrets-store-csi-driver.sigs.k8s.io/troubleshooting"
	const vault = "https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"
	row := func(source, meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: KeyVault, tunnel: No, meaning: meaning, causes: causes, next: next, source: source}
	}
	mount := "failed to mount … objects"
	doctor, pods := "kubectl connectordoctor", "kubectl get pods -n kube-system -o wide -l app=secrets-store-csi-driver"
	role := "az role assignment create --assignee IDENTITY --role 'Key Vault Secrets User' --scope VAULT-ID"
	within := func(r rule, and ...string) rule {
		r.and = and
		return r
	}
	return []rule{
		row(driver, "The Secrets Store CSI Driver is not registered on the pod's node.",
			[]string{"the add-on azure-keyvault-secrets-provider is off", "the driver's pod does not run on that node: a taint, or Windows"},
			[]string{doctor, pods},
			"secrets-store.csi.k8s.io not found in the list of registered CSI drivers"),
		row(driver, "The cluster has no CSIDriver object for the Secrets Store CSI Driver, or one without the mode Ephemeral.",
			[]string{
				"the driver is not installed: the add-on azure-keyvault-secrets-provider is off",
				"the object was deleted, or is of an old version",
			},
			[]string{"kubectl get csidriver secrets-store.csi.k8s.io -o yaml", doctor},
			"not supported by driver secrets-store.csi.k8s.io"),
		row(driver, "The pod names a SecretProviderClass that does not exist in its namespace.",
			[]string{"it is in another namespace, or misspelled"}, []string{"kubectl get secretproviderclasses -A"},
			"failed to get secretproviderclass", "secretProviderClass is not set"),
		row(driver, "The driver does not reach the Azure provider on the node.",
			[]string{"the provider's pod does not run on that node"},
			[]string{"kubectl get pods -n kube-system -o wide -l app=secrets-store-provider-azure", doctor},
			"provider not found: provider azure", "error connecting to provider azure",
			"secrets-store-csi-providers/azure … no such file", "secrets-store-csi-providers/azure.sock"),
		row(provider, "The SecretProviderClass lacks a parameter, or one is not valid.",
			[]string{"see the message: keyvaultName, tenantId and objects are needed, and objects must be YAML"},
			[]string{"kubectl get secretproviderclass NAME -n NAMESPACE -o yaml", doctor},
			"keyvaultName is not provided", "tenantId is not provided", "objects is not set",
			"failed to parse usePodIdentity", "failed to parse useVMManagedIdentity"),
		row(provider, "The SecretProviderClass does not name exactly one way to sign in.",
			[]string{"several of usePodIdentity, useVMManagedIdentity and useAzureTokenProxy are true, or neither one of them nor clientID is set"},
			[]string{"Service Connector uses useVMManagedIdentity \"true\" and userAssignedIdentityID", doctor},
			"only one identity mode can be enabled", "no identity mode is enabled", "nodePublishSecretRef secret is not set"),
		row(provider, "The driver was given no token of the pod's ServiceAccount.",
			[]string{"the CSIDriver has no tokenRequests for api://AzureADTokenExchange"},
			[]string{"kubectl get csidriver secrets-store.csi.k8s.io -o yaml"},
			"token for audience api://AzureADTokenExchange not found", "service account tokens not found"),
		row(provider, "The provider asked aad-pod-identity, which is retired, for a token.",
			[]string{"usePodIdentity is true", "rests of aad-pod-identity take the requests"},
			[]string{"set usePodIdentity \"false\" and useVMManagedIdentity \"true\""},
			"nmi response failed", "localhost:2579/host/token", "127.0.0.1:2579/host/token"),
		row(vault, "Key Vault has no such secret, key or certificate.",
			[]string{"the name or version is wrong", "it was deleted or is disabled"},
			[]string{"az keyvault secret list --vault-name VAULT --query '[].name'"},
			// names of Kubernetes' Secrets often end in "secret": secret "sc-mydb-secret" not found
			"code: SecretNotFound", "code=SecretNotFound", "404 SecretNotFound", "(SecretNotFound)", "^SecretNotFound", "KeyNotFound … vault",
			"CertificateNotFound", "was not found in this key vault"),
		row(vault, "The firewall of the Key Vault does not allow the address of the request.",
			[]string{
				"the CSI provider runs in the node's network: the node's outbound address or subnet is what must be allowed",
				"public access is disabled, and the name resolves to the public address",
			},
			[]string{
				"az keyvault show -n VAULT --query properties.networkAcls",
				"az aks show -g GROUP -n CLUSTER --query networkProfile.loadBalancerProfile",
			},
			"ForbiddenByFirewall", "Client address is not authorized and caller is not a trusted service"),
		row(vault, "The identity has no role at the Key Vault that lets it read.",
			[]string{"the vault uses roles, and the identity has none", "the role was assigned a moment ago"}, []string{role},
			"ForbiddenByRbac", "Caller is not authorized to perform action on resource"),
		row(vault, "The Key Vault is closed to its public address, and the request did not come through a private endpoint.",
			[]string{
				"the name resolves to the public address: the private zone privatelink.vaultcore.azure.net is not linked to the network",
				"the private endpoint is missing or not approved",
			},
			[]string{
				"az keyvault show -n VAULT --query '[properties.publicNetworkAccess,properties.privateEndpointConnections]'",
				"kubectl aksnode run NODE -- nslookup VAULT.vault.azure.net",
			},
			"ForbiddenByConnection", "Connection is not an approved private link", "Public network access is disabled and request is not from"),
		row(vault, "The access policies of the Key Vault do not allow the identity to read.",
			[]string{"the vault uses access policies, not roles, and none names the identity"},
			[]string{
				"az keyvault set-policy -n VAULT --object-id ID --secret-permissions get",
				"az keyvault show -n VAULT --query properties.enableRbacAuthorization",
			},
			"ForbiddenByPolicy", "to use on-behalf-of (OBO) flow", "does not have secrets get permission on key vault", "AccessDenied … vault"),
		row(driver, "The driver cannot write the Kubernetes Secret that the SecretProviderClass names.",
			[]string{
				"the driver was installed without syncSecret.enabled=true, and lacks the ClusterRole for Secrets (the cluster's RBAC, not Azure's)",
				"the name in secretObjects is not valid", "the file that secretObjects names was not mounted",
			},
			[]string{"kubectl describe pod NAME", "kubectl get secretproviderclass NAME -n NAMESPACE -o yaml"},
			"FailedToCreateSecret", "secrets-store-csi … secrets is forbidden", "secrets is forbidden … secrets-store-csi-driver",
			"failed to create Kubernetes secret", "failed to patch secret … with new owners"),
		within(row(provider, "The CSI provider has no identity on the node: that of the SecretProviderClass is not assigned to its machines.",
			[]string{"userAssignedIdentityID is not the add-on's identity", "the node pool is new, and its machines lack the identity"},
			[]string{"az aks show -g GROUP -n CLUSTER --query addonProfiles.azureKeyvaultSecretsProvider.identity.clientId"},
			mount), "Identity not found"),
		within(row(provider, "The SecretProviderClass names no identity, and the node has several: the CSI provider does not know which to use.",
			[]string{"userAssignedIdentityID is missing in the SecretProviderClass, or is empty"},
			[]string{
				"az aks show -g GROUP -n CLUSTER --query addonProfiles.azureKeyvaultSecretsProvider.identity.clientId",
				"kubectl edit secretproviderclass NAME -n NAMESPACE",
			},
			mount), "Multiple user assigned identities exist"),
		within(row(provider, "The CSI provider cannot resolve the name of the Key Vault or of Entra ID.",
			[]string{"the vault's name is wrong, or it was deleted", "the node's DNS servers do not know it: the private zone is not linked"},
			[]string{"kubectl aksnode run NODE -- nslookup VAULT.vault.azure.net"},
			mount), phrasesOf(CauseDNS)...),
		within(row(provider, "The CSI provider gets no answer from Key Vault or Entra ID.",
			[]string{"egress from the node is blocked: the provider runs in the node's network, and NetworkPolicies do not apply to it"},
			[]string{"kubectl aksnode run NODE -- curl -sv https://VAULT.vault.azure.net/healthstatus", "kubectl tunneldoctor --egress"},
			mount), "context deadline exceeded", "context canceled", "i/o timeout"),
	}
}

// vaultRest are mounts that failed for a reason that the text does not tell. They come after the errors of Entra ID, which it may contain.
func vaultRest() []rule {
	const provider = "https://azure.github.io/secrets-store-csi-driver-provider-azure/docs/troubleshooting/"
	return []rule{
		rowOf(KeyVault)(provider, "The Azure provider could not mount what the SecretProviderClass names. The text does not tell why.",
			[]string{"a parameter of the SecretProviderClass", "the identity's role at the Key Vault", "the vault's firewall"},
			[]string{"kubectl connectordoctor", "kubectl describe pod NAME"},
			"failed to mount … objects").with("failed to get keyvault client", "failed to get objectType", "rpc error").asGeneral(),
	}
}
