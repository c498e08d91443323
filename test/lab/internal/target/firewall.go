package target

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Firewall is which addresses may connect.
type Firewall struct {
	Open   bool // all of them
	Ranges []netip.Prefix
}

// allows reports whether the address may connect.
func (f Firewall) allows(at netip.Addr) bool {
	return f.Open || slices.ContainsFunc(f.Ranges, func(r netip.Prefix) bool { return r.Contains(at.Unmap()) })
}

func (f Firewall) equal(g Firewall) bool { return f.Open == g.Open && slices.Equal(f.Ranges, g.Ranges) }

// ranges returns what may connect as prefixes.
func (f Firewall) ranges() []netip.Prefix {
	if f.Open {
		return []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0)}
	}
	return f.Ranges
}

// access is what the properties of a data service, or of a rule of its firewall, tell about who may connect.
type access struct {
	Public string `json:"publicNetworkAccess"`
	// of rules of databases and caches
	Start      string `json:"startIpAddress"`
	End        string `json:"endIpAddress"`
	RedisStart string `json:"startIP"`
	RedisEnd   string `json:"endIP"`
	// of storage accounts and key vaults
	ACLs struct {
		DefaultAction string   `json:"defaultAction"`
		IPRules       []ipRule `json:"ipRules"`
	} `json:"networkAcls"`
	// of Cosmos DB and of rule sets
	IPRules []ipRule `json:"ipRules"`
}

// ipRule is an address or a range, which each type of data services calls otherwise.
type ipRule struct {
	Value string `json:"value"`
	Mask  string `json:"ipMask"`
	Range string `json:"ipAddressOrRange"`
}

// firewallOf returns the firewall that the properties make together. open is whether all addresses may connect without a rule.
func firewallOf(all []access, open bool) (Firewall, error) {
	f := Firewall{Open: open}
	for _, a := range all {
		if a.Public == "Disabled" {
			return Firewall{}, nil
		}
		rules := slices.Concat(a.ACLs.IPRules, a.IPRules)
		// a rule set without rules allows all, whatever its default action
		// (https://learn.microsoft.com/azure/service-bus-messaging/service-bus-ip-filtering)
		if len(rules) > 0 || a.ACLs.DefaultAction == "Deny" {
			f.Open = false
		}
		for _, r := range rules {
			text := r.Value + r.Mask + r.Range
			if !strings.Contains(text, "/") {
				text += "/32"
			}
			p, err := netip.ParsePrefix(text)
			if err != nil {
				return f, err
			}
			f.Ranges = append(f.Ranges, p)
		}
		if a.Start+a.RedisStart == "" {
			continue
		}
		between, err := prefixes(a.Start+a.RedisStart, a.End+a.RedisEnd)
		if err != nil {
			return f, err
		}
		f.Ranges, f.Open = append(f.Ranges, between...), false
	}
	// a rule for 0.0.0.0 alone is for all of Azure's addresses, and the cluster is in Azure
	if slices.Contains(f.Ranges, netip.PrefixFrom(netip.IPv4Unspecified(), 32)) {
		f.Open = true
	}
	slices.SortFunc(f.Ranges, netip.Prefix.Compare)
	return f, nil
}

// prefixes returns the prefixes that are the addresses of IPv4 from start to end together.
func prefixes(start, end string) ([]netip.Prefix, error) {
	from, err1 := netip.ParseAddr(start)
	to, err2 := netip.ParseAddr(end)
	if err1 != nil || err2 != nil || !from.Is4() || !to.Is4() || to.Less(from) {
		return nil, fmt.Errorf("no range of IPv4 addresses: %s to %s", start, end)
	}
	var all []netip.Prefix
	for from.IsValid() && !to.Less(from) {
		p := netip.PrefixFrom(from, 32)
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(from, p.Bits()-1)
			if wider.Masked().Addr() != from || to.Less(last(wider)) {
				break
			}
			p = wider
		}
		all = append(all, p)
		from = last(p).Next()
	}
	return all, nil
}

// last returns the last address of a prefix of IPv4.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().As4()
	for i := p.Bits(); i < 32; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	return netip.AddrFrom4(b)
}
