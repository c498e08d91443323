package firewall

import (
	"strconv"
	"strings"
)

// extension returns the steps of a target that is not a chain.
func (l link) extension(text string) []step {
	end := func(v verdict) []step { return []step{{text: text, cases: always(v)}} }
	switch l.target {
	case "ACCEPT":
		return end(verdict{does: accept})
	case "DROP":
		return end(verdict{does: drop})
	case "REJECT":
		return end(verdict{does: reject})
	case "RETURN":
		return end(verdict{does: back})
	case "LOG", "NFLOG", "ULOG", "TRACE", "TCPMSS", "TOS", "DSCP", "TTL", "HL", "ECN", "CLASSIFY", "CHECKSUM", "AUDIT",
		"CONNSECMARK", "SECMARK", "RATEEST", "IDLETIMER", "LED", "TCPOPTSTRIP", "TEE":
		return nil
	case "NOTRACK":
		return []step{{text: text, change: untrack}}
	case "CT":
		for _, w := range l.rest {
			if w.text == "--notrack" {
				return []step{{text: text, change: untrack}}
			}
		}
		return nil
	case "MARK", "HMARK", "SET": // SET may copy a mark from a set
		return []step{{text: text, change: setMark(l.rest)}}
	case "CONNMARK":
		return []step{{text: text, change: setConnmark(l.rest)}}
	case "SNAT", "MASQUERADE":
		return append([]step{{text: text, change: changeSource}}, end(verdict{does: accept})...)
	case "DNAT", "REDIRECT", "NETMAP", "TPROXY":
		return end(verdict{does: unclear, reason: text + ": it changes the destination", redirects: true})
	}
	return end(verdict{does: unclear, reason: text + ": unknown target"})
}

func untrack(_ *crossing, f *flow) { f.state = f.state.replace(stateInvalid, stateUntracked) }

func changeSource(_ *crossing, f *flow) { f.sourceNAT = true }

// setMark parses the options of MARK. If they are unknown, so is the mark.
func setMark(options []word) func(*crossing, *flow) {
	compute := marking(options)
	return func(_ *crossing, f *flow) { f.mark = compute(f.mark) }
}

// marking parses an option that sets a mark.
func marking(options []word) func(bits) bits {
	unknown := func(bits) bits { return bits{} }
	if len(options) < 2 {
		return unknown
	}
	value, mask, ok := masked(options[1].text)
	if !ok {
		return unknown
	}
	v := exactly(value)
	switch options[0].text {
	case "--set-xmark":
		return func(b bits) bits { return b.and(exactly(^mask)).xor(v) }
	case "--set-mark":
		return func(b bits) bits { return b.and(exactly(^mask)).or(v) }
	case "--and-mark":
		return func(b bits) bits { return b.and(v) }
	case "--or-mark":
		return func(b bits) bits { return b.or(v) }
	case "--xor-mark":
		return func(b bits) bits { return b.xor(v) }
	}
	return unknown
}

// setConnmark parses the options of CONNMARK, which sets the connection's mark, or copies it from or to the packet's mark.
func setConnmark(options []word) func(*crossing, *flow) {
	save, restore := false, false
	nf, ct := exactly(allBits), exactly(allBits)
	for i, w := range options {
		value := bits{}
		if i+1 < len(options) {
			if n, err := strconv.ParseUint(options[i+1].text, 0, 32); err == nil {
				value = exactly(uint32(n))
			}
		}
		switch w.text {
		case "--save-mark":
			save = true
		case "--restore-mark":
			restore = true
		case "--nfmask":
			nf = value
		case "--ctmask":
			ct = value
		case "--mask":
			nf, ct = value, value
		}
	}
	invert := func(b bits) bits { return b.xor(exactly(allBits)) }
	switch {
	case save:
		return func(_ *crossing, f *flow) { f.ctmark = f.ctmark.and(invert(ct)).xor(f.mark.and(nf)) }
	case restore:
		return func(_ *crossing, f *flow) { f.mark = f.mark.and(invert(nf)).xor(f.ctmark.and(ct)) }
	}
	compute := marking(options)
	return func(_ *crossing, f *flow) { f.ctmark = compute(f.ctmark) }
}

// masked parses a mark such as 0x8000/0x8000; without a mask, all bits count.
func masked(text string) (value, mask uint32, ok bool) {
	v, m, found := strings.Cut(text, "/")
	number, err := strconv.ParseUint(v, 0, 32)
	if err != nil {
		return 0, 0, false
	}
	if !found {
		return uint32(number), allBits, true
	}
	bound, err := strconv.ParseUint(m, 0, 32)
	return uint32(number), uint32(bound), err == nil
}
