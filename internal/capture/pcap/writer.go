package pcap

import (
	"fmt"
	"io"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Source is a place whose packets are in a file: an interface, in the words of pcapng.
type Source struct {
	Name    string // such as "pod shop/web-0"
	Comment string
	Link    layers.LinkType
	Offset  time.Duration // how far its clock is ahead
}

// Writer writes a pcapng file with the packets of several places. Flush must be called at the end.
type Writer struct {
	out     *pcapgo.NgWriter
	sources []Source
}

// NewWriter returns a Writer of packets of the sources, of which there must be one at least. application names the program that writes.
func NewWriter(out io.Writer, application string, sources []Source) (*Writer, error) {
	w := &Writer{sources: sources}
	options := pcapgo.NgWriterOptions{SectionInfo: pcapgo.NgSectionInfo{Application: application}}
	for i, s := range sources {
		described := pcapgo.NgInterface{Name: s.Name, Comment: s.Comment, LinkType: s.Link, SnapLength: maxSnap}
		var err error
		if i == 0 {
			w.out, err = pcapgo.NewNgWriterInterface(out, described, options)
		} else {
			_, err = w.out.AddInterface(described)
		}
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Write writes a packet of the source with that index. Its time becomes that of the clock of this computer.
func (w *Writer) Write(source int, p Packet) error {
	info := gopacket.CaptureInfo{
		Timestamp: p.At.Add(-w.sources[source].Offset), CaptureLength: len(p.Data), Length: max(p.Length, len(p.Data)), InterfaceIndex: source,
	}
	if err := w.out.WritePacket(info, p.Data); err != nil {
		return fmt.Errorf("writing packet %d: %w", p.Number, err)
	}
	return nil
}

// Flush writes what is buffered.
func (w *Writer) Flush() error { return w.out.Flush() }
