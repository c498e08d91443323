package pcap

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func TestHeaders(t *testing.T) {
	file := file(layers.LinkTypeEthernet, bytesOf(t, macs, ip4(layers.IPProtocolTCP), &layers.TCP{
		SrcPort: 40000, DstPort: 80, Seq: 100, SYN: true,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 180}}},
	}))
	want := Packet{
		Number: 1, Length: 60, Protocol: TCP, From: netip.MustParseAddrPort("10.0.0.1:40000"), To: netip.MustParseAddrPort("10.0.0.2:80"),
		TTL: 64, ID: 7, Size: 44, Flags: SYN, Seq: 100, MSS: 1460,
	}
	got := all(t, file, false)[0]
	got.At, got.Data = want.At, nil
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsQuoteHeaders(t *testing.T) {
	inner := bytesOf(t, ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 40000, DstPort: 80, Seq: 100}, gopacket.Payload(canary))
	for _, length := range []int{28, 40, len(inner)} { // RFC 792 asks for 8 bytes behind the IP header; Linux quotes more
		b := bytesOf(t, macs, ip4(layers.IPProtocolICMPv4),
			&layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4), Seq: 1400}, gopacket.Payload(inner[:length]))
		e := all(t, file(layers.LinkTypeEthernet, b), false)[0].Error
		if e == nil || e.Reason != TooBig || e.MTU != 1400 || e.Protocol != TCP || e.To.Port() != 80 || e.Seq != 100 {
			t.Errorf("%d bytes: %+v", length, e)
		}
	}
}

func TestLoopbackIsSkipped(t *testing.T) {
	packets := all(t, file(layers.LinkTypeLinuxSLL2, cooked(772, segment(t, 1, "")), cooked(1, segment(t, 2, ""))), false)
	if len(packets) != 1 || packets[0].Seq != 2 || packets[0].Interface != 3 || packets[0].Number != 1 {
		t.Errorf("%+v", packets)
	}
}

// What is kept of the payload: the headers of TLS records wherever they begin, alerts that are not encrypted, and the status of HTTP.
func TestHeads(t *testing.T) {
	record := func(kind byte, body string) string {
		return string([]byte{kind, 3, 3, byte(len(body) >> 8), byte(len(body))}) + body
	}
	hello := record(TLSHandshake, canary+canary)
	for name, c := range map[string]struct {
		segments []string
		record   []Record
		kept     []string
		status   int
	}{
		"nothing": {segments: []string{canary}, record: []Record{{}}, kept: []string{""}},
		"two records, an alert in a later segment": {
			segments: []string{hello + hello[:9], hello[9:] + record(TLSAlert, "\x02\x28")},
			record:   []Record{{Type: TLSHandshake}, {Type: TLSAlert, Alert: Alert{2, 40}}},
			kept: []string{
				hello[:5] + string(make([]byte, len(hello)-5)) + hello[:5],
				string(make([]byte, len(hello)-9)) + "\x15\x03\x03\x00\x02\x02\x28",
			},
		},
		"an alert that is encrypted": {
			segments: []string{record(TLSAlert, "\x02\x28"+canary)},
			record:   []Record{{Type: TLSAlert}}, kept: []string{"\x15\x03\x03\x00\x0d"},
		},
		"a status": {segments: []string{"HTTP/1.1 503 " + canary}, record: []Record{{}}, kept: []string{"HTTP/1.1 503"}, status: 503},
		"text":     {segments: []string{"HTTP/1.1 5x3 " + canary}, record: []Record{{}}, kept: []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			var packets [][]byte
			seq := uint32(0xfffffffa) // it wraps
			for _, s := range c.segments {
				packets = append(packets, segment(t, seq, s))
				seq += uint32(len(s))
			}
			for i, p := range all(t, file(layers.LinkTypeEthernet, packets...), false) {
				if got := string(p.Data[54:]); got != c.kept[i] {
					t.Errorf("kept %q, not %q", got, c.kept[i])
				}
				if p.Record != c.record[i] || p.Status != c.status {
					t.Errorf("%+v, %d", p.Record, p.Status)
				}
			}
		})
	}
}

// payloads are packets of all kinds, each with the canary where an app's data can be.
func payloads(t testing.TB) map[string][]byte {
	ip6 := func(next layers.IPProtocol) *layers.IPv6 {
		return &layers.IPv6{Version: 6, NextHeader: next, HopLimit: 64, SrcIP: net.ParseIP("fd00::1"), DstIP: net.ParseIP("fd00::2")}
	}
	ethernet6 := *macs
	ethernet6.EthernetType = layers.EthernetTypeIPv6
	vlan := *macs
	vlan.EthernetType = layers.EthernetTypeDot1Q
	unknown := *macs
	unknown.EthernetType = 0x9999
	fragment := ip4(layers.IPProtocolUDP)
	fragment.FragOffset = 100
	arp := &layers.Ethernet{SrcMAC: macs.SrcMAC, DstMAC: macs.DstMAC, EthernetType: layers.EthernetTypeARP}
	udp := &layers.UDP{SrcPort: 53, DstPort: 53}
	tcp := &layers.TCP{SrcPort: 1, DstPort: 2, PSH: true, ACK: true}
	body := gopacket.Payload(canary)
	quoted := gopacket.Payload(bytesOf(t, ip4(layers.IPProtocolUDP), udp, body))
	return map[string][]byte{
		"tcp": bytesOf(t, macs, ip4(layers.IPProtocolTCP), tcp, body), "udp": bytesOf(t, macs, ip4(layers.IPProtocolUDP), udp, body),
		"syn":   bytesOf(t, macs, ip4(layers.IPProtocolTCP), &layers.TCP{SYN: true}, body),
		"vlan":  bytesOf(t, &vlan, &layers.Dot1Q{Type: layers.EthernetTypeIPv4}, ip4(layers.IPProtocolTCP), tcp, body),
		"echo":  bytesOf(t, macs, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, body),
		"error": bytesOf(t, macs, ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 3)}, quoted),
		"gre":   bytesOf(t, macs, ip4(layers.IPProtocolGRE), body), "sctp": bytesOf(t, macs, ip4(layers.IPProtocolSCTP), body),
		"fragment": bytesOf(t, macs, fragment, body), "unknown": bytesOf(t, &unknown, body),
		"arp":  append(bytesOf(t, arp, gopacket.Payload(make([]byte, 28))), canary...),
		"tcp6": bytesOf(t, &ethernet6, ip6(layers.IPProtocolTCP), tcp, body), "other6": bytesOf(t, &ethernet6, ip6(layers.IPProtocolESP), body),
	}
}

func TestNoPayloadIsKept(t *testing.T) {
	for name, b := range payloads(t) {
		if !bytes.Contains(b, []byte(canary)) {
			t.Fatal(name, "has no canary")
		}
		for link, b := range map[layers.LinkType][]byte{
			layers.LinkTypeEthernet: b, layers.LinkTypeLinuxSLL2: cooked(1, b), layers.LinkTypeRaw: b[14:],
		} {
			p := all(t, file(link, b), false)[0]
			if bytes.Contains(p.Data, []byte(canary)[:4]) {
				t.Errorf("%s: kept %q", name, p.Data)
			}
			if full := all(t, file(link, b), true)[0]; !bytes.Equal(full.Data, b) {
				t.Errorf("%s: Full does not keep all", name)
			}
		}
	}
}

// FuzzReader holds that no file crashes the reader, and that what is kept is never more than the packet.
func FuzzReader(f *testing.F) {
	for _, b := range payloads(f) {
		f.Add(file(layers.LinkTypeEthernet, b))
		f.Add(file(layers.LinkTypeLinuxSLL2, cooked(1, b)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		w, err := NewWriter(io.Discard, "test", []Source{{Name: "a", Link: r.Link()}})
		if err != nil {
			t.Fatal(err)
		}
		for {
			p, err := r.Next()
			if err != nil {
				return
			}
			if len(p.Data) > max(p.Length, 0) || p.Payload < 0 {
				t.Fatalf("%+v", p)
			}
			if err := w.Write(0, p); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzStripped holds that a payload, whatever it is, is kept only as far as it has the form of heads.
func FuzzStripped(f *testing.F) {
	f.Add([]byte("\x16\x03\x01\x00\x05hello\x15\x03\x03\x00\x02\x02\x28"))
	f.Add([]byte("HTTP/1.1 200 OK\r\n"))
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) > 60000 {
			return
		}
		p := all(t, file(layers.LinkTypeEthernet, segment(t, 1, string(payload))), false)[0]
		kept := p.Data[54:]
		records, rest := 0, 0
		for i, b := range kept {
			if b == 0 {
				continue
			}
			if rest++; b != payload[i] {
				t.Fatalf("byte %d is neither kept nor zero", i)
			}
		}
		for i := range payload {
			if r, ok := recordAt(payload[i:]); ok && r.length > 0 {
				records++
			}
		}
		if rest > 12+7*records {
			t.Fatalf("%d bytes of %q are kept", rest, payload)
		}
	})
}
