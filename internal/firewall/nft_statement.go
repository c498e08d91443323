package firewall

import "fmt"

// statement parses a statement of a rule. An unknown one may do anything.
func (p *listed) statement(in chainName, s map[string]any) []step {
	for kind, of := range s {
		if len(s) != 1 {
			break
		}
		inner, _ := of.(map[string]any)
		text := renderedOne(s)
		switch kind {
		case "match":
			return []step{p.matching(in, inner, text)}
		case "vmap":
			return []step{p.vmap(in, inner, text)}
		case "mangle":
			return mangle(inner, text)
		case "counter", "log", "comment", "dup", "secmark", "ct helper", "ct timeout", "ct expectation":
			return nil
		case "limit", "quota", "set", "map", "ct count", "connlimit", "flow", "last":
			return []step{uncertain(text)}
		case "reject":
			return rejecting(inner, text)
		case "notrack":
			return []step{{text: text, change: untrack}}
		case "snat", "masquerade":
			return []step{{text: text, change: changeSource}, {text: text, cases: always(verdict{does: accept})}}
		case "dnat", "redirect", "tproxy":
			return []step{{text: text, cases: always(verdict{
				does: unclear, reason: text + ": it changes the destination", redirects: true,
			})}}
		case "xt":
			if name, _ := inner["name"].(string); name == "comment" || name == "LOG" || name == "NFLOG" {
				return nil
			}
		default:
			if v, ok := p.verdict(in, s); ok {
				return []step{{text: text, cases: always(v)}}
			}
		}
	}
	text := renderedOne(s)
	return []step{{text: text, cases: always(verdict{does: unclear, reason: fmt.Sprintf("%.200s: unknown statement", text)})}}
}

// rejecting parses a reject. Its type implies which packets it applies to; nft does not list that as a match.
func rejecting(r map[string]any, text string) []step {
	end := step{text: text, cases: always(verdict{does: reject})}
	var match matcher
	switch r["type"] {
	case "icmp":
		match = func(x *crossing, _ *flow) truth { return is(!x.ipv6()) }
	case "icmpv6":
		match = func(x *crossing, _ *flow) truth { return is(x.ipv6()) }
	case "tcp reset":
		match = func(x *crossing, _ *flow) truth { return is(x.Protocol == "tcp") }
	default:
		return []step{end}
	}
	return []step{{text: text, match: match}, end}
}

// verdict parses a verdict statement; false if it is none, or jumps to an unknown chain.
func (p *listed) verdict(in chainName, s map[string]any) (verdict, bool) {
	for kind, of := range s {
		switch kind {
		case "accept":
			return verdict{does: accept}, true
		case "drop":
			return verdict{does: drop}, true
		case "reject":
			return verdict{does: reject}, true
		case "return":
			return verdict{does: back}, true
		case "continue":
			return verdict{does: proceed}, true
		case "jump", "goto":
			inner, _ := of.(map[string]any)
			name, _ := inner["target"].(string)
			v := verdict{does: jump, chain: p.set.chains[chainName{in.family, in.table, name}]}
			if kind == "goto" {
				v.does = goTo
			}
			return v, v.chain != nil
		}
	}
	return verdict{}, false
}

func (p *listed) matching(in chainName, m map[string]any, text string) step {
	op, _ := m["op"].(string)
	left, right := parseField(m["left"], 0), p.literal(in, m["right"], 0)
	return step{text: text, match: func(x *crossing, f *flow) truth {
		v := left(x, f)
		if v.kind == absent {
			return no
		}
		return x.compare(v, op, right)
	}}
}

// vmap parses a verdict map: a statement whose verdict depends on a value.
func (p *listed) vmap(in chainName, m map[string]any, text string) step {
	key := parseField(m["key"], 0)
	var elements []element
	known := false
	switch data := m["data"].(type) {
	case string:
		if set := p.literal(in, data, 0).set; set != nil {
			elements, known = set.elements, true
		}
	case map[string]any:
		list, ok := data["set"].([]any)
		for _, e := range list {
			elements = append(elements, p.element(in, e))
		}
		elements, known = catchallLast(elements), ok
	}
	unresolved := verdict{does: unclear, reason: fmt.Sprintf("%.200s: unknown verdict", text)}
	if !known {
		return step{text: text, cases: always(unresolved)}
	}
	s := step{text: text, key: key}
	for _, e := range elements {
		v := unresolved
		if e.verdict != nil {
			v = *e.verdict
		}
		s.cases = append(s.cases, verdictCase{e.key, v})
	}
	if s.cases == nil { // an empty map never matches
		s.match = func(*crossing, *flow) truth { return no }
	}
	return s
}

// mangle parses a statement that changes the packet. Only changes that other rules can match on matter.
func mangle(m map[string]any, text string) []step {
	key, _ := m["key"].(map[string]any)
	field := func(of string) string {
		inner, _ := key[of].(map[string]any)
		name, _ := inner["key"].(string)
		return name
	}
	compute := parseField(m["value"], 0)
	value := func(x *crossing, f *flow) bits {
		if v := compute(x, f); v.kind == aNumber {
			return v.bits
		}
		return bits{}
	}
	switch {
	case field("meta") == "mark":
		return []step{{text: text, change: func(x *crossing, f *flow) { f.mark = value(x, f) }}}
	case field("ct") == "mark":
		return []step{{text: text, change: func(x *crossing, f *flow) { f.ctmark = value(x, f) }}}
	case key["meta"] != nil, key["ct"] != nil, key["tcp option"] != nil:
		return nil
	}
	if header, ok := key["payload"].(map[string]any); ok {
		switch header["field"] {
		case "dscp", "ecn", "ttl", "hoplimit", "checksum", "length", "window", "urgptr":
			return nil
		}
	}
	return []step{{text: text, cases: always(verdict{does: unclear, reason: text + ": it changes the packet"})}}
}
