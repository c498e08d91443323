package pcap

import (
	"errors"
	"fmt"
	"io"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// maxSnap is the longest packet that is read, in bytes: the longest that tcpdump writes.
const maxSnap = 262144

// Reader reads packets from a pcap file, such as the output of tcpdump. Unless Full is set, it drops the payload of each packet before it
// returns it: Data has headers only, with the parts of heads.
type Reader struct {
	Full bool

	in     *pcapgo.Reader
	heads  heads
	number int
}

// NewReader returns a Reader of in, once the file's header was read.
func NewReader(in io.Reader) (*Reader, error) {
	r, err := pcapgo.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("reading the header of a capture: %w", err)
	}
	r.SetSnaplen(maxSnap)
	switch r.LinkType() {
	case layers.LinkTypeEthernet, layers.LinkTypeLinuxSLL, layers.LinkTypeLinuxSLL2, layers.LinkTypeRaw, layers.LinkTypeIPv4,
		layers.LinkTypeIPv6, layers.LinkTypeNull, layers.LinkTypeLoop:
	default:
		return nil, fmt.Errorf("a capture has the link type %d, which is not supported", r.LinkType())
	}
	return &Reader{in: r, heads: heads{next: map[direction]uint32{}}}, nil
}

// Link is the link type of all packets.
func (r *Reader) Link() layers.LinkType { return r.in.LinkType() }

// Next returns the next packet, or io.EOF after the last. A packet that the recorder had not written completely is left out. Packets of
// the loopback interface are skipped: a connection through it never leaves its network namespace.
func (r *Reader) Next() (Packet, error) {
	for {
		data, info, err := r.in.ReadPacketData()
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF
		}
		if err != nil {
			return Packet{}, err
		}
		p := Packet{At: info.Timestamp, Length: info.Length}
		d := decode(r.Link(), data, &p)
		if d.loopback {
			continue
		}
		r.number++
		p.Number = r.number
		kept := r.heads.keep(&p, d.rest())
		p.Data = data
		if !r.Full {
			p.Data = stripped(data, d.headers, kept)
		}
		return p, nil
	}
}

// stripped returns a copy of data that has only its headers and the kept parts of what follows them. What is between these is zero.
func stripped(data []byte, headers int, kept []span) []byte {
	if len(kept) == 0 {
		return append([]byte(nil), data[:headers]...)
	}
	b := make([]byte, headers+kept[len(kept)-1].to)
	copy(b, data[:headers])
	for _, s := range kept {
		copy(b[headers+s.from:headers+s.to], data[headers+s.from:])
	}
	return b
}
