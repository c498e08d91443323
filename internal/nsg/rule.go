package nsg

import (
	"fmt"
	"strings"
)

// rule is a Rule that was read.
type rule struct {
	*Rule
	direction            truth // it is for the packet's direction
	sourcePorts, ports   ports
	sources, destination place
	size                 int // steps that its evaluation takes
	key                  string
}

// readRule reads the rule for a packet of the direction. key distinguishes the rules of all groups.
func readRule(r *Rule, d Direction, key string) *rule {
	c := &rule{
		Rule: r, key: key,
		sourcePorts: parsePorts(key+" source port ", r.SourcePorts),
		ports:       parsePorts(key+" port ", r.Ports),
		sources:     parsePlace(key+" source ", r.Sources, r.SourceASGs),
		destination: parsePlace(key+" destination ", r.Destinations, r.DestinationASGs),
		size:        1 + (len(r.SourcePorts)+len(r.Ports)+len(r.Sources)+len(r.Destinations)+len(r.SourceASGs)+len(r.DestinationASGs))/4,
	}
	switch {
	case strings.EqualFold(r.Direction, string(d)):
		c.direction = yes
	case !strings.EqualFold(r.Direction, string(Inbound)) && !strings.EqualFold(r.Direction, string(Outbound)):
		c.direction = maybe
	}
	return c
}

// match reports whether the rule matches the packet.
func (r *rule) match(w *world) answer {
	p := &w.packet
	all := r.inDirection(w).and(r.protocol(w))
	for _, field := range []func() answer{
		func() answer { return r.destination.match(w, p.Destination, p.DestinationASGs, "destination") },
		func() answer { return r.sources.match(w, p.Source, p.SourceASGs, "source") },
		func() answer { return r.ports.match(w, p.Port, "destination port") },
		func() answer { return r.sourcePorts.match(w, p.SourcePort, "source port") },
	} {
		if all.truth == no {
			return all
		}
		all = all.and(field())
	}
	return all
}

func (r *rule) inDirection(w *world) answer {
	if r.direction == maybe {
		return w.ask(r.key+" direction", fmt.Sprintf("the direction %q cannot be read", r.Direction))
	}
	return answer{truth: r.direction}
}

func (r *rule) protocol(w *world) answer {
	switch p := strings.ToLower(r.Protocol); p {
	case "*", "all", "any":
		return certain
	case "tcp", "udp", "icmp", "esp", "ah":
		return known(p == w.packet.Protocol)
	}
	return w.ask(r.key+" protocol", fmt.Sprintf("the protocol %q cannot be read", r.Protocol))
}

// action returns what becomes of packets that the rule matches. If that is not known, the answer reports whether they are allowed.
func (r *rule) action(w *world) (Action, answer) {
	switch {
	case strings.EqualFold(r.Access, string(Allow)):
		return Allow, certain
	case strings.EqualFold(r.Access, string(Deny)):
		return Deny, certain
	}
	switch allowed := w.ask(r.key+" access", fmt.Sprintf("the access %q cannot be read", r.Access)); allowed.truth {
	case yes:
		return Allow, certain
	case no:
		return Deny, certain
	default:
		return Unknown, allowed
	}
}
