package main

import (
	"encoding/binary"
	"errors"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// socket receives the packets of one or all interfaces from their network header on
// (https://man7.org/linux/man-pages/man7/packet.7.html).
type socket struct {
	fd  int
	oob [128]byte // of ancillary data
}

// buffered is how many bytes of packets the kernel keeps until they are read.
const buffered = 32 << 20

// open opens a socket that receives what the program accepts.
func open(name string, program []unix.SockFilter) (*socket, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0) // 0: it receives nothing yet
	if err != nil {
		return nil, errors.New("opening a socket: " + err.Error())
	}
	index := 0
	if name != "any" {
		r, err := unix.NewIfreq(name)
		if err == nil {
			err = unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, r)
		}
		if err != nil {
			return nil, errors.New("interface " + name + ": " + err.Error())
		}
		index = int(r.Uint32())
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffered); err != nil {
		return nil, errors.New("setting the size of its buffer: " + err.Error())
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return nil, errors.New("asking for times: " + err.Error())
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]} //nolint:gosec // parseProgram bounds it
	if err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &filter); err != nil {
		return nil, errors.New("setting its filter: " + err.Error())
	}
	all := binary.BigEndian.Uint16([]byte{unix.ETH_P_ALL & 0xff, unix.ETH_P_ALL >> 8}) // in network order
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: index}); err != nil {
		return nil, errors.New("listening: " + err.Error())
	}
	return &socket{fd: fd}, nil
}

// packet is what was received of a packet.
type packet struct {
	data   []byte
	length int // of all of it
	at     unix.Timespec
	from   *unix.SockaddrLinklayer
}

// receive returns the next packet, whose data is in the buffer; unix.EAGAIN: there is none yet.
func (s *socket) receive(buffer []byte) (packet, error) {
	n, oobn, _, from, err := unix.Recvmsg(s.fd, buffer, s.oob[:], unix.MSG_TRUNC)
	if err != nil {
		return packet{}, err
	}
	p := packet{data: buffer[:min(n, len(buffer))], length: n}
	p.from, _ = from.(*unix.SockaddrLinklayer)
	messages, err := unix.ParseSocketControlMessage(s.oob[:oobn])
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= int(unsafe.Sizeof(p.at)) {
			p.at = *(*unix.Timespec)(unsafe.Pointer(&m.Data[0]))
		}
	}
	return p, err
}

// dropped returns how many packets were lost because they were not read in time.
func (s *socket) dropped() int {
	stats, err := unix.GetsockoptTpacketStats(s.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int(stats.Drops)
}

// parseProgram reads instructions of 16 hexadecimal digits each.
func parseProgram(text string) ([]unix.SockFilter, error) {
	const digits, most = 16, 4096
	if len(text)%digits != 0 || len(text) == 0 || len(text) > digits*most {
		return nil, errors.New("PROGRAM has a wrong length")
	}
	var program []unix.SockFilter
	for ; text != ""; text = text[digits:] {
		n, err := strconv.ParseUint(text[:digits], 16, 64)
		if err != nil {
			return nil, errors.New("PROGRAM is not hexadecimal")
		}
		//nolint:gosec // the parts of an instruction
		program = append(program, unix.SockFilter{Code: uint16(n >> 48), Jt: uint8(n >> 40), Jf: uint8(n >> 32), K: uint32(n)})
	}
	return program, nil
}
