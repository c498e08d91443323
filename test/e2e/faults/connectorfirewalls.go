package faults

import "maps"

// The networks and addresses of the lab's cluster.
const (
	connectorOutbound = "203.0.113.50" // of the cluster's load balancer
	connectorNodes    = connectorSubscription + "/resourceGroups/mc_lab_lab_eastus/providers/Microsoft.Network/virtualNetworks/" +
		"aks-vnet-12345678/subnets/aks-subnet"
	connectorNetwork  = connectorData + "/providers/Microsoft.Network/virtualNetworks/shop-net"
	connectorGateway  = connectorData + "/providers/Microsoft.Network/natGateways/shop-nat"
	connectorNATIP    = connectorData + "/providers/Microsoft.Network/publicIPAddresses/shop-nat-ip"
	connectorPostgres = connectorData + "/providers/Microsoft.DBforPostgreSQL/flexibleServers/shop-pg"
)

// ownNetwork is a cluster in a network of the user, whose subnet aks has the properties too, with the resources that it needs.
func ownNetwork(subnet, pool map[string]any) (cluster map[string]any, resources []AzureResource) {
	profile := map[string]any{
		"name": "nodepool1", "mode": "System", "count": 2, "type": "VirtualMachineScaleSets", "osType": "Linux",
		"vnetSubnetID": connectorNetwork + "/subnets/aks",
	}
	maps.Copy(profile, pool)
	properties := map[string]any{"addressPrefix": "10.0.0.0/24"}
	maps.Copy(properties, subnet)
	return map[string]any{"agentPoolProfiles": []any{profile}}, []AzureResource{
		{connectorNATIP, map[string]any{"location": "eastus", "properties": map[string]any{"ipAddress": "203.0.113.60"}}},
		{connectorGateway, map[string]any{"location": "eastus", "properties": map[string]any{
			"publicIpAddresses": []any{map[string]any{"id": connectorNATIP}},
		}}},
		{connectorNetwork, map[string]any{"location": "eastus", "properties": map[string]any{
			"addressSpace": map[string]any{"addressPrefixes": []string{"10.0.0.0/16"}},
			"subnets": []any{
				map[string]any{"name": "aks", "properties": properties},
				map[string]any{"name": "pods", "properties": map[string]any{"addressPrefix": "10.0.4.0/22"}},
				map[string]any{"name": "other", "properties": map[string]any{"addressPrefix": "10.0.1.0/24"}},
			},
		}}},
	}
}

// denied is a firewall that admits addresses and subnets only.
func denied(addresses, subnets []string) map[string]any {
	ips, networks := []any{}, []any{}
	for _, a := range addresses {
		ips = append(ips, map[string]any{"value": a})
	}
	for _, s := range subnets {
		networks = append(networks, map[string]any{"id": s})
	}
	return map[string]any{"networkAcls": map[string]any{
		"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": ips, "virtualNetworkRules": networks,
	}}
}

func endpoint(state string) map[string]any {
	return map[string]any{"id": ConnectorAccount + "/privateEndpointConnections/shop", "properties": map[string]any{
		"privateLinkServiceConnectionState": map[string]any{"status": state},
	}}
}

func account(location string, properties map[string]any) []AzureResource {
	return []AzureResource{{ConnectorAccount, map[string]any{"location": location, "kind": "StorageV2", "properties": properties}}}
}

// vaultDenied is the connection to a vault with a firewall, whose policies admit the identity.
func vaultDenied(addresses, subnets []string) []AzureResource {
	properties := denied(addresses, subnets)
	properties["accessPolicies"] = []any{getPolicy()}
	return toVault(properties)
}

func postgres(network map[string]any) []AzureResource {
	return []AzureResource{
		{connectorPostgres, map[string]any{"location": "eastus", "properties": map[string]any{"version": "16", "network": network}}},
		link("mydb", map[string]any{"targetService": map[string]any{"type": "AzureResource", "id": connectorPostgres + "/databases/shop"}}),
	}
}

// connectorFirewalls are targets that do not admit everybody.
func connectorFirewalls() []ConnectorFault {
	const code = "CON0703"
	var all []ConnectorFault
	add := func(f ConnectorFault) { all = append(all, f) }
	// own adds a case of a cluster in the user's network
	own := func(f ConnectorFault, subnet, pool map[string]any, target []AzureResource) {
		var needed []AzureResource
		f.Cluster, needed = ownNetwork(subnet, pool)
		f.Put = append(needed, target...)
		add(f)
	}
	add(ConnectorFault{
		Name: "public-access-disabled", Code: code, Why: "a policy of the subscription disabled it", Text: "az network private-endpoint",
		Put: account("eastus", map[string]any{"publicNetworkAccess": "Disabled"}),
	})
	add(ConnectorFault{
		Name: "endpoint-pending", Code: code, Why: "nobody approved the private endpoint", Text: "Pending",
		Put: account("eastus", map[string]any{
			"publicNetworkAccess": "Disabled", "privateEndpointConnections": []any{endpoint("Pending")},
		}),
	})
	add(ConnectorFault{
		Name: "vault-public-access-disabled", Code: code, Why: "vaults write it in lower case",
		Put: toVault(map[string]any{"publicNetworkAccess": "disabled", "accessPolicies": []any{getPolicy()}}),
	})
	add(ConnectorFault{
		Name: "postgres-public-access-disabled", Code: code, Why: "a server without a private endpoint",
		Put: postgres(map[string]any{"publicNetworkAccess": "Disabled"}),
	})
	add(ConnectorFault{
		Name: "firewall-without-rules", Code: code, Why: "the default action was changed", Put: account("eastus", denied(nil, nil)),
		Text: "SUBNET_ID",
	})
	add(ConnectorFault{
		Name: "firewall-for-other-subnet", Code: code, Why: "the cluster was created again in another network",
		Put: account("eastus", denied(nil, []string{connectorNetwork + "/subnets/aks"})),
	})
	add(ConnectorFault{
		Name: "firewall-for-address-in-region", Code: code, Why: "rules for addresses do not count in the account's own region",
		Put: account("eastus", denied([]string{connectorOutbound}, nil)), Text: "same region",
	})
	add(ConnectorFault{
		Name: "firewall-for-other-address", Code: code, Why: "the cluster's outbound address changed", Text: connectorOutbound,
		Put: account("westus", denied([]string{"198.51.100.0/24"}, nil)),
	})
	add(ConnectorFault{
		Name: "vault-firewall-for-other-address", Code: code, Why: "the user's address only", Put: vaultDenied([]string{"198.51.100.7/32"}, nil),
		Text: "az keyvault network-rule add",
	})
	own(ConnectorFault{Name: "firewall-for-neighbour", Code: code, Why: "another subnet of the same network"}, nil, nil,
		account("eastus", denied(nil, []string{connectorNetwork + "/subnets/other"})))
	own(ConnectorFault{Name: "firewall-for-nodes-not-pods", Code: code, Why: "pods have a subnet of their own", Text: "subnets/pods"}, nil,
		map[string]any{"podSubnetID": connectorNetwork + "/subnets/pods"},
		account("eastus", denied(nil, []string{connectorNetwork + "/subnets/aks"})))
	own(ConnectorFault{
		Name: "vault-firewall-before-gateway", Code: code, Why: "a NAT gateway replaced the load balancer's address", Text: "203.0.113.60",
	}, map[string]any{"natGateway": map[string]any{"id": connectorGateway}}, nil, vaultDenied([]string{connectorOutbound}, nil))
	own(ConnectorFault{
		Name: "vault-firewall-and-service-endpoint", Code: code, Why: "with a service endpoint, addresses are private", Text: "service endpoint",
	}, map[string]any{"serviceEndpoints": []any{map[string]any{"service": "Microsoft.KeyVault"}}}, nil,
		vaultDenied([]string{connectorOutbound}, nil))
	add(ConnectorFault{
		Name: "vault-firewall-and-appliance", Code: code, Unknown: true, Why: "an appliance's address is not known", Text: "userDefinedRouting",
		Put:     vaultDenied([]string{"198.51.100.7/32"}, nil),
		Cluster: map[string]any{"networkProfile": map[string]any{"networkPlugin": "azure", "outboundType": "userDefinedRouting"}},
	})

	add(ConnectorFault{
		Name: "private-endpoint", Code: code, Noted: true, Why: "reached by a private endpoint", Text: "resolve to",
		Put: account("eastus", map[string]any{
			"publicNetworkAccess": "Disabled", "privateEndpointConnections": []any{endpoint("Approved")},
		}),
	})
	behind := denied([]string{"198.51.100.7"}, nil)
	behind["privateEndpointConnections"] = []any{endpoint("Approved")}
	add(ConnectorFault{
		Name: "private-endpoint-and-firewall", Code: code, Noted: true, Why: "the firewall is for others", Text: "resolve to",
		Put: account("eastus", behind),
	})
	add(ConnectorFault{
		Name: "postgres-in-network", Why: "a server in a virtual network has no public access either",
		Put: postgres(map[string]any{"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": connectorNetwork + "/subnets/pg"}),
	})
	add(ConnectorFault{
		Name: "firewall-allows", Why: "rules without effect: the default action is Allow", Put: account("eastus", map[string]any{
			"publicNetworkAccess": "Enabled", "networkAcls": map[string]any{
				"defaultAction": "Allow", "ipRules": []any{map[string]any{"value": "198.51.100.7"}}, "virtualNetworkRules": []any{},
			},
		}),
	})
	add(ConnectorFault{
		Name: "firewall-for-nodes", Why: "the subnet that AKS made", Put: account("eastus", denied(nil, []string{connectorNodes})),
	})
	add(ConnectorFault{
		Name: "firewall-for-address", Why: "the account is in another region", Put: account("westus", denied([]string{"203.0.113.48/28"}, nil)),
	})
	add(ConnectorFault{
		Name: "vault-firewall-for-address", Why: "a vault's rules count in its own region too",
		Put: vaultDenied([]string{connectorOutbound + "/32"}, nil),
	})
	add(ConnectorFault{
		Name: "vault-firewall-for-nodes", Why: "the subnet that AKS made", Put: vaultDenied(nil, []string{connectorNodes}),
	})
	own(ConnectorFault{Name: "firewall-for-own-subnet", Why: "the subnet of the user"}, nil, nil,
		account("eastus", denied(nil, []string{connectorNetwork + "/subnets/aks"})))
	own(ConnectorFault{Name: "vault-firewall-for-gateway", Why: "the address of the NAT gateway"},
		map[string]any{"natGateway": map[string]any{"id": connectorGateway}}, nil, vaultDenied([]string{"203.0.113.60"}, nil))
	return all
}
