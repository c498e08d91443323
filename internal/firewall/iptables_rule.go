package firewall

import "strings"

// matches reads what a rule asks for and where it sends the packet. Every match becomes a step; one that is not known,
// or not understood, is uncertain. The target is empty where there is none.
func (r *rule) matches(a *arguments) link {
	module := ""
	for a.more() {
		start, turn := a.at, false
		w := a.next()
		if w == "!" && a.more() {
			turn, w = true, a.next()
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
			if module = a.next(); !transparent(module) {
				for a.option() && !a.core() {
					a.skipOption()
				}
				r.steps = append(r.steps, foreign(module, a.since(start)))
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
			match = func(*crossing, *flow) truth { return no } // the first packet is whole
		case "-4", "--ipv4", "-6", "--ipv6":
			continue
		default:
			if !strings.HasPrefix(w, "-") {
				r.steps = append(r.steps, uncertain(w))
				continue
			}
			match = option(module, w, a)
		}
		r.steps = append(r.steps, turned(match, turn, a.since(start)))
	}
	return link{}
}

// turned is the step of a match, of which turn says that it is negated. nil is a match that is not known.
func turned(match matcher, turn bool, text string) step {
	if match == nil {
		return uncertain(text)
	}
	if !turn {
		return step{text: text, match: match}
	}
	return step{text: text, match: func(x *crossing, f *flow) truth { return match(x, f).not(true) }}
}

// foreign is a module whose options are not read. Some ask for headers that the packet does not have.
func foreign(module, text string) step {
	switch module {
	case "icmp", "icmp6", "sctp", "dccp", "ah", "esp", "rt", "frag", "hbh", "dst", "mh":
		return step{text: text, match: func(*crossing, *flow) truth { return no }}
	}
	return uncertain(text)
}

// transparent says whether a module matches by nothing but those of its options that are known here.
func transparent(module string) bool {
	switch module {
	case "tcp", "udp", "multiport", "conntrack", "state", "addrtype", "comment", "mark", "connmark", "iprange":
		return true
	}
	return false
}

// core says whether the next option belongs to no module.
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

// skipOption passes over an option of a module that is not known, with its values. Those of which the user chooses the
// name are values even if they look like options.
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
