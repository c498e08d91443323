package firewall

import (
	"net/netip"
	"strings"
)

// states are the states of connection tracking that a packet may be in, or that a match asks for: by the bits of nft.
type states uint32

const (
	stateInvalid     states = 1 << 0
	stateEstablished states = 1 << 1
	stateRelated     states = 1 << 2
	stateNew         states = 1 << 3
	stateUntracked   states = 1 << 6
)

// in says whether the state is one of those asked for.
func (s states) in(asked states) truth {
	switch {
	case s&^asked == 0:
		return yes
	case s&asked == 0:
		return no
	}
	return maybe
}

// become puts another state for one.
func (s states) become(old, other states) states {
	if s&old == 0 {
		return s
	}
	return s&^old | other
}

// flow is what the rules passed so far may have made of the packet.
type flow struct {
	mark, ctmark bits
	state        states
	sourceNAT    bool   // the source may be another by now
	doubt        *doubt // the first rule of which it is open whether it took the packet elsewhere
}

// doubt is a rule that may or may not match.
type doubt struct {
	rule   *rule
	at     *place
	reason string
}

// flows is the flow of a packet that may have come several ways, or by none.
type flows struct {
	flow
	ways int
}

func (f *flows) any() bool { return f.ways > 0 }

func (f *flows) add(o flow) {
	if f.ways++; f.ways == 1 {
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
	way     Hook // the whole of it
	hook    string
	in, out device
	left    *int // steps that the verdict may still take
}

// spend says whether n more steps may be taken, and takes them.
func (x *crossing) spend(n int) bool {
	*x.left -= n
	return *x.left >= 0
}

// ipv6 says which family the packet is of.
func (x *crossing) ipv6() bool { return is6(x.Source) || is6(x.Destination) }

func is6(a netip.Addr) bool { return a.IsValid() && !a.Is4() }

// local says whether the packet never leaves the node, by what is known of its addresses.
func (p Packet) local() bool {
	return p.Source.IsValid() && p.Source == p.Destination || p.Source.IsLoopback() || p.Destination.IsLoopback()
}

// device is the interface at one side of the packet.
type device struct {
	name  string // of a known one; empty: there is none at this hook
	known bool
	notLo bool // of one that is not known
}

// is compares with a name, of which wild says that it is a prefix.
func (d device) is(name string, wild bool) truth {
	switch {
	case wild && name == "":
		return yes
	case d.known && wild:
		return is(strings.HasPrefix(d.name, name))
	case d.known:
		return is(d.name == name)
	case d.notLo && !wild && name == "lo":
		return no
	}
	return maybe
}

// at puts the packet to one of the hooks of its way.
func (p Packet) at(way Hook, hook string) *crossing {
	x := &crossing{Packet: p, way: way, hook: hook}
	x.in, x.out = device{known: true}, device{known: true}
	hasIn := way != Output
	hasOut := hook == "output" || hook == "forward" || hook == "postrouting" || hook == "egress"
	unknown := device{notLo: p.Source.IsValid() && p.Destination.IsValid() && !p.local()}
	if hasIn {
		if x.in = unknown; p.In != "" {
			x.in = device{name: p.In, known: true}
		}
	}
	if hasOut {
		if x.out = unknown; p.Out != "" {
			x.out = device{name: p.Out, known: true}
		}
	}
	return x
}
