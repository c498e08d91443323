package errtext

// keyVaultSamples are answers of Key Vault to apps, and messages of the CSI driver's and the provider's sources.
func keyVaultSamples() []sample {
	return of(
		KeyVault,
		`(Forbidden) Operation get is not allowed on a disabled secret. Code: Forbidden Inner error: { "code": "SecretDisabled" }`,
		`(Conflict) Secret {pod} is currently in a deleted but recoverable state, and its name cannot be reused. Inner error: ObjectIsDeletedButRecoverable`,
		`(Unauthorized) AKV10032: Invalid issuer. Expected one of https://sts.windows.net/x/, found https://sts.windows.net/y/.`,
		`Code: "Throttled" Message: "Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached"`,
		`The request URI contains an invalid name: my_secret`,
		`Invalid vault name: "x", must be between 3 and 24 chars`,
		`The user, group or application does not have secrets list permission on shop`,
		`could not get provider client: missing service account annotation: azure.workload.identity/client-id`,
		`rpc error: code = Unknown desc = failed to mount objects, error: failed to yaml unmarshal objects, error: yaml: line 29: did not find expected key`,
		`failed to get data in spc {ns}/{pod} for secret x, err: file matching objectName y not found in the pod`,
		`failed to mount objects, error: invalid objectFormat: der, should be PEM or PFX`,
		`failed to mount objects, error: could not find clientid in secrets`,
		`rpc error: code = Unknown desc = mount request failed with provider error code GRPCProviderError`,
		`rpc error: code = InvalidArgument desc = Readonly is not true in request`,
		`"failed to create Kubernetes secret" err="secrets is forbidden: User \"system:serviceaccount:default:secrets-store-csi-driver\" cannot create resource \"secrets\""`,
	)
}
