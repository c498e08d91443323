package azure

// The API versions that are requested: stable ones that are old enough for sovereign clouds
// (https://learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types).
const (
	resourcesVersion = "2021-04-01"
	clusterVersion   = "2025-02-01"
	networkVersion   = "2024-05-01"
	// scaleSetNICVersion is the only version that answers for NICs of scale sets
	// (https://learn.microsoft.com/rest/api/virtualnetwork/virtual-machine-scale-set-network-interfaces).
	scaleSetNICVersion = "2018-10-01"
	computeVersion     = "2024-07-01"
	zoneVersion        = "2020-06-01"
	metricsVersion     = "2023-10-01"
	// subscriptionsVersion is that of the list of subscriptions.
	subscriptionsVersion = "2021-01-01"
)
