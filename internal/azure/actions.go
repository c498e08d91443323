package azure

// NetworkActions returns the actions of PowerActions, and those that FindCluster, MachineNICs, NetworkOf, SecurityGroup, RouteTable,
// ServiceTags, Firewalls, OutboundOf, SNATUses and the readers of egress need: on the node resource group, the cluster, the subscription,
// and wherever the network and what belongs to it are
// (https://learn.microsoft.com/azure/role-based-access-control/resource-provider-operations).
func NetworkActions() []string {
	return append(PowerActions(), []string{
		"Microsoft.Resources/subscriptions/resourceGroups/read",
		"Microsoft.ContainerService/managedClusters/read",
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read",
		"Microsoft.Network/networkInterfaces/read",
		"Microsoft.Network/virtualNetworks/read",
		"Microsoft.Network/networkSecurityGroups/read",
		"Microsoft.Network/routeTables/read",
		"Microsoft.Network/locations/serviceTags/read",
		"Microsoft.Network/natGateways/read",
		"Microsoft.Network/azureFirewalls/read",
		"Microsoft.Network/publicIPAddresses/read",
		"Microsoft.Network/publicIPPrefixes/read",
		"Microsoft.Network/loadBalancers/read",
		"Microsoft.Insights/metrics/read",
	}...)
}

// BalancerActions returns the actions that FindCluster, Balancers, RuleHealth, Surroundings and ReadTags need.
func BalancerActions() []string {
	return []string{
		"Microsoft.Resources/subscriptions/resourceGroups/read",
		"Microsoft.ContainerService/managedClusters/read",
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces/read",
		"Microsoft.Compute/virtualMachines/read", // those outside of scale sets
		"Microsoft.Network/networkInterfaces/read",
		"Microsoft.Network/virtualNetworks/read",
		"Microsoft.Network/networkSecurityGroups/read",
		"Microsoft.Network/routeTables/read",
		"Microsoft.Network/locations/serviceTags/read",
		"Microsoft.Network/publicIPAddresses/read",
		"Microsoft.Network/loadBalancers/read",
		"Microsoft.Network/loadBalancers/loadBalancingRules/health/action", // it changes nothing
		"Microsoft.Network/locations/operationResults/read",                // to wait for the health
	}
}

// ClusterActions returns the actions that ByServer and ZoneNetworks need, on the subscription and on the private DNS zone.
func ClusterActions() []string {
	return []string{
		"Microsoft.ContainerService/managedClusters/read",
		"Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
	}
}

// ConnectorActions returns the actions that FindCluster, Connections, ExtensionOf, RegistrationOf, IdentityOf, Credentials,
// RoleAssignments, RoleDefinitionOf, TargetOf and DataGrants need: on the cluster, its subscription, the identities and the targets of the
// connections; and those of NetworkOf, NATGatewayEgress and PublicAddresses, for targets with a firewall. None of them shows a secret.
func ConnectorActions() []string {
	return append(targetActions(), []string{
		"Microsoft.Resources/subscriptions/resourceGroups/read",
		"Microsoft.Resources/subscriptions/providers/read",
		"Microsoft.ContainerService/managedClusters/read",
		"Microsoft.ServiceLinker/linkers/read",
		"Microsoft.KubernetesConfiguration/extensions/read",
		"Microsoft.ManagedIdentity/userAssignedIdentities/read",
		"Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/read",
		"Microsoft.Authorization/roleAssignments/read",
		"Microsoft.Authorization/roleDefinitions/read",
		"Microsoft.Network/virtualNetworks/read",
		"Microsoft.Network/natGateways/read",
		"Microsoft.Network/publicIPAddresses/read",
		"Microsoft.Network/publicIPPrefixes/read",
	}...)
}

// PowerActions returns the actions that Power and PowerOfScaleSet need on the node resource group.
func PowerActions() []string {
	return []string{
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/read",
		"Microsoft.Compute/virtualMachines/read", // those outside of scale sets
	}
}

// RunActions returns the actions that RunCommand needs on the node resource group, and FindCluster, on it and on the cluster: commands run
// on the machines of the cluster of this kubeconfig only.
func RunActions() []string {
	return []string{
		"Microsoft.Resources/subscriptions/resourceGroups/read",
		"Microsoft.ContainerService/managedClusters/read",
		"Microsoft.Compute/locations/operations/read", // to wait for the result
		"Microsoft.Compute/virtualMachineScaleSets/virtualMachines/runCommand/action",
		"Microsoft.Compute/virtualMachines/runCommand/action", // those outside of scale sets
	}
}
