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
	// connectionVersion is the first stable one that tells whether roles are assigned.
	connectionVersion    = "2024-04-01"
	extensionVersion     = "2023-05-01"
	identityVersion      = "2023-01-31"
	authorizationVersion = "2022-04-01"
	// subscriptionsVersion is that of the list of subscriptions.
	subscriptionsVersion = "2021-01-01"
)
