package errtext

// azureRules are answers of Azure Resource Manager to az, templates, Terraform and controllers, where the cluster itself was not asked, and
// of API servers that ask Azure about a user's rights.
func azureRules() []rule {
	const common = "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors"
	row := func(meaning string, causes, next []string, when ...string) rule {
		return rule{when: when, class: Elsewhere, tunnel: No, meaning: meaning, causes: causes, next: next, source: common}
	}
	busy := row("Azure refuses a second operation on the cluster or node pool while another one runs. The cluster itself was not asked.",
		[]string{"an upgrade, a scaling or an update has not ended, or was started by somebody else or by the autoscaler"},
		[]string{
			"az aks operation show-latest -g GROUP -n CLUSTER", "wait for it, or az aks operation-abort -g GROUP -n CLUSTER",
		},
		"Another operation … is in progress", "another … operation … in progress", "OperationPreempted", "aka.ms/aks-pending-operation",
		"AnotherOperationInProgress")
	busy.source = learn + "error-codes/operationnotallowed-previouslyfailedoperation-preventing-further-operations"
	roles := row("The API server answered: this user may not do that. In this cluster Azure's roles decide, and no role assignment allows it.",
		[]string{"the cluster uses Azure RBAC for Kubernetes, and a role assignment in Azure is missing", "it was assigned a moment ago"},
		[]string{
			"az role assignment create --assignee USER --role 'Azure Kubernetes Service RBAC Writer' --scope CLUSTER-ID/namespaces/NAMESPACE",
			"kubectl auth can-i VERB RESOURCE -n NAMESPACE",
		},
		"User does not have access to the resource in Azure")
	roles.class, roles.source = Forbidden, aks+"manage-azure-rbac"
	return []rule{
		roles, busy,
		row("Azure refuses the operation because of a quota of the subscription. The cluster itself was not asked.",
			[]string{"the quota of cores, of the machine size's family or of public addresses is used up in the region"},
			[]string{"az vm list-usage -l REGION -o table", "ask for more quota, or use another size or region"},
			"exceeding approved … quota", "QuotaExceeded", "PublicIPCountLimitReached", "ErrCode_InsufficientVCPUQuota"),
		row("Azure has no machines of that size there now. The cluster itself was not asked.",
			[]string{"the size is not offered to the subscription in that region or zone", "the region has no capacity of it left"},
			[]string{"az vm list-skus -l REGION --size SIZE -o table", "use another size, zone or region"},
			"SkuNotAvailable", "AllocationFailed", "ZonalAllocationFailed", "VMSizeNotSupported"),
		row("A rule of the organisation forbids the operation: an Azure Policy or a lock. The cluster itself was not asked.",
			[]string{"an Azure Policy with the effect deny", "a lock on the resource group or on the resource"},
			[]string{"az policy assignment list --scope SCOPE", "az lock list -g GROUP"},
			"RequestDisallowedByPolicy", "ScopeLocked", "ReadOnlyDisabledSubscription"),
		row("Azure refuses the operation because the subnet has too few addresses left. The cluster itself was not asked.",
			[]string{"the subnet is too small for the nodes, or for the pods that get addresses of it"},
			[]string{"az network vnet subnet show --ids ID --query '{prefix:addressPrefix,used:length(ipConfigurations)}'", "use a larger subnet"},
			"InsufficientSubnetSize", "SubnetIsFull"),
		row("Azure refuses the operation in the state in which the cluster or the machine is. The cluster itself was not asked.",
			[]string{"the cluster or the node pool is stopped, failed or being deleted", "see the rest of the message"},
			[]string{"az aks show -g GROUP -n CLUSTER --query '{power:powerState.code,state:provisioningState}'"},
			"OperationNotAllowed"),
	}
}
