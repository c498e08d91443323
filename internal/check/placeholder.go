package check

// A Placeholder is a word of a command that the user replaces by a value.
type Placeholder string

// The placeholders of commands for Azure.
const (
	ResourceGroup     Placeholder = "RESOURCE_GROUP"
	ClusterName       Placeholder = "CLUSTER"
	NodeResourceGroup Placeholder = "NODE_RESOURCE_GROUP"
	SubnetID          Placeholder = "SUBNET_ID"
	VNetID            Placeholder = "VNET_ID"
)

// Meaning says by what the user replaces the placeholder.
func (p Placeholder) Meaning() string {
	switch p {
	case ResourceGroup:
		return "the resource group of the cluster"
	case ClusterName:
		return "the name of the cluster in Azure"
	case NodeResourceGroup:
		return "the resource group of the nodes, such as MC_group_cluster_region"
	case SubnetID:
		return "the resource ID of the nodes' subnet"
	case VNetID:
		return "the resource ID of the nodes' virtual network"
	}
	return "a value of yours"
}
