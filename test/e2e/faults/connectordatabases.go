package faults

import "fmt"

const (
	connectorSQL    = connectorData + "/providers/Microsoft.Sql/servers/shop-sql"
	connectorCache  = connectorData + "/providers/Microsoft.Cache/redis/shop-cache"
	connectorCosmos = connectorData + "/providers/Microsoft.DocumentDB/databaseAccounts/shop-cosmos"
	connectorBus    = connectorData + "/providers/Microsoft.ServiceBus/namespaces/shop-bus"
)

// ranged adds rules for ranges, each from its first to its last address, to the database that is the first of the resources.
func ranged(resources []AzureResource, ranges ...[2]string) []AzureResource {
	server := resources[0].ID
	for i, r := range ranges {
		properties := map[string]any{"startIpAddress": r[0], "endIpAddress": r[1]}
		if server == connectorCache {
			properties = map[string]any{"startIP": r[0], "endIP": r[1]}
		}
		resources = append(resources, AzureResource{
			fmt.Sprintf("%s/firewallRules/rule%d", server, i), map[string]any{"properties": properties},
		})
	}
	return resources
}

// bySecret is a target to which the connection signs in by a secret: for its kind no role counts.
func bySecret(target, part string, properties map[string]any) []AzureResource {
	return []AzureResource{
		{target, map[string]any{"location": "eastus", "properties": properties}},
		link("mydb", map[string]any{
			"targetService": map[string]any{"type": "AzureResource", "id": target + part}, "authInfo": map[string]any{"authType": "secret"},
		}),
	}
}

// byGrant is a target to which the connection signs in by its identity, with one grant for the data: the list, the name of the property,
// and the object ID.
func byGrant(target, part string, grant ...string) []AzureResource {
	all := []AzureResource{
		{target, map[string]any{"location": "eastus", "properties": map[string]any{"publicNetworkAccess": "Enabled"}}},
		link("mydb", map[string]any{"targetService": map[string]any{"type": "AzureResource", "id": target + part}}),
	}
	if len(grant) == 3 {
		all = append(all, AzureResource{target + "/" + grant[0] + "/shop", map[string]any{"properties": map[string]any{grant[1]: grant[2]}}})
	}
	return all
}

// ruleSet are the rules of a Service Bus namespace.
func ruleSet(action string, masks ...string) []AzureResource {
	rules := []any{}
	for _, m := range masks {
		rules = append(rules, map[string]any{"ipMask": m, "action": "Allow"})
	}
	return append(bySecret(connectorBus, "", map[string]any{}), AzureResource{connectorBus + "/networkRuleSets/default", map[string]any{
		"properties": map[string]any{
			"publicNetworkAccess": "Enabled", "defaultAction": action, "ipRules": rules, "virtualNetworkRules": []any{},
		},
	}})
}

// connectorDatabases are targets whose firewall is not part of the resource itself.
func connectorDatabases() []ConnectorFault {
	const code = "CON0703"
	open := map[string]any{"publicNetworkAccess": "Enabled"}
	sql := func() []AzureResource { return bySecret(connectorSQL, "/databases/shop", open) }
	cache := func() []AzureResource { return bySecret(connectorCache, "/databases/0", open) }
	subnet := AzureResource{connectorSQL + "/virtualNetworkRules/aks", map[string]any{"properties": map[string]any{
		"virtualNetworkSubnetId": connectorNodes,
	}}}
	return []ConnectorFault{
		{
			Name: "postgres-without-rules", Code: code, Why: "nobody added a rule: a server lets nobody in by itself", Put: postgres(open),
			Text: "firewallRules/aks-203-0-113-50",
		},
		{
			Name: "postgres-rules-for-others", Code: code, Why: "the rules are for the office and the former cluster", Text: connectorOutbound,
			Put: ranged(postgres(open), [2]string{"198.51.100.1", "198.51.100.20"}, [2]string{"203.0.113.51", "203.0.113.60"}),
		},
		{
			Name: "sql-rules-for-others", Code: code, Degraded: true, Why: "the rule is for the office", Text: "az sql server vnet-rule create",
			Put: ranged(sql(), [2]string{"198.51.100.7", "198.51.100.7"}),
		},
		{
			Name: "cache-rules-for-others", Code: code, Why: "with a rule, a cache lets nobody else in", Text: "az redis firewall-rules create",
			Put: ranged(cache(), [2]string{"198.51.100.7", "198.51.100.7"}),
		},
		{
			Name: "bus-denies", Code: code, Why: "the default action was changed", Put: ruleSet("Deny", "198.51.100.0/24"),
			Text: "az servicebus namespace network-rule-set ip-rule add",
		},
		{
			Name: "postgres-rule-for-cluster", Why: "the outbound address lies within a range, between others",
			Put: ranged(postgres(open), [2]string{"198.51.100.1", "198.51.100.20"}, [2]string{"203.0.113.40", "203.0.113.53"}),
		},
		{
			Name: "postgres-rule-for-azure", Why: "0.0.0.0 lets all of Azure in", Put: ranged(postgres(open), [2]string{"0.0.0.0", "0.0.0.0"}),
		},
		{
			Name: "cache-without-grant", Code: "CON0706", Why: "the identity is Contributor, and has no access policy assignment", NoRole: true,
			Role: "Contributor", Put: byGrant(connectorCache, "/databases/0"), Text: "az redis access-policy-assignment create",
		},
		{
			Name: "cosmos-grant-of-other", Code: "CON0706", Degraded: true, Why: "another has the role for data, perhaps a group",
			Put: byGrant(connectorCosmos, "/sqlDatabases/shop", "sqlRoleAssignments", "principalId", "77777777-8888-9999-0000-111111111111"),
		},
		{
			Name: "cosmos-grant", Why: "a role assignment of the account itself",
			Put: byGrant(connectorCosmos, "/sqlDatabases/shop", "sqlRoleAssignments", "principalId", ConnectorPrincipal),
		},
		{
			Name: "cosmos-for-mongo", Why: "its API for MongoDB has no such grants", Put: byGrant(connectorCosmos, "/mongodbDatabases/shop"),
		},
		{
			Name: "cache-grant", Why: "an access policy assignment",
			Put: byGrant(connectorCache, "/databases/0", "accessPolicyAssignments", "objectId", ConnectorPrincipal),
		},
		{Name: "sql-rule-for-subnet", Why: "the nodes' subnet has a rule", Put: append(sql(), subnet)},
		{Name: "cache-without-rules", Why: "a cache without rules lets everybody in", Put: cache()},
		{Name: "bus-denies-without-rules", Why: "without rules, the default action has no effect", Put: ruleSet("Deny")},
		{Name: "bus-allows", Why: "rules without effect: the default action is Allow", Put: ruleSet("Allow", "198.51.100.0/24")},
		{
			Name: "bus-without-rule-set", Why: "a namespace that never had rules",
			Put: bySecret(connectorBus, "", map[string]any{"publicNetworkAccess": "Enabled"}),
		},
	}
}
