package pcap

import "github.com/gopacket/gopacket/layers"

// errorOf4 returns the error that an ICMP message reports; nil if it is none. number is the second word of its header. The numbers are
// from https://www.iana.org/assignments/icmp-parameters.
func errorOf4(kind, code uint8, number uint32) *Error {
	switch kind {
	case layers.ICMPv4TypeDestinationUnreachable:
	case layers.ICMPv4TypeTimeExceeded:
		return &Error{Reason: Expired}
	case layers.ICMPv4TypeParameterProblem:
		return &Error{Reason: OtherReason}
	default:
		return nil
	}
	switch code {
	case layers.ICMPv4CodePort:
		return &Error{Reason: PortUnreachable}
	case layers.ICMPv4CodeFragmentationNeeded:
		return &Error{Reason: TooBig, MTU: number & 0xffff}
	case layers.ICMPv4CodeNetAdminProhibited, layers.ICMPv4CodeHostAdminProhibited, layers.ICMPv4CodeCommAdminProhibited:
		return &Error{Reason: Prohibited}
	}
	return &Error{Reason: Unreachable}
}

// errorOf6 is errorOf4 for IPv6, with the numbers of https://www.iana.org/assignments/icmpv6-parameters.
func errorOf6(kind, code uint8, number uint32) *Error {
	switch kind {
	case layers.ICMPv6TypePacketTooBig:
		return &Error{Reason: TooBig, MTU: number}
	case layers.ICMPv6TypeTimeExceeded:
		return &Error{Reason: Expired}
	case layers.ICMPv6TypeParameterProblem:
		return &Error{Reason: OtherReason}
	case layers.ICMPv6TypeDestinationUnreachable:
	default:
		return nil
	}
	switch code {
	case layers.ICMPv6CodePortUnreachable:
		return &Error{Reason: PortUnreachable}
	case layers.ICMPv6CodeAdminProhibited, layers.ICMPv6CodeSrcAddressFailedPolicy, layers.ICMPv6CodeRejectRouteToDst:
		return &Error{Reason: Prohibited}
	}
	return &Error{Reason: Unreachable}
}

// quoted decodes the headers of the packet that an ICMP error quotes. Of what follows them, which may be payload, nothing counts as
// header.
func (d *decoded) quoted() {
	inner := Packet{}
	q := decoded{Packet: &inner, data: d.rest(), quote: true}
	q.raw()
	if !inner.From.IsValid() {
		return
	}
	e := d.Error
	e.Protocol, e.From, e.To, e.Seq = inner.Protocol, inner.From, inner.To, inner.Seq
	d.headers += q.headers
}
