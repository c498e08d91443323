package trace

import (
	"net/netip"
	"time"

	"github.com/akstools/akstools/internal/capture/pcap"
)

// Flow is what one place saw of what one end of a connection sent. Numbers of packets are those of the place's capture, from 1; 0 is none.
type Flow struct {
	Packets int       `json:"packets"`
	First   int       `json:"first,omitempty"`
	FirstAt time.Time `json:"firstAt,omitzero"`
	LastAt  time.Time `json:"lastAt,omitzero"`
	TTL     uint8     `json:"ttl,omitempty"` // of the first
	// Interface is the index of the network interface on which the first was seen; 0: unknown.
	Interface uint32 `json:"interface,omitempty"`

	SYNs []int `json:"syns,omitempty"` // numbers of packets with SYN, at most maxNumbers
	FIN  int   `json:"fin,omitempty"`
	// FINAt is when the first FIN was seen.
	FINAt  time.Time `json:"finAt,omitzero"`
	Reset  int       `json:"reset,omitempty"` // the first RST
	RSTTTL uint8     `json:"resetTTL,omitempty"`
	// ResetAt is when the first RST was seen, and DataBefore how many bytes had been seen before.
	ResetAt    time.Time `json:"resetAt,omitzero"`
	DataBefore int64     `json:"dataBefore,omitempty"`

	Bytes   int64     `json:"bytes,omitempty"` // of payload, those that were sent again included
	Data    int       `json:"data,omitempty"`  // the first with payload
	DataAt  time.Time `json:"dataAt,omitzero"`
	DataEnd time.Time `json:"dataEnd,omitzero"`  // when the last with payload was seen
	Largest int       `json:"largest,omitempty"` // size of the largest IP packet with payload

	TLS     bool       `json:"tls,omitempty"` // the payload begins with a TLS record
	Alert   pcap.Alert `json:"alert,omitzero"`
	AlertAt int        `json:"alertAt,omitempty"` // the packet with Alert
	Status  int        `json:"status,omitempty"`  // of the last HTTP response
	// StatusAt is the packet with Status.
	StatusAt int `json:"statusAt,omitempty"`

	segments []segment
	last     copied
}

// segment is what a packet carries of the sequence of a connection: its payload, SYN and FIN.
type segment struct {
	from   uint32
	length uint32
	number int
	size   int // of the IP packet
	at     time.Time
	syn    bool
}

// maxNumbers bounds lists of packet numbers.
const maxNumbers = 5

// maxSegments bounds what is remembered of a flow to find what was lost.
const maxSegments = 20_000

// copied tells whether a packet is the one before, captured again on another interface of the place.
type copied struct {
	id       uint16
	seq, ack uint32
	flags    pcap.Flags
	payload  int
	on       uint32
	at       time.Time
}

// maxForward is how long a packet may take from one interface of a place to another.
const maxForward = 5 * time.Millisecond

// again reports whether p is the packet before on another interface.
func (f *Flow) again(p *pcap.Packet, at time.Time) bool {
	now := copied{p.ID, p.Seq, p.Ack, p.Flags, p.Payload, p.Interface, at}
	before := f.last
	f.last = now
	same := before
	same.on, same.at = now.on, now.at
	return same == now && before.on != now.on && at.Sub(before.at) < maxForward
}

// add records a packet.
func (f *Flow) add(p *pcap.Packet, at time.Time) {
	if f.again(p, at) {
		return
	}
	f.Packets++
	if f.First == 0 {
		f.First, f.FirstAt, f.TTL, f.Interface = p.Number, at, p.TTL, p.Interface
	}
	f.LastAt = at
	if p.Flags.Has(pcap.RST) && f.Reset == 0 {
		f.Reset, f.RSTTTL, f.ResetAt, f.DataBefore = p.Number, p.TTL, at, f.Bytes
	}
	if p.Flags.Has(pcap.RST) {
		return // its payload, if any, is no data
	}
	if p.Flags.Has(pcap.SYN) && len(f.SYNs) < maxNumbers {
		f.SYNs = append(f.SYNs, p.Number)
	}
	if p.Flags.Has(pcap.FIN) && f.FIN == 0 {
		f.FIN, f.FINAt = p.Number, at
	}
	f.payload(p, at)
	length := uint32(p.Payload)
	for _, flag := range []pcap.Flags{pcap.SYN, pcap.FIN} {
		if p.Flags.Has(flag) {
			length++
		}
	}
	if (length > 0 || p.Protocol == pcap.UDP) && len(f.segments) < maxSegments {
		f.segments = append(f.segments, segment{p.Seq, length, p.Number, p.Size, at, p.Flags.Has(pcap.SYN)})
	}
}

func (f *Flow) payload(p *pcap.Packet, at time.Time) {
	if p.Payload == 0 {
		return
	}
	f.Bytes += int64(p.Payload)
	f.Largest, f.DataEnd = max(f.Largest, p.Size), at
	if f.Data == 0 {
		f.Data, f.DataAt, f.TLS = p.Number, at, p.Record.Type != 0
	}
	if a := p.Record.Alert; a != (pcap.Alert{}) && f.AlertAt == 0 && !closes(a) {
		f.Alert, f.AlertAt = a, p.Number
	}
	if p.Status != 0 {
		f.Status, f.StatusAt = p.Status, p.Number
	}
}

// gaveUp is when a client ended the connection after it had waited for an answer; zero: it did not. One that only says that it sends
// nothing more, says so at once.
func (f *Flow) gaveUp() time.Time {
	end := f.FINAt
	if end.IsZero() || f.Reset > 0 && f.ResetAt.Before(end) {
		end = f.ResetAt
	}
	if f.Bytes == 0 || end.Sub(f.DataEnd) < slow {
		return time.Time{}
	}
	return end
}

// closes reports whether the alert only ends a connection (https://www.rfc-editor.org/rfc/rfc8446#section-6.1).
func closes(a pcap.Alert) bool {
	const closeNotify, userCanceled = 0, 90
	return a.Description == closeNotify || a.Description == userCanceled
}

// Returned is an ICMP error about what one end sent.
type Returned struct {
	Packet int         `json:"packet"`
	Reason pcap.Reason `json:"reason"`
	By     netip.Addr  `json:"by"`
	MTU    uint32      `json:"mtu,omitempty"`
	// Down means that it is about a packet of the server.
	Down bool `json:"down,omitempty"`
}
