package pcap

import (
	"bytes"
	"encoding/binary"
	"net"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

// canary stands in every payload, and may stand in nothing that is kept.
const canary = "CANARY-7f3a"

var (
	macs    = &layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: layers.EthernetTypeIPv4}
	clientA = net.IPv4(10, 0, 0, 1)
	serverA = net.IPv4(10, 0, 0, 2)
)

func bytesOf(t testing.TB, all ...gopacket.SerializableLayer) []byte {
	t.Helper()
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, all...); err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b.Bytes())
}

func ip4(protocol layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, SrcIP: clientA, DstIP: serverA, Protocol: protocol, Id: 7}
}

func segment(t testing.TB, seq uint32, payload string) []byte {
	tcp := &layers.TCP{SrcPort: 40000, DstPort: 443, Seq: seq, ACK: true}
	return bytesOf(t, macs, ip4(layers.IPProtocolTCP), tcp, gopacket.Payload(payload))
}

// file returns a pcap file.
func file(link layers.LinkType, packets ...[]byte) []byte {
	b := make([]byte, 24)
	binary.LittleEndian.PutUint32(b, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(b[4:], 2)
	binary.LittleEndian.PutUint16(b[6:], 4)
	binary.LittleEndian.PutUint32(b[16:], 262144)
	binary.LittleEndian.PutUint32(b[20:], uint32(link))
	for i, p := range packets {
		h := make([]byte, 16)
		binary.LittleEndian.PutUint32(h, uint32(1700000000+i))
		binary.LittleEndian.PutUint32(h[8:], uint32(len(p)))
		binary.LittleEndian.PutUint32(h[12:], uint32(len(p)))
		b = append(append(b, h...), p...)
	}
	return b
}

// all reads the whole file.
func all(t testing.TB, file []byte, full bool) (packets []Packet) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	r.Full = full
	for {
		p, err := r.Next()
		if err != nil {
			return packets
		}
		packets = append(packets, p)
	}
}

// cooked puts the header of SLL2 in place of that of Ethernet.
func cooked(kind uint16, ethernet []byte) []byte {
	h := make([]byte, 20)
	copy(h, ethernet[12:14])
	binary.BigEndian.PutUint32(h[4:], 3)
	binary.BigEndian.PutUint16(h[8:], kind)
	h[11] = 6
	return append(h, ethernet[14:]...)
}
