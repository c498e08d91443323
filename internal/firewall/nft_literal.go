package firewall

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// literal is the right side of a match: a value to compare with, a range, or several values. The zero literal is one that
// is not understood.
type literal struct {
	text      string // a name, a symbol or the text of an address
	prefix    bool   // text is the start of a name
	isNumber  bool
	low, high uint32     // of a number: the range
	from, to  netip.Addr // of an address: the range
	flags     []string   // names of bits that make up one value
	parts     []literal  // of a concatenation
	any       bool       // the * of a set
	set       *namedSet  // a named or anonymous set
}

// element is an element of a set or a map.
type element struct {
	key     literal
	verdict *verdict // of a map; nil: not understood
}

func (p *listed) element(in chainName, v any) element {
	if pair, ok := v.([]any); ok && len(pair) == 2 {
		e := element{key: p.literal(in, pair[0], 1)}
		if data, ok := pair[1].(map[string]any); ok {
			if does, ok := p.verdict(in, data); ok {
				e.verdict = &does
			}
		}
		return e
	}
	return element{key: p.literal(in, v, 1)}
}

// catchallLast moves the element * behind the specific ones.
func catchallLast(all []element) []element {
	slices.SortStableFunc(all, func(a, b element) int {
		switch {
		case a.key.any == b.key.any:
			return 0
		case a.key.any:
			return 1
		}
		return -1
	})
	return all
}

// literal parses the right side of a match in the chain's table.
func (p *listed) literal(in chainName, v any, depth int) literal {
	if depth > maxDepth {
		return literal{}
	}
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.ParseUint(v.String(), 10, 32); err == nil {
			return literal{isNumber: true, low: uint32(n), high: uint32(n)}
		}
	case string:
		if name, ok := strings.CutPrefix(v, "@"); ok {
			if depth > 0 { // sets do not contain sets
				return literal{}
			}
			return literal{set: p.sets[chainName{in.family, in.table, name}]}
		}
		return symbol(v)
	case []any: // the bits of one value
		l := literal{}
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return literal{}
			}
			l.flags = append(l.flags, s)
		}
		return l
	case map[string]any:
		if len(v) == 1 {
			for kind, of := range v {
				return p.compound(in, kind, of, depth+1)
			}
		}
	}
	return literal{}
}

// symbol parses a name, an address or a symbolic constant.
func symbol(text string) literal {
	if text == "*" {
		return literal{any: true}
	}
	l := literal{text: text}
	if a, err := netip.ParseAddr(text); err == nil {
		l.from, l.to = a, a
	}
	if prefix, ok := strings.CutSuffix(text, "*"); ok && !strings.HasSuffix(prefix, `\`) {
		l.text, l.prefix = prefix, true
	}
	l.text = strings.ReplaceAll(l.text, `\*`, "*")
	return l
}

func (p *listed) compound(in chainName, kind string, v any, depth int) literal {
	list, _ := v.([]any)
	fields, _ := v.(map[string]any)
	switch kind {
	case "range":
		if len(list) == 2 {
			low, high := p.literal(in, list[0], depth), p.literal(in, list[1], depth)
			if low.isNumber && high.isNumber {
				return literal{isNumber: true, low: low.low, high: high.high}
			}
			if low.from.IsValid() && high.from.IsValid() {
				return literal{from: low.from, to: high.to}
			}
		}
	case "prefix":
		text, _ := fields["addr"].(string)
		length, _ := fields["len"].(json.Number)
		n, err := strconv.Atoi(length.String())
		address, bad := netip.ParseAddr(text)
		if err != nil || bad != nil {
			return literal{}
		}
		if prefix, err := address.Prefix(n); err == nil {
			return literal{from: prefix.Addr(), to: last(prefix)}
		}
	case "concat":
		l := literal{}
		for _, e := range list {
			l.parts = append(l.parts, p.literal(in, e, depth))
		}
		return l
	case "set":
		s := &namedSet{}
		if list == nil {
			list = []any{v} // some versions do not put a single element into a list
		}
		for _, e := range list {
			s.elements = append(s.elements, element{key: p.literal(in, e, depth)})
		}
		return literal{set: s}
	case "elem":
		return p.literal(in, fields["val"], depth)
	case "|":
		return p.literal(in, v, depth)
	}
	return literal{}
}

// last returns the highest address of the prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
