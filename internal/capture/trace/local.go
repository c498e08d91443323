package trace

import (
	"net/netip"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// Sighting is what one place saw of a connection.
type Sighting struct {
	Place  int            `json:"place"` // its index
	Client netip.AddrPort `json:"client"`
	Server netip.AddrPort `json:"server"`
	Up     Flow           `json:"up"`   // what the client sent
	Down   Flow           `json:"down"` // what the server sent
	// Errors are the first ICMP errors about its packets.
	Errors []Returned `json:"errors,omitempty"`
	// OtherSource is the address from which the server's answer came, if it is not that to which the client had connected.
	OtherSource netip.AddrPort `json:"otherSource,omitzero"`

	protocol pcap.Protocol
	isn      uint32 // the client's first sequence number
	known    bool   // isn is known
	idOfUp   uint16 // of the first packet that the client sent
	size     int    // its payload
	dropped  bool   // it is part of another sighting
}

// maxErrors bounds the ICMP errors of a sighting.
const maxErrors = 4

// ends are the ends of a connection, in an order that does not depend on the direction.
type ends struct {
	protocol pcap.Protocol
	a, b     netip.AddrPort
}

func endsOf(protocol pcap.Protocol, from, to netip.AddrPort) ends {
	if from.Compare(to) > 0 {
		from, to = to, from
	}
	return ends{protocol, from, to}
}

// sightings returns what the place saw of each connection, in the order in which they began. ports are those on which servers listen.
func sightings(place int, packets []pcap.Packet, offset time.Duration, ports []uint16) []*Sighting {
	var all []*Sighting
	open := map[ends]*Sighting{}
	for i := range packets {
		p := &packets[i]
		at := p.At.Add(-offset)
		if p.Error != nil {
			open[endsOf(p.Error.Protocol, p.Error.From, p.Error.To)].returned(p)
			continue
		}
		if p.Protocol != pcap.TCP && p.Protocol != pcap.UDP {
			continue
		}
		key := endsOf(p.Protocol, p.From, p.To)
		s := open[key]
		if s == nil || s.reused(p) {
			s = begin(place, p, ports)
			open[key] = s
			all = append(all, s)
		}
		s.add(p, at)
	}
	return joinReturns(all)
}

// begin returns the sighting of a connection whose first packet is p.
func begin(place int, p *pcap.Packet, ports []uint16) *Sighting {
	s := &Sighting{Place: place, Client: p.From, Server: p.To, protocol: p.Protocol}
	fromServer := slices.Contains(ports, p.From.Port()) && !slices.Contains(ports, p.To.Port())
	switch {
	case p.Flags.Has(pcap.SYN | pcap.ACK):
		fromServer = true
		s.isn, s.known = p.Ack-1, true
	case p.Flags.Has(pcap.SYN):
		fromServer = false
		s.isn, s.known = p.Seq, true
	}
	if fromServer {
		s.Client, s.Server = p.To, p.From
	}
	return s
}

// reused reports whether p begins another connection between the same ends.
func (s *Sighting) reused(p *pcap.Packet) bool {
	return p.Flags.Has(pcap.SYN) && !p.Flags.Has(pcap.ACK) && s.known && p.Seq != s.isn
}

func (s *Sighting) add(p *pcap.Packet, at time.Time) {
	if p.From != s.Client {
		s.Down.add(p, at)
		return
	}
	if s.Up.Packets == 0 {
		s.idOfUp, s.size = p.ID, p.Payload
	}
	s.Up.add(p, at)
}

// returned records an ICMP error; s may be nil.
func (s *Sighting) returned(p *pcap.Packet) {
	if s != nil && len(s.Errors) < maxErrors {
		e := p.Error
		s.Errors = append(s.Errors, Returned{p.Number, e.Reason, p.From.Addr(), e.MTU, e.From != s.Client})
	}
}

// joinReturns joins answers that come from another address than the one to which the client had connected to what the client had sent.
func joinReturns(all []*Sighting) []*Sighting {
	type key struct {
		client netip.AddrPort
		isn    uint32
	}
	sent := map[key]*Sighting{}
	for _, s := range all {
		if s.known && len(s.Up.SYNs) > 0 {
			sent[key{s.Client, s.isn}] = s
		}
	}
	for _, s := range all {
		if !s.known || len(s.Up.SYNs) > 0 {
			continue
		}
		if request := sent[key{s.Client, s.isn}]; request != nil && request.Down.Packets == 0 {
			request.OtherSource, request.Down = s.Server, s.Down
			s.dropped = true
		}
	}
	return slices.DeleteFunc(all, func(s *Sighting) bool { return s.dropped })
}
