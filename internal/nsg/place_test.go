package nsg

import "testing"

func TestListedTag(t *testing.T) {
	for text, want := range map[string]bool{
		"AzureCloud.eastus": true, "Storage": true, "AzureFrontDoor.Backend": true,
		"*": false, "Any": false, "Internet": false, "virtualnetwork": false, "AzureLoadBalancer": false, "AzurePlatformDNS": false,
		"10.0.0.0/8": false, "10.0.0.4": false, "": false, "fd00::/8": false,
	} {
		if ListedTag(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
