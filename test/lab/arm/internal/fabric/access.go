package fabric

import (
	"fmt"
	"net/netip"
	"strings"
)

// API is the API server as the switch sees it.
type API struct {
	Port    string `json:"port"` // of the switch's network device
	Address string `json:"address"`
}

// access writes the rule that lets only the authorized IP ranges of the cluster reach the API server, and, where the cluster's own load
// balancer translates them, the nodes and pods, whose addresses stand for the load balancer's: it is always authorized
// (https://learn.microsoft.com/azure/aks/api-server-authorized-ip-ranges).
func (f *Fabric) access(b *strings.Builder) error {
	clusters, _ := f.Store.List("", "Microsoft.ContainerService/managedClusters")
	for _, c := range clusters {
		properties, _ := c["properties"].(map[string]any)
		profile, _ := properties["apiServerAccessProfile"].(map[string]any)
		ranges, _ := profile["authorizedIPRanges"].([]any)
		if len(ranges) == 0 || f.API.Port == "" {
			continue
		}
		var allowed []netip.Prefix
		for _, r := range ranges {
			found, err := f.prefixes(fmt.Sprint(r))
			if err != nil {
				return err
			}
			allowed = append(allowed, found...)
		}
		if network, _ := properties["networkProfile"].(map[string]any); network["outboundType"] == "loadBalancer" {
			allowed = append(append(allowed, f.virtualNetworks()...), f.PodCIDR)
			if a := f.translated(); a.IsValid() {
				allowed = append(allowed, a)
			}
		}
		fmt.Fprintf(b, "table bridge access {\n\tchain forward {\n\t\ttype filter hook forward priority -150\n"+
			"\t\toifname %q ip daddr %s tcp dport 443 ip saddr != { %s } counter drop comment \"access/authorized-ranges\"\n\t}\n}\n",
			f.API.Port, f.API.Address, join(allowed))
	}
	return nil
}
