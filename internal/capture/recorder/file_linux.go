package main

import (
	"encoding/binary"
	"io"
)

// file is a pcap file with nanoseconds (https://www.tcpdump.org/manpages/pcap-savefile.5.html), of packets with Linux's "cooked" header
// (https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html).
type file struct {
	out    io.Writer
	bytes  int // that are kept of each packet
	buffer []byte
}

const (
	magic      = 0xa1b23c4d
	sll2       = 276
	headerSize = 20
	bufferSize = 256 << 10
	longest    = 256<<10 - headerSize // of what is kept of a packet: readers take records of 256 KiB
)

// newFile returns a file that begins with its header, which is not written yet.
func newFile(out io.Writer, bytes int) *file {
	f := &file{out: out, bytes: bytes}
	f.put32(magic, 2|4<<16, 0, 0, uint32(bytes)+headerSize, sll2) //nolint:gosec // at most longest
	return f
}

func (f *file) put32(values ...uint32) {
	for _, v := range values {
		f.buffer = binary.LittleEndian.AppendUint32(f.buffer, v)
	}
}

// write adds the packet. It is in the file after flush at the latest.
//
//nolint:gosec // what the kernel gives fits
func (f *file) write(p packet) error {
	f.put32(uint32(p.at.Sec), uint32(p.at.Nsec), uint32(len(p.data)+headerSize), uint32(p.length+headerSize))
	var header [headerSize]byte
	if p.from != nil {
		binary.NativeEndian.PutUint16(header[0:], p.from.Protocol) // in network order
		binary.BigEndian.PutUint32(header[4:], uint32(p.from.Ifindex))
		binary.BigEndian.PutUint16(header[8:], p.from.Hatype)
		header[10], header[11] = p.from.Pkttype, p.from.Halen
		copy(header[12:], p.from.Addr[:])
	}
	f.buffer = append(append(f.buffer, header[:]...), p.data...)
	if len(f.buffer) < bufferSize {
		return nil
	}
	return f.flush()
}

func (f *file) flush() error {
	if len(f.buffer) == 0 {
		return nil
	}
	_, err := f.out.Write(f.buffer)
	f.buffer = f.buffer[:0]
	return err
}
