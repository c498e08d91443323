// Package filter compiles filters of packets to programs of the kernel's packet filter (BPF). It takes a part of what tcpdump takes
// (https://www.tcpdump.org/manpages/pcap-filter.7.html), with the same meaning for IP packets: hosts, networks, ports and protocols, with
// and, or, not and parentheses. It resolves no names.
package filter

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Known says what is taken, for help and messages.
const Known = "tcp, udp, icmp, icmp6, ip, ip6, host ADDRESS, net CIDR, port NUMBER, src or dst before these, with and, or, not, ( and )"

// direction says of which end of a packet an address or port is.
type direction int

const (
	either direction = iota
	source
	destination
)

// test is a condition of a packet. All that is set must hold.
type test struct {
	protocol  string // one of protocols; empty: any
	direction direction
	kind      string // one of kinds; empty: the protocol only
	net       netip.Prefix
	port      uint16
}

var (
	// operators are what and, or and not are called.
	operators  = map[string]string{"and": "and", "&&": "and", "or": "or", "||": "or", "not": "not", "!": "not"}
	protocols  = []string{"tcp", "udp", "icmp", "icmp6", "ip", "ip6"}
	directions = map[string]direction{"src": source, "dst": destination}
	kinds      = []string{"host", "net", "port"}
)

// token is a word, an operator or a parenthesis.
var token = regexp.MustCompile(`\(|\)|&&|\|\||!|[^\s()!&|]+`)

// Bounds of filters, which keep programs within the kernel's 4096 instructions.
const (
	maxLength = 2000 // in bytes
	maxDepth  = 50   // of parentheses and not
)

type parser struct {
	tokens []string
	last   test // its qualifiers are those of a value that has none, such as in "port 80 or 443"
}

// parse returns what the filter means, or nil if it is empty.
func parse(expression string) (condition, error) {
	if len(expression) > maxLength {
		return nil, fmt.Errorf("it is longer than %d bytes", maxLength)
	}
	if rest := strings.TrimSpace(token.ReplaceAllString(expression, "")); rest != "" {
		return nil, fmt.Errorf("%q is not known", rest)
	}
	p := &parser{tokens: token.FindAllString(expression, -1)}
	if len(p.tokens) == 0 {
		return nil, nil
	}
	c, err := p.joined(0)
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q does not belong there", p.peek())
	}
	return c, err
}

// peek returns the next token; empty: there is none.
func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) next() string {
	t := p.peek()
	if t != "" {
		p.tokens = p.tokens[1:]
	}
	return t
}

// joined reads conditions joined by and and or, which bind equally, from left to right.
func (p *parser) joined(depth int) (condition, error) {
	left, err := p.single(depth)
	for err == nil {
		var join func(a, b condition) condition
		switch operators[p.peek()] {
		case "and":
			join = and
		case "or":
			join = or
		default:
			return left, nil
		}
		p.next()
		var right condition
		right, err = p.single(depth)
		left = join(left, right)
	}
	return nil, err
}

func (p *parser) single(depth int) (condition, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	switch t := p.peek(); {
	case operators[t] == "not":
		p.next()
		c, err := p.single(depth + 1)
		return not(c), err
	case t == "(":
		p.next()
		c, err := p.joined(depth + 1)
		if err == nil && p.next() != ")" {
			err = errors.New("a parenthesis is not closed")
		}
		return c, err
	}
	t, err := p.test()
	if err != nil {
		return nil, err
	}
	p.last = t
	return t.condition(), nil
}

// test reads a protocol, a direction, a kind and a value, of which each may be missing.
func (p *parser) test() (test, error) {
	var t test
	if slices.Contains(protocols, p.peek()) {
		t.protocol = p.next()
	}
	if d, ok := directions[p.peek()]; ok {
		t.direction = d
		p.next()
	}
	if slices.Contains(kinds, p.peek()) {
		t.kind = p.next()
	}
	value := p.peek()
	bare := value != "" && value != "(" && value != ")" && operators[value] == ""
	switch {
	case t == (test{}) && bare && p.last.kind != "":
		t = p.last
	case t.kind == "" && t.direction != either && bare:
		t.kind = "host"
	case t.kind == "" && t.direction == either && t.protocol != "":
		return t, nil
	}
	if !bare {
		return t, errors.New("something is missing " + where(value))
	}
	if t.kind == "" {
		return t, fmt.Errorf("%q is not known", value)
	}
	return t, t.take(p.next())
}

func where(token string) string {
	if token == "" {
		return "at its end"
	}
	return fmt.Sprintf("before %q", token)
}

// take sets the value of the test's kind.
func (t *test) take(value string) error {
	if t.kind == "port" {
		if t.protocol == "icmp" || t.protocol == "icmp6" || t.protocol == "ip" || t.protocol == "ip6" {
			return fmt.Errorf("%s before port is not known", t.protocol)
		}
		n, err := strconv.ParseUint(value, 10, 16)
		if err != nil {
			return fmt.Errorf("port %q is not a number up to 65535", value)
		}
		t.port = uint16(n)
		return nil
	}
	if t.protocol != "" && t.protocol != "ip" && t.protocol != "ip6" {
		return fmt.Errorf("%s before %s is not known: write %s and %s", t.protocol, t.kind, t.protocol, t.kind)
	}
	var err error
	if t.kind == "net" {
		if t.net, err = netip.ParsePrefix(value); err != nil || t.net != t.net.Masked() {
			return fmt.Errorf("net %q is not a network such as 10.0.0.0/8", value)
		}
	} else {
		a, err := netip.ParseAddr(value)
		if err != nil || a.Zone() != "" {
			return fmt.Errorf("host %q is not an IP address", value)
		}
		t.net = netip.PrefixFrom(a, a.BitLen())
	}
	if a := t.net.Addr(); a.Is4In6() || t.protocol == "ip" && a.Is6() || t.protocol == "ip6" && a.Is4() {
		return fmt.Errorf("%s %q is an address of the wrong version of IP", t.kind, value)
	}
	return nil
}
