package errtext

// virtualRules are answers of Azure to a component of the cluster that asked it: to a virtual node, for its container groups, and to the
// cloud controller and the storage drivers; and to az. They come before errors of logins, because it is not the user who asked.
func virtualRules() []rule {
	group := []string{
		"api call to https://management.azure.com … Microsoft.ContainerInstance", "containerinstance.ContainerGroupsClient",
		"Error from server … Microsoft.ContainerInstance", "Internal error occurred … Microsoft.ContainerInstance",
		"ProviderFailed … Microsoft.ContainerInstance", "ProviderCreateFailed … Microsoft.ContainerInstance",
	}
	row := func(meaning string, causes, next []string) rule {
		return rule{
			when: group, class: KubeletAnswered, tunnel: No, meaning: meaning, causes: causes, next: next, source: virtualNodes,
		}
	}
	denied := row(
		"The virtual node was reached and asked Azure Container Instances. Its identity may not do that in Azure.",
		[]string{"the identity of the virtual node add-on lacks a role on the node resource group or the subnet"},
		[]string{
			"az aks show -g GROUP -n CLUSTER --query addonProfiles.aciConnectorLinux.identity",
			"az role assignment list --assignee ID --all",
		},
	)
	denied.and = []string{"AuthorizationFailed", "does not have authorization", "LinkedAuthorizationFailed"}
	gone := row("The virtual node was reached and asked Azure. There is no container group in Azure Container Instances for that pod.",
		[]string{"the container group was never made: see the pod's events", "it was deleted in Azure"},
		[]string{"kubectl describe pod NAME", "az container list -g MC_GROUP -o table"})
	gone.and = []string{"ResourceNotFound", "ResourceGroupNotFound", "status code 404", "StatusCode=404", "was not found"}
	other := row("The virtual node was reached and asked Azure Container Instances, which refused or failed.",
		[]string{
			"a limit or setting of the pod that Azure Container Instances does not have", "a quota or the region has no room",
			"the image cannot be pulled", "the provider Microsoft.ContainerInstance is not registered",
		},
		[]string{"read the code in the message", "kubectl describe pod NAME", "kubectl logs -n kube-system -l app=aci-connector-linux"})
	other.and = []string{"status code", "StatusCode=", "error code", "Code=", "code:", "not registered"}
	component := rule{
		when: []string{
			"Error syncing load balancer", "failed to ensure load balancer", "AttachVolume.Attach failed", "failed to provision volume",
			"MountVolume.MountDevice failed",
		},
		and:   []string{"AuthorizationFailed", "does not have authorization to perform action"},
		class: Elsewhere, tunnel: No,
		meaning: "A component of the cluster asked Azure, and the cluster's own identity may not do that. The user's rights have no part.",
		causes: []string{
			"the cluster's identity lacks a role on that resource, such as Network Contributor on a subnet or public IP of another group",
		},
		next: []string{
			"az aks show -g GROUP -n CLUSTER --query identity",
			"az role assignment list --assignee ID --scope RESOURCE-ID --include-inherited",
		},
		source: aks + "use-managed-identity",
	}
	absent := rule{
		when: []string{
			"Resource group … could not be found", "ResourceGroupNotFound",
			"The Resource Microsoft.ContainerService/managedClusters/ … was not found",
		},
		class: NotFound, tunnel: No,
		meaning: "Azure answered: there is no such resource group or cluster in the subscription that was asked. The cluster was not asked.",
		causes:  []string{"another subscription or tenant is selected", "the name is wrong, or the cluster was deleted"},
		next:    []string{"az account show", "az aks list -o table"},
		source:  "https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-not-found",
	}
	return []rule{denied, gone, other, component, absent}
}
