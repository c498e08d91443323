// Package pcap reads what tcpdump and other recorders capture, without keeping what connections carry, and writes it as pcapng. It does no
// I/O of its own.
package pcap

import (
	"net/netip"
	"time"
)

// Protocol is the transport protocol of a packet.
type Protocol string

// The protocols that are told apart; the empty Protocol is any other.
const (
	TCP  Protocol = "tcp"
	UDP  Protocol = "udp"
	ICMP Protocol = "icmp" // of IPv4 or IPv6
)

// Packet is a captured packet: its headers, and what is known of its payload without keeping it.
type Packet struct {
	Number int       // within its capture, from 1
	At     time.Time // by the clock of the place
	Length int       // bytes on the wire, with the link layer
	Data   []byte    // what is kept of it, from the link layer on

	Interface uint32 // the index of the network interface; 0: unknown
	Protocol  Protocol
	From, To  netip.AddrPort // ports are 0 unless Protocol is TCP or UDP; invalid if it is no IP packet
	TTL       uint8          // or the hop limit
	ID        uint16         // of IPv4
	Size      int            // bytes of the IP packet on the wire
	Payload   int            // bytes on the wire that follow the header of TCP, UDP or ICMP

	Flags    Flags // of TCP
	Seq, Ack uint32
	MSS      uint16 // of the TCP option; 0: none

	Error *Error // an ICMP error, or nil

	Record Record // what of TLS the payload holds
	Status int    // of the HTTP status line with which the payload begins; 0: none
}

// Flags are the flags of a TCP header.
type Flags uint8

// The flags, as in the header.
const (
	FIN Flags = 1 << iota
	SYN
	RST
	_
	ACK
)

// Has reports whether all of the flags are set.
func (f Flags) Has(flags Flags) bool { return f&flags == flags }

// Record is what is kept of the first record of TLS that begins in a packet, and of the first alert.
type Record struct {
	Type  uint8 // of the first record's content; 0: none begins in the packet
	Alert Alert
}

// The types of records.
const (
	TLSAlert     = 21
	TLSHandshake = 22
)

// Alert is an alert of TLS that was not encrypted; its zero value is none.
type Alert struct {
	Level       uint8 `json:"level,omitempty"` // 1: warning, 2: fatal
	Description uint8 `json:"description,omitempty"`
}

// Error is an ICMP error about a packet that its sender had sent.
type Error struct {
	Reason   Reason
	MTU      uint32 // of the next link, with TooBig; 0: it is not told
	Protocol Protocol
	From, To netip.AddrPort // of the packet that the error is about
	Seq      uint32         // likewise, of TCP
}

// Reason is why a packet was returned.
type Reason string

// The reasons.
const (
	TooBig          Reason = "too big"
	PortUnreachable Reason = "port unreachable"
	Prohibited      Reason = "administratively prohibited"
	Unreachable     Reason = "unreachable" // the host or the network
	Expired         Reason = "TTL expired"
	OtherReason     Reason = "other"
)
