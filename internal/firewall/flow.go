package firewall

import (
	"net/netip"
	"strings"
)

// states is a set of connection tracking states, in nft's bits: those that a packet may be in, or that a match accepts.
type states uint32

const (
	stateInvalid     states = 1 << 0
	stateEstablished states = 1 << 1
	stateRelated     states = 1 << 2
	stateNew         states = 1 << 3
	stateUntracked   states = 1 << 6
)

// in reports whether the packet's state is in the set.
func (s states) in(set states) truth {
	switch {
	case s&^set == 0:
		return yes
	case s&set == 0:
		return no
	}
	return maybe
}

// replace returns s with new in place of old, if s has old.
func (s states) replace(old, new states) states {
	if s&old == 0 {
		return s
	}
	return s&^old | new
}

// flow is what the rules so far may have changed about the packet.
type flow struct {
	mark, ctmark bits
	state        states
	sourceNAT    bool   // the source address may have been rewritten
	doubt        *doubt // the first rule that may have sent the packet elsewhere; nil: none
}

// doubt is a rule that may or may not match.
type doubt struct {
	rule   *rule // nil: not a rule, but whether the chain is called
	at     *call
	reason string
}

// flows merges the flows of a packet that may have come by several routes, or by none.
type flows struct {
	flow
	count int
}

func (f *flows) any() bool { return f.count > 0 }

func (f *flows) add(o flow) {
	f.count++
	if f.count == 1 {
		f.flow = o
		return
	}
	f.mark, f.ctmark, f.state = f.mark.join(o.mark), f.ctmark.join(o.ctmark), f.state|o.state
	f.sourceNAT = f.sourceNAT || o.sourceNAT
	if f.doubt == nil {
		f.doubt = o.doubt
	}
}

func (f *flows) addAll(o flows) {
	if o.any() {
		f.add(o.flow)
	}
}

// crossing is the packet at one hook.
type crossing struct {
	Packet
	path    Hook
	hook    string // the current hook on the path
	in, out device
	left    *int // remaining steps of the verdict
}

// spend takes n steps and reports whether that many were left.
func (x *crossing) spend(n int) bool {
	*x.left -= n
	return *x.left >= 0
}

// ipv6 reports whether the packet is an IPv6 packet.
func (x *crossing) ipv6() bool { return is6(x.Source) || is6(x.Destination) }

func is6(a netip.Addr) bool { return a.IsValid() && !a.Is4() }

// local reports whether the packet certainly never leaves the node.
func (p Packet) local() bool {
	return p.Source.IsValid() && p.Source == p.Destination || p.Source.IsLoopback() || p.Destination.IsLoopback()
}

// device is the incoming or outgoing interface of the packet.
type device struct {
	name  string // if known; empty: there is no such interface at this hook
	known bool
	notLo bool // if unknown: it is certainly not lo
}

// is reports whether the device has the name or, if prefix is set, a name that starts with it.
func (d device) is(name string, prefix bool) truth {
	switch {
	case prefix && name == "":
		return yes
	case d.known && prefix:
		return is(strings.HasPrefix(d.name, name))
	case d.known:
		return is(d.name == name)
	case d.notLo && !prefix && name == "lo":
		return no
	}
	return maybe
}

// at returns the packet at one of the hooks of its path.
func (p Packet) at(path Hook, hook string) *crossing {
	x := &crossing{Packet: p, path: path, hook: hook}
	x.in, x.out = device{known: true}, device{known: true}
	if path != Output {
		x.in = p.device(p.In)
	}
	if hook == "output" || hook == "forward" || hook == "postrouting" || hook == "egress" {
		x.out = p.device(p.Out)
	}
	return x
}

// device returns the interface of the name; empty: an unknown one.
func (p Packet) device(name string) device {
	if name != "" {
		return device{name: name, known: true}
	}
	return device{notLo: p.Source.IsValid() && p.Destination.IsValid() && !p.local()}
}
