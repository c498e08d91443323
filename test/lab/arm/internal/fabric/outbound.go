package fabric

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// Translator is the machine that stands for the public side of the cluster's load balancer: it translates the addresses of connections to
// the API server, with the ports that each machine has (SNAT). With no port left, a connection gets no answer, as in Azure
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-outbound-connections).
type Translator struct {
	MAC     string `json:"mac"`
	Address string `json:"address"` // that stands for all public ones
	// Enter is the command that runs a program on it, without the program.
	Enter []string `json:"enter"`
}

// PortUse is what the translator counted for a machine since Azure changed last.
type PortUse struct {
	Address                 string
	Allocated, Used, Failed int
}

const firstPort = 1024

// portsOfMachine returns how many ports each machine has by the outbound rule of the load balancer; 0: connections are not translated.
func (f *Fabric) portsOfMachine() int {
	clusters, _ := f.Store.List("", "Microsoft.ContainerService/managedClusters")
	if f.Translator.Address == "" || len(clusters) != 1 {
		return 0
	}
	if text(clusters[0], "properties", "networkProfile", "outboundType") != "loadBalancer" {
		return 0
	}
	var rules []store.Object
	balancers, _ := f.Store.List("", "Microsoft.Network/loadBalancers")
	for _, b := range balancers {
		rules = append(rules, objects(b, "outboundRules")...)
	}
	if len(rules) == 0 {
		return 0
	}
	properties, _ := rules[0]["properties"].(store.Object)
	if n, _ := properties["allocatedOutboundPorts"].(float64); n > 0 {
		return int(n)
	}
	return 1024 // of a pool of up to 50 machines
}

// outbound writes the chains of the switch, one for each machine, for packets that leave the virtual network: those to the API server go
// to the translator. The packets of a route table's routes to the internet take the same way.
func (f *Fabric) outbound(b *strings.Builder, nics []nic) {
	to := ""
	if ports := f.portsOfMachine(); ports > 0 {
		fmt.Fprintf(b, "\t# each machine has %d ports\n", ports) // Sync compares the text
		to = fmt.Sprintf("\t\tip daddr %s tcp dport 443 ether daddr set %s\n", f.API.Address, f.Translator.MAC)
	}
	for _, n := range nics {
		fmt.Fprintf(b, "\tchain %s {\n%s\t\taccept\n\t}\n", n.outboundChain(), to)
	}
}

func (n nic) outboundChain() string { return "outbound_" + strings.ReplaceAll(n.port.Name, "-", "_") }

// span returns the ports of the n-th machine.
func span(n, ports int) (first, last int) { return firstPort + n*ports, firstPort + (n+1)*ports - 1 }

// translate makes the translator do it. Connections that are translated already keep their ports.
func (f *Fabric) translate(ctx context.Context) error {
	if f.Translator.Address == "" {
		return nil
	}
	var rules, asked, passed strings.Builder
	ports := f.portsOfMachine()
	for i, p := range f.Ports {
		if ports == 0 {
			break
		}
		first, last := span(i, min(ports, 64000/len(f.Ports)))
		from := fmt.Sprintf("ip saddr { %s, %s } ip daddr %s tcp dport 443", p.Address, p.Pods, f.API.Address)
		fmt.Fprintf(&rules, "\t\t%s snat to %s:%d-%d\n", from, f.Translator.Address, first, last)
		fmt.Fprintf(&asked, "\t\t%s tcp flags & (syn | ack) == syn counter comment \"asked/%s\"\n", from, p.Address)
		fmt.Fprintf(&passed, "\t\tip saddr %s tcp sport %d-%d tcp flags & (syn | ack) == syn counter comment \"passed/%s\"\n",
			f.Translator.Address, first, last, p.Address)
	}
	_, err := run(ctx, f.Translator.Enter, "", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.send_redirects=0",
		"net.ipv4.conf.eth0.send_redirects=0", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.eth0.rp_filter=0")
	if err != nil {
		return err
	}
	script := "add table ip lbsnat\ndelete table ip lbsnat\n"
	if ports > 0 {
		script += fmt.Sprintf("table ip lbsnat {\n\tchain forward {\n\t\ttype filter hook forward priority 0\n%s\t}\n"+
			"\tchain translate {\n\t\ttype nat hook postrouting priority srcnat\n%s\t}\n"+
			"\tchain out {\n\t\ttype filter hook postrouting priority srcnat + 10\n%s\t}\n}\n", &asked, &rules, &passed)
	}
	_, err = run(ctx, f.Translator.Enter, script, "nft", "-f", "-")
	return err
}

// PortUses returns what the translator counted, in the order of the machines.
func (f *Fabric) PortUses(ctx context.Context) ([]PortUse, error) {
	ports := f.portsOfMachine()
	if ports == 0 {
		return nil, nil
	}
	out, err := run(ctx, f.Translator.Enter, "", "nft", "-j", "list", "table", "ip", "lbsnat")
	if err != nil {
		return nil, err
	}
	counters, err := comments(out, func(string) bool { return true })
	if err != nil {
		return nil, err
	}
	tracked, err := run(ctx, f.Translator.Enter, "", "conntrack", "-L", "-p", "tcp", "-d", f.API.Address, "--dport", "443")
	if err != nil {
		return nil, err
	}
	var all []PortUse
	for i, p := range f.Ports {
		first, last := span(i, min(ports, 64000/len(f.Ports)))
		use := PortUse{Address: p.Address, Allocated: ports, Failed: max(0, counters["asked/"+p.Address]-counters["passed/"+p.Address])}
		for line := range strings.Lines(string(tracked)) {
			_, reply, _ := strings.Cut(line, "sport=443 ")
			_, word, _ := strings.Cut(reply, "dport=")
			word, _, _ = strings.Cut(word, " ")
			if n, err := strconv.Atoi(word); err == nil && first <= n && n <= last {
				use.Used++
			}
		}
		all = append(all, use)
	}
	return all, nil
}

// comments returns the packets that rules with comments have counted, of the tables that are wanted, by the comments.
func comments(listing []byte, wanted func(table string) bool) (map[string]int, error) {
	var ruleset struct {
		Nftables []struct {
			Rule struct {
				Table   string
				Comment string
				Expr    []struct {
					Counter struct{ Packets int }
				}
			}
		}
	}
	if err := json.Unmarshal(listing, &ruleset); err != nil {
		return nil, err
	}
	counters := map[string]int{}
	for _, o := range ruleset.Nftables {
		for _, e := range o.Rule.Expr {
			if wanted(o.Rule.Table) && o.Rule.Comment != "" {
				counters[o.Rule.Comment] += e.Counter.Packets
			}
		}
	}
	return counters, nil
}

// translated returns the address from which the API server sees the machines; not valid: their own.
func (f *Fabric) translated() netip.Prefix {
	a, err := netip.ParseAddr(f.Translator.Address)
	if err != nil || f.portsOfMachine() == 0 {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}
