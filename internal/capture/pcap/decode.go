package pcap

import (
	"encoding/binary"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// loopback is the hardware type of the loopback interface, ARPHRD_LOOPBACK.
const loopback = layers.ARPHardwareTypeLoopback

// decoded is a packet while it is decoded.
type decoded struct {
	*Packet
	data     []byte
	headers  int  // bytes of data that are headers
	loopback bool // it was captured on the loopback interface
	quote    bool // it is in an ICMP error, which may have only the first 8 bytes of the transport header
}

// decode decodes the headers in data. What it cannot decode is payload.
func decode(link layers.LinkType, data []byte, p *Packet) decoded {
	d := decoded{Packet: p, data: data}
	d.link(link)
	return d
}

// rest is what follows the headers that were decoded.
func (d *decoded) rest() []byte { return d.data[d.headers:] }

func (d *decoded) link(link layers.LinkType) {
	feedback := gopacket.NilDecodeFeedback
	switch link {
	case layers.LinkTypeEthernet:
		var l layers.Ethernet
		if l.DecodeFromBytes(d.data, feedback) == nil {
			d.headers = len(l.Contents)
			d.network(l.EthernetType)
		}
	case layers.LinkTypeLinuxSLL:
		var l layers.LinuxSLL
		if l.DecodeFromBytes(d.data, feedback) == nil {
			d.headers, d.loopback = len(l.Contents), layers.ARPHardwareType(l.AddrType) == loopback
			d.network(l.EthernetType)
		}
	case layers.LinkTypeLinuxSLL2:
		var l layers.LinuxSLL2
		if l.DecodeFromBytes(d.data, feedback) == nil {
			d.headers, d.loopback, d.Interface = len(l.Contents), l.ARPHardwareType == loopback, l.InterfaceIndex
			d.network(l.ProtocolType)
		}
	case layers.LinkTypeRaw, layers.LinkTypeIPv4, layers.LinkTypeIPv6:
		d.raw()
	case layers.LinkTypeNull, layers.LinkTypeLoop:
		if len(d.data) >= 4 {
			d.headers = 4
			d.raw()
		}
	}
}

// raw decodes an IP packet of either version.
func (d *decoded) raw() {
	if b := d.rest(); len(b) > 0 {
		switch b[0] >> 4 {
		case 4:
			d.network(layers.EthernetTypeIPv4)
		case 6:
			d.network(layers.EthernetTypeIPv6)
		}
	}
}

func (d *decoded) network(t layers.EthernetType) {
	for range 2 {
		if b := d.rest(); (t == layers.EthernetTypeDot1Q || t == layers.EthernetTypeQinQ) && len(b) >= 4 {
			t = layers.EthernetType(binary.BigEndian.Uint16(b[2:]))
			d.headers += 4
		}
	}
	switch t {
	case layers.EthernetTypeIPv4:
		d.ipv4()
	case layers.EthernetTypeIPv6:
		d.ipv6()
	case layers.EthernetTypeARP:
		d.headers += min(28, len(d.rest())) // of IPv4 on Ethernet
	}
}

func (d *decoded) ipv4() {
	var l layers.IPv4
	if l.DecodeFromBytes(d.rest(), gopacket.NilDecodeFeedback) != nil {
		return
	}
	d.headers += len(l.Contents)
	d.address(netip.AddrFrom4([4]byte(l.SrcIP.To4())), netip.AddrFrom4([4]byte(l.DstIP.To4())))
	d.TTL, d.ID, d.Size = l.TTL, l.Id, max(int(l.Length), len(l.Contents))
	if l.FragOffset == 0 {
		d.transport(l.Protocol, d.Size-len(l.Contents))
	}
}

func (d *decoded) ipv6() {
	b := d.rest()
	if len(b) < 40 {
		return
	}
	from, to := netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	next, size := layers.IPProtocol(b[6]), int(binary.BigEndian.Uint16(b[4:]))
	d.TTL, d.Size = b[7], 40+size
	d.headers += 40
	d.address(from, to)
	for {
		b = d.rest()
		length := 0
		switch {
		case len(b) < 8:
		case next == layers.IPProtocolIPv6HopByHop, next == layers.IPProtocolIPv6Routing, next == layers.IPProtocolIPv6Destination:
			length = 8 * (int(b[1]) + 1)
		case next == layers.IPProtocolIPv6Fragment:
			if binary.BigEndian.Uint16(b[2:])>>3 != 0 {
				return
			}
			length = 8
		}
		if length == 0 || length > len(b) {
			break
		}
		next, size = layers.IPProtocol(b[0]), size-length
		d.headers += length
	}
	d.transport(next, max(size, 0))
}

func (d *decoded) address(from, to netip.Addr) {
	d.From, d.To = netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)
}

func (d *decoded) ports(from, to uint16) {
	d.From, d.To = netip.AddrPortFrom(d.From.Addr(), from), netip.AddrPortFrom(d.To.Addr(), to)
}

// transport decodes the header behind that of IP, which is followed by size bytes on the wire, itself included.
func (d *decoded) transport(protocol layers.IPProtocol, size int) {
	header := 8
	if len(d.rest()) < header {
		return
	}
	b := d.rest()
	switch protocol {
	case layers.IPProtocolTCP:
		if header = d.tcp(); header == 0 {
			return
		}
	case layers.IPProtocolUDP:
		d.Protocol = UDP
		d.ports(binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]))
	case layers.IPProtocolICMPv4, layers.IPProtocolICMPv6:
		d.Protocol = ICMP
		if protocol == layers.IPProtocolICMPv4 {
			d.Error = errorOf4(b[0], b[1], binary.BigEndian.Uint32(b[4:]))
		} else {
			d.Error = errorOf6(b[0], b[1], binary.BigEndian.Uint32(b[4:]))
		}
	default:
		return
	}
	d.headers += header
	d.Payload = max(0, size-header)
	if d.Error != nil && !d.quote {
		d.quoted()
	}
}

// tcp decodes a TCP header and returns its length; 0: there is none.
func (d *decoded) tcp() int {
	var l layers.TCP
	b := d.rest()
	if l.DecodeFromBytes(b, gopacket.NilDecodeFeedback) != nil {
		if !d.quote {
			return 0
		}
		d.Protocol, d.Seq = TCP, binary.BigEndian.Uint32(b[4:])
		d.ports(binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]))
		return 8
	}
	d.Protocol, d.Seq, d.Ack, d.Flags = TCP, l.Seq, l.Ack, Flags(b[13])
	d.ports(uint16(l.SrcPort), uint16(l.DstPort))
	for _, o := range l.Options {
		if o.OptionType == layers.TCPOptionKindMSS && len(o.OptionData) == 2 {
			d.MSS = binary.BigEndian.Uint16(o.OptionData)
		}
	}
	return len(l.Contents)
}
