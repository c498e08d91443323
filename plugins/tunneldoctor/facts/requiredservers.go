package facts

import "strings"

// dataEndpoint is the suffix of a region's endpoint for image layers.
const dataEndpoint = ".data.mcr.microsoft.com"

// requiredServers returns the HTTPS servers that AKS requires nodes of their cloud and region to reach, without those of addons
// (https://learn.microsoft.com/azure/aks/outbound-rules-control-egress).
func requiredServers(nodes NodeList) []string {
	region := ""
	for _, n := range nodes.Items {
		if region == "" && isWord(n.Region) {
			region = strings.ToLower(n.Region)
		}
	}
	switch {
	case strings.HasPrefix(region, "china"):
		return []string{"mcr.azure.cn", "management.chinacloudapi.cn", "login.chinacloudapi.cn", "packages.microsoft.com"}
	case strings.HasPrefix(region, "usgov"), strings.HasPrefix(region, "usdod"):
		return []string{"mcr.microsoft.com", "management.usgovcloudapi.net", "login.microsoftonline.us", "packages.microsoft.com"}
	}
	list := []string{
		"mcr.microsoft.com", "management.azure.com", "login.microsoftonline.com", "packages.microsoft.com", "packages.aks.azure.com",
	}
	if region != "" {
		list = append(list, region+dataEndpoint)
	}
	return list
}

// OptionalServer reports whether a required server may not exist: not every region has an endpoint for image layers.
func OptionalServer(name string) bool { return strings.HasSuffix(name, dataEndpoint) }
