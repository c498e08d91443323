package azure

import (
	"encoding/json"
	"fmt"
	"testing"
)

// A rule for zeros lets Azure in where the service says so; a range is as many prefixes as it needs.
func TestAddRange(t *testing.T) {
	for r, want := range map[[2]string]string{
		{"203.0.113.40", "203.0.113.47"}: "filtered [203.0.113.40/29] []",
		{"203.0.113.7", "203.0.113.8"}:   "filtered [203.0.113.7/32 203.0.113.8/32] []",
		{"0.0.0.0", "255.255.255.255"}:   "filtered [0.0.0.0/0] []",
		{"0.0.0.0", "0.0.0.0"}:           "open",
		{"203.0.113.9", "203.0.113.7"}:   "filtered [] [203.0.113.9-203.0.113.7]",
		{"", "office"}:                   "filtered [] [-office]",
	} {
		n := TargetNetwork{Filtered: true}
		n.addRange(r[0], r[1], true)
		got := "open"
		if n.Filtered {
			got = fmt.Sprint("filtered ", n.Ranges, " ", n.Odd)
		}
		if got != want {
			t.Errorf("%v: %s, want %s", r, got, want)
		}
	}
}

// To other services, a rule for zeros is one for that address.
func TestAddZeros(t *testing.T) {
	n := TargetNetwork{Filtered: true}
	n.addRange("0.0.0.0", "0.0.0.0", false)
	if !n.Filtered || fmt.Sprint(n.Ranges) != "[0.0.0.0/32]" {
		t.Errorf("%+v", n)
	}
}

// Each service writes who can connect in its own way.
func TestTargetNetwork(t *testing.T) {
	const filtered = `{"publicNetworkAccess": "Enabled", "networkAcls": {"defaultAction": "Deny", "ipRules": [{"value": "198.51.100.7"},
		{"value": "203.0.113.0/24"}, {"value": "1-2"}], "virtualNetworkRules": [{"id": "/s"}]}}`
	for name, c := range map[string]struct{ kind, properties, want string }{
		"open":      {storageType, `{"networkAcls": {"defaultAction": "Allow", "ipRules": [{"value": "198.51.100.7"}]}}`, "open"},
		"filtered":  {storageType, filtered, "filtered [198.51.100.7/32 203.0.113.0/24] [/s] [1-2]"},
		"vault":     {"microsoft.keyvault/vaults", filtered, "filtered [198.51.100.7/32 203.0.113.0/24] [/s] [1-2]"},
		"cosmos":    {cosmosType, `{"ipRules": [{"ipAddressOrRange": "198.51.100.7"}]}`, "filtered [198.51.100.7/32] [] []"},
		"in azure":  {cosmosType, `{"ipRules": [{"ipAddressOrRange": "198.51.100.7"}, {"ipAddressOrRange": "0.0.0.0"}]}`, "open"},
		"by subnet": {cosmosType, `{"isVirtualNetworkFilterEnabled": true, "virtualNetworkRules": [{"id": "/s"}]}`, "filtered [] [/s] []"},
		"signalr":   {"Microsoft.SignalRService/signalR", `{"networkACLs": {"defaultAction": "Deny"}}`, "elsewhere"},
		"closed":    {"Microsoft.Sql/servers", `{"publicNetworkAccess": "Disabled"}`, "closed"},
		"postgres":  {"Microsoft.DBforPostgreSQL/flexibleServers", `{"network": {"publicNetworkAccess": "Disabled"}}`, "closed"},
		"own network": {
			"Microsoft.DBforPostgreSQL/flexibleServers",
			`{"network": {"publicNetworkAccess": "Disabled", "delegatedSubnetResourceId": "/s"}}`, "integrated",
		},
		"cache": {"Microsoft.Cache/redis", `{"subnetId": "/s"}`, "integrated"},
		"approved": {storageType, `{"publicNetworkAccess": "Disabled", "privateEndpointConnections": [{"id": "/e", "properties":
			{"privateLinkServiceConnectionState": {"status": "approved"}}}]}`, "private"},
	} {
		var a targetAccess
		if err := json.Unmarshal([]byte(c.properties), &a); err != nil {
			t.Fatal(name, err)
		}
		n := a.network(c.kind, "East US")
		got := "open"
		switch {
		case n.Approved():
			got = "private"
		case n.Integrated:
			got = "integrated"
		case n.Closed():
			got = "closed"
		case n.Filtered:
			got = fmt.Sprint("filtered ", n.Ranges, n.Subnets, n.Odd)
		case !n.Rules:
			got = "elsewhere"
		}
		if got != c.want || n.Location != "eastus" {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
