package fabric

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/akstools/akstools/test/lab/arm/internal/store"
)

// group writes the chains of a group, one for each direction.
func (f *Fabric) group(b *strings.Builder, number int, id string) error {
	o, err := f.Store.Get(id)
	if err != nil {
		return fmt.Errorf("network security group %s: %w", id, err)
	}
	rules := append(objects(o, "securityRules"), objects(o, "defaultSecurityRules")...)
	slices.SortStableFunc(rules, func(a, b store.Object) int { return cmp.Compare(priority(a), priority(b)) })
	for _, direction := range []string{"in", "out"} {
		fmt.Fprintf(b, "\tchain group%d_%s {\n", number, direction)
		for _, r := range rules {
			if !strings.EqualFold(text(r, "properties", "direction"), direction+"bound") {
				continue
			}
			match, ever, err := f.match(r)
			if err != nil {
				return fmt.Errorf("rule %s of %s: %w", r["name"], id, err)
			}
			if !ever {
				continue
			}
			verdict := "drop"
			if strings.EqualFold(text(r, "properties", "access"), "allow") {
				verdict = "return"
			}
			fmt.Fprintf(b, "\t\t%scounter %s comment \"%s/%s\"\n", match, verdict, o["name"], r["name"])
		}
		b.WriteString("\t}\n")
	}
	return nil
}

func priority(r store.Object) float64 {
	properties, _ := r["properties"].(store.Object)
	n, _ := properties["priority"].(float64)
	return n
}

// match returns the rule's match in nft's language; ever is false if no packet can match.
func (f *Fabric) match(r store.Object) (match string, ever bool, err error) {
	protocol := strings.ToLower(text(r, "properties", "protocol"))
	if protocol != "*" && protocol != "" {
		match = "meta l4proto " + protocol + " "
	}
	for _, side := range []struct{ name, field string }{{"source", "saddr"}, {"destination", "daddr"}} {
		m, ever, err := f.addresses(r, side.name, side.field)
		if err != nil || !ever {
			return "", false, err
		}
		match += m
	}
	for _, side := range []struct{ name, field string }{{"source", "sport"}, {"destination", "dport"}} {
		ports := values(r, side.name+"PortRange")
		if len(ports) == 0 || slices.Contains(ports, "*") {
			continue
		}
		if protocol != "tcp" && protocol != "udp" && !strings.Contains(match, "l4proto { tcp") {
			if protocol != "*" && protocol != "" {
				return "", false, nil // such packets have no ports
			}
			match += "meta l4proto { tcp, udp } "
		}
		match += fmt.Sprintf("th %s { %s } ", side.field, strings.Join(ports, ", "))
	}
	return match, true, nil
}

// values returns a property that Azure has in the singular and in the plural.
func values(r store.Object, name string) []string {
	var all []string
	if v := text(r, "properties", name); v != "" {
		all = append(all, v)
	}
	plural := name + "s"
	if strings.HasSuffix(name, "Prefix") {
		plural = name + "es"
	}
	properties, _ := r["properties"].(store.Object)
	list, _ := properties[plural].([]any)
	for _, v := range list {
		all = append(all, fmt.Sprint(v))
	}
	return all
}

// addresses returns the match of one side's addresses.
func (f *Fabric) addresses(r store.Object, side, field string) (match string, ever bool, err error) {
	var in []netip.Prefix
	for _, v := range values(r, side+"AddressPrefix") {
		switch {
		case v == "*" || v == "0.0.0.0/0" || strings.EqualFold(v, "any"):
			return "", true, nil
		case strings.EqualFold(v, "Internet"):
			return fmt.Sprintf("ip %s != { %s } ", field, join(f.virtualNetwork())), true, nil
		}
		found, err := f.prefixes(v)
		if err != nil {
			return "", false, err
		}
		in = append(in, found...)
	}
	for _, g := range objects(r, side+"ApplicationSecurityGroups") {
		in = append(in, f.members(text(g, "id"))...)
	}
	if len(in) == 0 {
		return "", false, nil
	}
	return fmt.Sprintf("ip %s { %s } ", field, join(in)), true, nil
}

func join(prefixes []netip.Prefix) string {
	var all []string
	for _, p := range prefixes {
		if s := p.Masked().String(); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return strings.Join(all, ", ")
}
