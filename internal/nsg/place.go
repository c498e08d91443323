package nsg

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// place is where a rule's packets come from or go to.
type place struct {
	entries []entry
	asgs    []string
	unread  []doubt // about a rule without any place
}

// entry is one of the addresses of a place. If it is neither any, a tag nor a valid prefix, its text cannot be read.
type entry struct {
	text   string
	key    string // of the doubt about it
	any    bool
	tag    string // in lower case
	prefix netip.Prefix
}

// tagName is the form of service tags, such as AzureFrontDoor.FirstParty.
var tagName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]*([._-][A-Za-z0-9]+)*$`)

// ListedTag reports whether the text is the name of a service tag whose prefixes Azure lists: those of its services, and not those whose
// meaning depends on the network or the platform.
func ListedTag(text string) bool {
	tag := strings.ToLower(text)
	switch {
	case !tagName.MatchString(text), tag == "any", strings.HasPrefix(tag, platformTags):
		return false
	}
	return tag != tagVirtualNetwork && tag != tagLoadBalancer && tag != tagInternet
}

// parsePlace reads addresses as ARM writes them: "*", "10.0.0.4", "10.0.0.0/8", "Internet". key is that of the doubts about what
// cannot be read.
func parsePlace(key string, texts, asgs []string) place {
	p := place{asgs: asgs}
	if len(texts)+len(asgs) == 0 {
		p.unread = []doubt{{key, "a rule without addresses cannot be evaluated"}}
	}
	for i, t := range texts {
		p.entries = append(p.entries, parseEntry(fmt.Sprint(key, i), t))
	}
	return p
}

func parseEntry(key, text string) entry {
	e := entry{text: text, key: key}
	if text == "*" || strings.EqualFold(text, "any") {
		e.any = true
		return e
	}
	if tagName.MatchString(text) {
		e.tag = strings.ToLower(text)
		return e
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" && !a.Is4In6() {
		e.prefix = netip.PrefixFrom(a, a.BitLen())
	} else if p, err := netip.ParsePrefix(text); err == nil && !p.Addr().Is4In6() {
		e.prefix = p
	}
	return e
}

// match reports whether the address, or a NIC with the application security groups, is in the place. side names it in a sentence.
func (p place) match(w *world, a netip.Addr, asgs []string, side string) answer {
	answer := impossible
	for _, e := range p.entries {
		if answer = answer.or(e.match(w, a, side)); answer.truth == yes {
			return answer
		}
	}
	for _, id := range p.asgs {
		if asgs == nil {
			reason := "the application security groups of the " + side + " are not known"
			answer = answer.or(w.ask("asg "+side+" "+strings.ToLower(id), reason))
			continue
		}
		answer = answer.or(known(slices.ContainsFunc(asgs, func(have string) bool { return strings.EqualFold(have, id) })))
	}
	for _, d := range p.unread {
		answer = answer.or(w.ask(d.key, d.reason))
	}
	return answer
}

func (e entry) match(w *world, a netip.Addr, side string) answer {
	switch {
	case e.any:
		return certain
	case e.tag == "" && !e.prefix.IsValid():
		return w.ask(e.key, fmt.Sprintf("the address %q cannot be read", e.text))
	case !a.IsValid():
		return unknown("the " + side + " address is not known")
	case e.tag != "":
		return w.tagged(e.tag, e.text, a)
	case a.Is6() && e.prefix.Bits() == 0 && e.prefix.Addr().Is4(): // Azure documents it as all addresses
		return w.ask("all", "whether 0.0.0.0/0 covers IPv6 addresses is not known")
	}
	return known(e.prefix.Contains(a))
}
