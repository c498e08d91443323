package fabric

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// route is one route for packets that leave a machine.
type route struct {
	prefix netip.Prefix
	user   bool // of the subnet's route table; otherwise Azure's own
	hop    string
	ip     string
	name   string // TABLE/ROUTE
}

// routes writes the rules of the switch that make packets from the machines follow the route tables of their subnets. User-defined
// routes belong to Azure's network, not to the machine: it never sees them
// (https://learn.microsoft.com/azure/virtual-network/virtual-networks-udr-overview).
func (f *Fabric) routes(b *strings.Builder, nics []nic) error {
	var rules strings.Builder
	for _, n := range nics {
		if n.table == "" {
			continue
		}
		table, err := f.Store.Get(n.table)
		if err != nil {
			return fmt.Errorf("route table %s: %w", n.table, err)
		}
		all, err := f.routesOf(table)
		if err != nil {
			return err
		}
		for _, r := range all {
			fmt.Fprintf(&rules, "\t\tiifname %q ip daddr %s %s\n", n.port.Name, r.prefix, f.forward(n, r))
		}
	}
	for _, n := range nics {
		fmt.Fprintf(&rules, "\t\tiifname %q goto %s\n", n.port.Name, n.outboundChain())
	}
	fmt.Fprint(b, "table bridge routes {\n")
	f.outbound(b, nics)
	fmt.Fprintf(b, "\tchain prerouting {\n\t\ttype filter hook prerouting priority dstnat\n"+
		"\t\tip daddr { 168.63.129.16, 169.254.169.254 } accept\n%s\t}\n}\n", &rules)
	return nil
}

// routesOf returns the table's routes and those of Azure for the virtual network and the pods, in the order in which they apply.
func (f *Fabric) routesOf(table store.Object) ([]route, error) {
	var all []route
	for _, r := range objects(table, "routes") {
		prefix, err := netip.ParsePrefix(text(r, "properties", "addressPrefix"))
		if err != nil {
			return nil, fmt.Errorf("route %s: the lab knows no routes by service tags: %w", r["name"], err)
		}
		all = append(all, route{
			prefix: prefix.Masked(), user: true, hop: text(r, "properties", "nextHopType"), ip: text(r, "properties", "nextHopIpAddress"),
			name: fmt.Sprintf("%s/%s", table["name"], r["name"]),
		})
	}
	for _, p := range f.virtualNetworks() {
		all = append(all, route{prefix: p, hop: "VnetLocal"})
	}
	if f.PodCIDR.IsValid() {
		all = append(all, route{prefix: f.PodCIDR, hop: "VnetLocal"})
	}
	slices.SortStableFunc(all, func(a, b route) int {
		if a.user != b.user && a.prefix.Bits() == b.prefix.Bits() {
			return map[bool]int{true: -1, false: 1}[a.user]
		}
		return cmp.Compare(b.prefix.Bits(), a.prefix.Bits())
	})
	return all, nil
}

// forward returns what the switch does with a packet of the route. An appliance without a machine does not answer.
func (f *Fabric) forward(n nic, r route) string {
	mac := f.MACs[r.ip]
	switch appliance := strings.EqualFold(r.hop, "VirtualAppliance"); {
	case appliance && mac != "":
		return fmt.Sprintf("counter ether daddr set %s accept comment %q", mac, r.name)
	case appliance, strings.EqualFold(r.hop, "None"):
		return fmt.Sprintf("counter drop comment %q", r.name)
	case strings.EqualFold(r.hop, "Internet"):
		return "goto " + n.outboundChain()
	}
	return "accept"
}
