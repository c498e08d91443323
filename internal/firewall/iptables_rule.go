package firewall

import "strings"

// matches parses a rule's matches and its target. Every match becomes a step, an unknown one an uncertain step. The
// target of the link is empty if the rule has none.
func (r *rule) matches(a *arguments) link {
	module := ""
	for a.more() {
		start, negate := a.at, false
		w := a.next()
		if w == "!" && a.more() {
			negate, w = true, a.next()
		}
		var match matcher
		switch w {
		case "-j", "--jump", "-g", "--goto":
			l := link{target: a.next(), does: jump, rest: a.words[a.at:]}
			if w == "-g" || w == "--goto" {
				l.does = goTo
			}
			return l
		case "-m", "--match":
			module = a.next()
			if !supported(module) {
				for a.option() && !a.core() {
					a.skipOption()
				}
				r.steps = append(r.steps, unsupported(module, a.since(start)))
			}
			continue
		case "-c", "--set-counters":
			a.next()
			a.next()
			continue
		case "-p", "--protocol":
			module = strings.ToLower(a.next())
			match = matchProtocol(module)
		case "-s", "--source", "--src":
			match = matchAddress(a.next(), (*crossing).source)
		case "-d", "--destination", "--dst":
			match = matchAddress(a.next(), (*crossing).destination)
		case "-i", "--in-interface":
			match = matchDevice(a.next(), func(x *crossing) device { return x.in })
		case "-o", "--out-interface":
			match = matchDevice(a.next(), func(x *crossing) device { return x.out })
		case "-f", "--fragment":
			match = func(*crossing, *flow) truth { return no } // the packet is not a fragment
		case "-4", "--ipv4", "-6", "--ipv6":
			continue
		default:
			if !strings.HasPrefix(w, "-") {
				r.steps = append(r.steps, uncertain(w))
				continue
			}
			match = option(module, w, a)
		}
		r.steps = append(r.steps, matching(match, negate, a.since(start)))
	}
	return link{}
}

// matching returns the step of a match, negated if negate is set.
func matching(match matcher, negate bool, text string) step {
	if match == nil {
		return uncertain(text)
	}
	return step{text: text, match: func(x *crossing, f *flow) truth { return match(x, f).negatedIf(negate) }}
}

// unsupported returns the step of a module whose options are not parsed. Some match headers that the packet does not have.
func unsupported(module, text string) step {
	switch module {
	case "icmp", "icmp6", "sctp", "dccp", "ah", "esp", "rt", "frag", "hbh", "dst", "mh":
		return step{text: text, match: func(*crossing, *flow) truth { return no }}
	}
	return uncertain(text)
}

// supported reports whether the module's options are parsed here, and it matches by nothing else.
func supported(module string) bool {
	switch module {
	case "tcp", "udp", "multiport", "conntrack", "state", "addrtype", "comment", "mark", "connmark", "iprange":
		return true
	}
	return false
}

// core reports whether the next option belongs to iptables itself and not to a module.
func (a *arguments) core() bool {
	option := a.words[a.at].text
	if option == "!" && a.at+1 < len(a.words) {
		option = a.words[a.at+1].text
	}
	switch option {
	case "-j", "--jump", "-g", "--goto", "-m", "--match", "-p", "-s", "-d", "-i", "-o", "-f":
		return true
	}
	return false
}

// skipOption skips an option of an unsupported module, with its values. Values that the user can choose freely may look
// like options.
func (a *arguments) skipOption() {
	w := a.next()
	if w == "!" {
		w = a.next()
	}
	switch w {
	case "--name", "--string", "--hex-string", "--match-set", "--hashlimit-name", "--helper", "--path", "--rateest":
		a.next()
	}
	for a.more() && !a.option() {
		a.next()
	}
}
