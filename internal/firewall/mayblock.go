package firewall

import (
	"slices"
	"strings"
)

// counting are the matches of iptables and the words of nft whose outcome depends on what the kernel counts or draws: the same packet
// passes at times (https://ipset.netfilter.org/iptables-extensions.man.html).
func counting() []string {
	return []string{
		"statistic", "hashlimit", "connlimit", "recent", "limit", "quota", "connbytes", "rateest", "numgen", "meter",
	}
}

// MayBlock reports whether the verdict is Unknown because of a rule that blocks some of the packets that it is about: by a limit, a
// count or at random.
func (v Verdict) MayBlock() bool {
	if v.Action != Unknown || v.Rule == nil {
		return false
	}
	words := strings.Fields(v.Rule.Text)
	has := func(any ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(any, w) })
	}
	return has("DROP", "REJECT", "drop", "reject") && has(counting()...)
}
