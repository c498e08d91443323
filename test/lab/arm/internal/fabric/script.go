package fabric

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// table is the nftables table of the groups. Its sibling in the bridge family marks packets with their ports, which the
// family ip does not see: the low four bits are the destination's port and the next four the source's, counted from 1.
const table = "nsg"

// script returns the rules for nft -f. Without any group there are no tables.
func (f *Fabric) script() (string, error) {
	var b strings.Builder
	for _, t := range []string{"bridge nsgmark", "bridge routes", "bridge access", "ip " + table} {
		fmt.Fprintf(&b, "add table %[1]s\ndelete table %[1]s\n", t)
	}
	nics, err := f.nics()
	if err != nil {
		return "", err
	}
	if err := f.routes(&b, nics); err != nil {
		return "", err
	}
	if err := f.access(&b); err != nil {
		return "", err
	}
	groups := map[string]int{}
	var chains, jumps, marks strings.Builder
	for i, n := range nics {
		fmt.Fprintf(&marks, "\t\toifname %q meta mark set mark or %#x\n", n.port.Name, i+1)
		fmt.Fprintf(&marks, "\t\tiifname %q meta mark set mark or %#x\n", n.port.Name, (i+1)<<4)
		fmt.Fprintf(&jumps, "\t\tmeta mark and 0xf0 == %#x jump nic%d_out\n", (i+1)<<4, i)
	}
	for i, n := range nics {
		fmt.Fprintf(&jumps, "\t\tmeta mark and 0x0f == %#x jump nic%d_in\n", i+1, i)
		var levels [2]string // of the subnet, of the NIC
		for level, id := range []string{n.subnetGroup, n.group} {
			if id == "" {
				continue
			}
			key := strings.ToLower(id)
			if _, ok := groups[key]; !ok {
				groups[key] = len(groups)
				if err := f.group(&chains, groups[key], id); err != nil {
					return "", err
				}
			}
			levels[level] = fmt.Sprintf("\t\tjump group%d_DIRECTION\n", groups[key])
		}
		fmt.Fprintf(&chains, "\tchain nic%d_in {\n%s\t}\n", i, strings.ReplaceAll(levels[0]+levels[1], "DIRECTION", "in"))
		fmt.Fprintf(&chains, "\tchain nic%d_out {\n%s\t}\n", i, strings.ReplaceAll(levels[1]+levels[0], "DIRECTION", "out"))
	}
	if len(groups) == 0 {
		return b.String(), nil
	}
	fmt.Fprintf(
		&b,
		"table bridge nsgmark {\n\tchain forward {\n\t\ttype filter hook forward priority -200\n\t\tmeta mark set 0\n%s\t}\n}\n",
		&marks,
	)
	fmt.Fprintf(
		&b,
		"table ip %s {\n%s\tchain forward {\n\t\ttype filter hook forward priority 0\n\t\tct state established,related accept\n",
		table,
		&chains,
	)
	// Azure's own addresses are exempt, health probes are not
	b.WriteString(
		"\t\tip daddr 168.63.129.16 meta l4proto { tcp, udp } th dport { 53, 80, 32526 } accept\n\t\tip daddr 169.254.169.254 accept\n",
	)
	fmt.Fprintf(&b, "%s\t}\n}\n", &jumps)
	return b.String(), nil
}

// nic is a machine's network interface in Azure.
type nic struct {
	port               Port
	group, subnetGroup string // IDs of network security groups; empty: none
	table              string // the ID of the subnet's route table; empty: none
}

// nics returns the NICs of the machines that have a port.
func (f *Fabric) nics() ([]nic, error) {
	var found []nic
	for _, p := range f.Ports {
		for _, o := range f.interfaces() {
			for _, c := range objects(o, "ipConfigurations") {
				if text(c, "properties", "privateIPAddress") != p.Address {
					continue
				}
				n := nic{port: p, group: text(o, "properties", "networkSecurityGroup", "id")}
				if id := text(c, "properties", "subnet", "id"); id != "" {
					subnet, err := f.Store.Get(id)
					if err != nil {
						return nil, fmt.Errorf("subnet %s: %w", id, err)
					}
					n.subnetGroup = text(subnet, "properties", "networkSecurityGroup", "id")
					n.table = text(subnet, "properties", "routeTable", "id")
				}
				found = append(found, n)
			}
		}
	}
	return found, nil
}

func (f *Fabric) interfaces() []store.Object {
	var all []store.Object
	for _, kind := range []string{
		"Microsoft.Network/networkInterfaces", "Microsoft.Compute/virtualMachineScaleSets/virtualMachines/networkInterfaces",
	} {
		some, _ := f.Store.List("", kind) // of such kinds there are no parents that could be missing
		all = append(all, some...)
	}
	return all
}

// objects returns the members of a list of the body's properties.
func objects(o store.Object, list string) []store.Object {
	properties, _ := o["properties"].(store.Object)
	members, _ := properties[list].([]any)
	var all []store.Object
	for _, m := range members {
		if member, ok := m.(store.Object); ok {
			all = append(all, member)
		}
	}
	return all
}

// text returns the string at the path, or "".
func text(o store.Object, path ...string) string {
	for _, name := range path[:len(path)-1] {
		o, _ = o[name].(store.Object)
	}
	s, _ := o[path[len(path)-1]].(string)
	return s
}
