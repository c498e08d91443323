package nsg

import (
	"net/netip"
	"strconv"
	"strings"
)

// oracle answers questions about what is not known. Runs of an evaluation with the same oracle, each followed by next, get every
// combination of answers.
type oracle struct {
	choices []bool
	asked   int
	answers map[string]bool
}

func (o *oracle) start() { o.asked, o.answers = 0, map[string]bool{} }

// choose returns a new answer, holds one that is the same for equal statements of a run.
func (o *oracle) choose() bool {
	if o.asked == len(o.choices) {
		o.choices = append(o.choices, false)
	}
	o.asked++
	return o.choices[o.asked-1]
}

func (o *oracle) holds(statement string) bool {
	if _, ok := o.answers[statement]; !ok {
		o.answers[statement] = o.choose()
	}
	return o.answers[statement]
}

// next prepares the next combination and reports whether there is one.
func (o *oracle) next() bool {
	o.choices = o.choices[:o.asked]
	for len(o.choices) > 0 && o.choices[len(o.choices)-1] {
		o.choices = o.choices[:len(o.choices)-1]
	}
	if len(o.choices) == 0 {
		return false
	}
	o.choices[len(o.choices)-1] = true
	return true
}

// reference is a naive evaluator of a packet of which all is known, with the help of an oracle.
type reference struct {
	*oracle
	p         Packet
	direction Direction
	sets      Sets
}

// outcomes returns what may become of p: Allow, Deny or "" if no rule matches. ok is false if that takes too many runs.
func outcomes(p Packet, d Direction, sets Sets, groups []Group) (all map[Action]bool, ok bool) {
	all = map[Action]bool{}
	runs := 0
	for _, q := range completions(p, sets, groups) {
		r := reference{&oracle{}, q, d, sets}
		for more := true; more; more = r.next() {
			if runs++; runs > 300_000 {
				return all, false
			}
			r.start()
			all[r.decide(groups)] = true
			if len(all) > 1 {
				return all, true
			}
		}
	}
	return all, true
}

func (r reference) decide(groups []Group) Action {
	for i, g := range groups {
		if a := r.group(strconv.Itoa(i), g); a != Allow {
			return a
		}
	}
	return Allow
}

func (r reference) group(id string, g Group) Action {
	rules := map[string]Rule{} // by a name of our own
	for i, rule := range g.Rules {
		name := id + "/" + strconv.Itoa(i)
		switch strings.ToLower(rule.Direction) {
		case "inbound", "outbound":
			if !strings.EqualFold(rule.Direction, string(r.direction)) {
				continue
			}
		default:
			if !r.holds("direction of " + name) {
				continue
			}
		}
		rules[name] = rule
	}
	for _, rule := range Defaults(r.direction) {
		missing := true
		for _, have := range g.Rules {
			if strings.EqualFold(have.Direction, string(r.direction)) && have.Priority == rule.Priority {
				missing = false
			}
		}
		if missing {
			rules[rule.Name] = rule
		}
	}
	platform := r.direction == Outbound && (r.p.Destination == netip.MustParseAddr("169.254.169.254") ||
		r.p.Destination == netip.MustParseAddr("168.63.129.16") && (r.p.Port == 53 && r.p.Protocol != "icmp" ||
			r.p.Port == 67 && r.p.Protocol == "udp" || (r.p.Port == 80 || r.p.Port == 32526) && r.p.Protocol == "tcp"))
	for len(rules) > 0 {
		name := r.first(rules)
		rule := rules[name]
		delete(rules, name)
		if r.matches(name, rule, platform) {
			switch strings.ToLower(rule.Access) {
			case "allow":
				return Allow
			case "deny":
				return Deny
			}
			if r.holds("access of " + name) {
				return Allow
			}
			return Deny
		}
	}
	if platform {
		return Allow
	}
	return ""
}

// first returns a rule that may come first: any with an invalid priority, or one with the lowest of the valid ones.
func (r reference) first(rules map[string]Rule) string {
	lowest := 1 << 30
	valid := func(n int) bool { return n >= 100 && n <= 4096 || n >= 65000 && n <= 65535 }
	for _, rule := range rules {
		if valid(rule.Priority) && rule.Priority < lowest {
			lowest = rule.Priority
		}
	}
	var may []string
	for name, rule := range rules {
		if !valid(rule.Priority) || rule.Priority == lowest {
			may = append(may, name)
		}
	}
	for i := range may { // sorted, since choices must mean the same in each run
		for j := range i {
			if may[i] < may[j] {
				may[i], may[j] = may[j], may[i]
			}
		}
	}
	for _, name := range may[1:] {
		if r.choose() {
			return name
		}
	}
	return may[0]
}

func (r reference) matches(name string, rule Rule, platform bool) bool {
	switch protocol := strings.ToLower(rule.Protocol); protocol {
	case "*", "all", "any":
	case "tcp", "udp", "icmp", "esp", "ah":
		if protocol != r.p.Protocol {
			return false
		}
	default:
		if !r.holds("protocol of " + name) {
			return false
		}
	}
	return r.port(name+" from", rule.SourcePorts, r.p.SourcePort, "source") && r.port(name+" to", rule.Ports, r.p.Port, "destination") &&
		r.place(name+" from", rule.Sources, rule.SourceASGs, r.p.Source, r.p.SourceASGs, "source", false) &&
		r.place(name+" to", rule.Destinations, rule.DestinationASGs, r.p.Destination, r.p.DestinationASGs, "destination", platform)
}

func (r reference) port(name string, texts []string, port uint16, side string) bool {
	if len(texts) == 0 {
		return r.holds(name + " without ports")
	}
	for i, text := range texts {
		low, high, found := strings.Cut(strings.Replace(text, "*", "0-65535", 1), "-")
		if !found {
			high = low
		}
		a, err1 := strconv.Atoi(low)
		b, err2 := strconv.Atoi(high)
		switch {
		case err1 != nil || err2 != nil || a < 0 || b > 65535 || a > b:
			if r.holds(name + " port " + strconv.Itoa(i)) {
				return true
			}
		case r.p.Protocol == "icmp":
			if a <= 1 && b == 65535 || r.holds("icmp has ports of the "+side) {
				return true
			}
		case a <= int(port) && int(port) <= b:
			return true
		}
	}
	return false
}

func (r reference) place(name string, texts, asgs []string, a netip.Addr, have []string, side string, platform bool) bool {
	if len(texts)+len(asgs) == 0 && !platform {
		return r.holds(name + " without addresses")
	}
	for i, text := range texts {
		if platform && !strings.HasPrefix(strings.ToLower(text), "azureplatform") {
			continue
		}
		if r.address(name+" address "+strconv.Itoa(i), text, a) {
			return true
		}
	}
	for _, want := range asgs {
		if platform {
			continue
		}
		if have == nil && r.holds(side+" in "+strings.ToLower(want)) {
			return true
		}
		for _, h := range have {
			if strings.EqualFold(h, want) {
				return true
			}
		}
	}
	return false
}

func (r reference) address(name, text string, a netip.Addr) bool {
	if text == "*" {
		return true
	}
	if want, err := netip.ParseAddr(text); err == nil {
		return want == a
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		if text == "0.0.0.0/0" && a.Is6() {
			return r.holds("0.0.0.0/0 is everything")
		}
		return prefix.Contains(a)
	}
	if c := text[0] | 0x20; c < 'a' || c > 'z' {
		return r.holds(name)
	}
	return r.tag(strings.ToLower(text), a)
}

func (r reference) tag(tag string, a netip.Addr) bool {
	within := func(texts ...string) bool {
		for _, t := range texts {
			if netip.MustParsePrefix(t).Contains(a) {
				return true
			}
		}
		return false
	}
	covers := func(prefixes []netip.Prefix) bool {
		for _, p := range prefixes {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	private := within("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "fc00::/7",
		"fe80::/10", "::1/128")
	host, probe6 := within("168.63.129.16/32"), within("fe80::1234:5678:9abc/128")
	switch tag {
	case "virtualnetwork":
		if host || covers(r.sets.VirtualNetwork) {
			return true
		}
		return (len(r.sets.VirtualNetwork) == 0 || probe6 || covers(r.sets.Possible)) && r.holds("virtual network has "+a.String())
	case "internet":
		return !r.tag("virtualnetwork", a) && (!private || r.holds("internet has "+a.String()))
	case "azureloadbalancer":
		return host || probe6
	case "azureplatformimds":
		return within("169.254.169.254/32")
	case "azureplatformdns":
		return host && (r.p.Destination == a && r.p.Port == 53 && r.p.Protocol != "icmp" || r.holds("platform DNS is more"))
	}
	if prefixes, ok := r.sets.Tags[tag]; ok {
		return covers(prefixes)
	}
	if private {
		return false
	}
	if i := strings.LastIndex(tag, "."); i > 0 && !r.tag(tag[:i], a) {
		return false
	}
	return r.holds(tag + " has " + a.String())
}
