package nsg

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
)

// cuts are where ranges of ports and addresses begin. All values of an unknown port or address between two cuts match the same rules.
type cuts struct {
	sourcePorts, ports    map[uint16]bool
	sources, destinations map[netip.Addr]bool
}

// cases returns packets that stand for all that p may be: every combination of values for its unknown addresses and ports. Nothing
// about them is unknown.
func (s *search) cases(p Packet) iter.Seq[Packet] {
	c := s.cuts(p)
	if p.Destination == hostAddress {
		c.ports[portDNS], c.ports[portDHCP], c.ports[portWire], c.ports[portAgent] = true, true, true, true
		for _, port := range []uint16{portDNS, portDHCP, portWire, portAgent} {
			c.ports[port+1] = true
		}
	}
	sourcePorts, ports := values(p.SourcePort, c.sourcePorts), values(p.Port, c.ports)
	if p.Protocol == "icmp" {
		sourcePorts, ports = []uint16{0}, []uint16{0}
	}
	sources, destinations := addresses(p.Source, p.Destination, c.sources), addresses(p.Destination, p.Source, c.destinations)
	return func(yield func(Packet) bool) {
		for _, source := range sources {
			for _, destination := range destinations {
				if source.Is4() != destination.Is4() || !p.Destination.IsValid() && isPlatform(destination) {
					continue
				}
				for _, port := range ports {
					for _, sourcePort := range sourcePorts {
						q := p
						q.Source, q.Destination, q.Port, q.SourcePort = source, destination, port, sourcePort
						if !yield(q) {
							return
						}
					}
				}
			}
		}
	}
}

func isPlatform(a netip.Addr) bool { return a == hostAddress || a == metadataAddress }

// values returns a value from each part between the cuts, that from the largest part first. Port 0 is unknown.
func values(port uint16, at map[uint16]bool) []uint16 {
	if port > 0 {
		return []uint16{port}
	}
	at[1] = true
	delete(at, 0)
	first := make([]uint16, 0, len(at))
	for p := range at {
		first = append(first, p)
	}
	slices.Sort(first)
	size := map[uint16]int{}
	for i, p := range first {
		size[p] = 65536 - int(p)
		if i+1 < len(first) {
			size[p] = int(first[i+1]) - int(p)
		}
	}
	slices.SortStableFunc(first, func(a, b uint16) int { return cmp.Compare(size[b], size[a]) })
	return first
}

// addresses returns an address from each part between the cuts, those of the other end's family if it is known.
func addresses(a, other netip.Addr, at map[netip.Addr]bool) (first []netip.Addr) {
	if a.IsValid() {
		return []netip.Addr{a}
	}
	at[netip.IPv4Unspecified()], at[netip.IPv6Unspecified()] = true, true
	for c := range at {
		if !other.IsValid() || c.Is4() == other.Is4() {
			first = append(first, c)
		}
	}
	slices.SortFunc(first, netip.Addr.Compare)
	return first
}

// cuts returns the cuts of the rules that may match p, up to the first in each group that certainly does.
func (s *search) cuts(p Packet) cuts {
	c := cuts{map[uint16]bool{}, map[uint16]bool{}, map[netip.Addr]bool{}, map[netip.Addr]bool{}}
	s.packet = p
	for _, plan := range s.plans {
		for _, step := range plan.steps {
			t := step.match(&s.world)
			if t.truth == no {
				continue
			}
			step.sourcePorts.cut(c.sourcePorts)
			step.ports.cut(c.ports)
			step.sources.cut(s.sets, c.sources)
			step.destination.cut(s.sets, c.destinations)
			if t.truth == yes {
				break
			}
		}
	}
	return c
}

func (p ports) cut(at map[uint16]bool) {
	for _, r := range p.ranges {
		at[r.first] = true
		if r.last < 65535 {
			at[r.last+1] = true
		}
	}
}

func (p place) cut(sets *Sets, at map[netip.Addr]bool) {
	for _, e := range p.entries {
		cutPrefixes(at, e.prefix)
		if e.tag != "" {
			cutPrefixes(at, netip.PrefixFrom(hostAddress, 32), netip.PrefixFrom(metadataAddress, 32), netip.PrefixFrom(probeAddress6, 128))
			cutPrefixes(at, private...)
			cutPrefixes(at, sets.VirtualNetwork...)
			cutPrefixes(at, sets.Possible...)
			for tag := e.tag; tag != ""; tag = parentTag(tag) {
				cutPrefixes(at, sets.Tags[tag]...)
			}
		}
	}
}

func cutPrefixes(at map[netip.Addr]bool, prefixes ...netip.Prefix) {
	for _, p := range prefixes {
		if p = plain(p).Masked(); !p.IsValid() {
			continue
		}
		at[p.Addr()] = true
		if after := lastAddress(p).Next(); after.IsValid() {
			at[after] = true
		}
	}
}

// lastAddress returns the last address of the prefix.
func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}
