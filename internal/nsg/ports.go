package nsg

import (
	"fmt"
	"strconv"
	"strings"
)

// ports are the ports that a rule matches.
type ports struct {
	ranges []portRange
	unread []doubt // one for each text that cannot be read
}

type portRange struct{ first, last uint16 }

// all reports whether the range holds every port: 0 is none.
func (r portRange) all() bool { return r.first <= 1 && r.last == 65535 }

// parsePorts reads ports as ARM writes them: "*", "80", "1000-2000". key is that of the doubts about what cannot be read.
func parsePorts(key string, texts []string) (p ports) {
	if len(texts) == 0 {
		p.unread = []doubt{{key, "a rule without ports cannot be evaluated"}}
	}
	for i, t := range texts {
		if r, ok := parsePort(t); ok {
			p.ranges = append(p.ranges, r)
		} else {
			p.unread = append(p.unread, doubt{fmt.Sprint(key, i), fmt.Sprintf("the port %q cannot be read", t)})
		}
	}
	return p
}

func parsePort(text string) (r portRange, ok bool) {
	if text == "*" {
		return portRange{0, 65535}, true
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	a, err1 := strconv.ParseUint(first, 10, 16)
	b, err2 := strconv.ParseUint(last, 10, 16)
	return portRange{uint16(a), uint16(b)}, err1 == nil && err2 == nil && a <= b
}

// match reports whether the port is among p; port 0 is unknown. what names it in a sentence.
func (p ports) match(w *world, port uint16, what string) answer {
	answer := impossible
	for _, r := range p.ranges {
		switch {
		case r.all(), r.first <= port && port <= r.last && port > 0:
			return certain
		case port == 0 && w.packet.Protocol == "icmp":
			answer = answer.or(w.ask("icmp "+what, "whether a rule with ports matches ICMP is not known"))
		case port == 0:
			answer = answer.or(unknown("the " + what + " is not known"))
		}
	}
	for _, d := range p.unread {
		answer = answer.or(w.ask(d.key, d.reason))
	}
	return answer
}
