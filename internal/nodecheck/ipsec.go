package nodecheck

import (
	"net/netip"
	"slices"
	"strings"
)

// IPsec is a kernel's IPsec policies for all packets between two ranges. A network plugin that was removed may leave some behind, and the
// kernel then drops what nothing encrypts any more (https://man7.org/linux/man-pages/man8/ip-xfrm.8.html).
type IPsec struct {
	Policies []IPsecPolicy `json:"policies"`
}

// IPsecPolicy is what the kernel does with packets from one range to another.
type IPsecPolicy struct {
	From      netip.Prefix `json:"from"`
	To        netip.Prefix `json:"to"`
	Direction string       `json:"direction"` // in, out or fwd
	// Block: they are dropped.
	Block bool `json:"block,omitempty"`
	// Protocol is how they have to be protected: esp, ah or other; empty: they may pass as they are.
	Protocol string `json:"protocol,omitempty"`
	// Keyed reports whether the kernel has keys for that, or whether this is unknown.
	Keyed bool `json:"keyed,omitempty"`

	request, outer string
}

// Drops returns the policy by which the kernel drops the packets: it blocks them, or demands a protection for which there are no keys. It
// returns false if there is none, or if another policy may let them pass.
func (i *IPsec) Drops(from, to netip.Addr) (IPsecPolicy, bool) {
	if i == nil {
		return IPsecPolicy{}, false
	}
	var found []IPsecPolicy
	for _, p := range i.Policies {
		if !p.From.Contains(from) || !p.To.Contains(to) {
			continue
		}
		if !p.Block && (p.Protocol == "" || p.Keyed) {
			return IPsecPolicy{}, false
		}
		found = append(found, p)
	}
	if len(found) == 0 {
		return IPsecPolicy{}, false
	}
	return found[0], true
}

// ipsec parses the lines of the script's function of that name. It returns nil without a policy.
func ipsec(lines []string) *IPsec {
	var i IPsec
	keyed := func(IPsecPolicy) bool { return true }
	if slices.Contains(lines, "listed") {
		keyed = func(p IPsecPolicy) bool {
			return slices.ContainsFunc(lines, func(line string) bool {
				f := strings.Fields(line)
				return len(f) == 5 && f[0] == "key" && f[1] == p.Protocol && (f[2] != "0" && f[2] == p.request || f[3]+" "+f[4] == p.outer)
			})
		}
	}
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) != 9 || f[0] != "policy" || !slices.Contains([]string{"in", "out", "fwd"}, f[3]) {
			continue
		}
		from, err := netip.ParsePrefix(f[1])
		to, toErr := netip.ParsePrefix(f[2])
		if err != nil || toErr != nil {
			continue
		}
		p := IPsecPolicy{From: from, To: to, Direction: f[3], Block: f[4] == "block", request: f[6], outer: f[7] + " " + f[8]}
		switch f[5] {
		case "-":
		case "esp", "ah":
			p.Protocol = f[5]
			p.Keyed = keyed(p)
		default:
			p.Protocol, p.Keyed = "other", true // such as comp, which needs no key
		}
		i.Policies = append(i.Policies, p)
	}
	if len(i.Policies) == 0 {
		return nil
	}
	return &i
}
