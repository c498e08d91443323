// Command recorder captures packets on a node that has no tcpdump. It is sent to the node by `kubectl insideout capture`, deletes its own
// file when it starts, and writes what tcpdump would: a pcap file to stdout, messages to stderr. It decodes nothing.
//
//	recorder INTERFACE BYTES PACKETS PROGRAM
//
// INTERFACE is a name, or "any"; BYTES are kept of each packet; it ends after so many PACKETS, or on SIGTERM; PROGRAM is the filter's
// instructions (https://www.kernel.org/doc/html/latest/networking/filter.html), each as 16 hexadecimal digits.
package main

import (
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

func main() {
	_ = os.Remove(os.Args[0])
	_ = os.Remove(filepath.Dir(os.Args[0])) // made for it alone; others are not empty
	if err := run(os.Args[1:]); err != nil {
		_, _ = os.Stderr.WriteString("recorder: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 4 {
		return errors.New("it takes INTERFACE BYTES PACKETS PROGRAM")
	}
	bytes, err := strconv.ParseUint(args[1], 10, 31)
	if err != nil {
		return errors.New("BYTES is no number")
	}
	packets, err := strconv.ParseUint(args[2], 10, 31)
	if err != nil {
		return errors.New("PACKETS is no number")
	}
	program, err := parseProgram(args[3])
	if err != nil {
		return err
	}
	stop, err := stopped()
	if err != nil {
		return err
	}
	s, err := open(args[0], program)
	if err != nil {
		return err
	}
	_, _ = os.Stderr.WriteString("listening on " + args[0] + ", link-type LINUX_SLL2, snapshot length " + args[1] + " bytes\n")
	err = record(s, stop, newFile(os.Stdout, min(int(bytes), longest)), int(packets))
	_, _ = os.Stderr.WriteString(strconv.Itoa(s.dropped()) + " packets dropped by kernel\n")
	return err
}

// stopped returns a file descriptor that can be read from once the program is told to end.
func stopped() (int, error) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, unix.SIGTERM, unix.SIGINT, unix.SIGHUP)
	go func() {
		<-signals
		_ = unix.Close(pipe[1])
	}()
	return pipe[0], nil
}

// record writes packets of the socket to the file, until the limit or until stop can be read from. Then it writes those that were received
// before.
func record(s *socket, stop int, f *file, limit int) error {
	waits := []unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}, {Fd: int32(stop), Events: unix.POLLIN}} //nolint:gosec // they are small
	data := make([]byte, f.bytes)
	for count := 0; count < limit; {
		p, err := s.receive(data)
		switch {
		case err == nil:
			if err := f.write(p); err != nil {
				return err
			}
			count++
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case !errors.Is(err, unix.EAGAIN):
			return err
		}
		if err := f.flush(); err != nil { // nothing waits for the rest of a buffer
			return err
		}
		if waits[1].Revents != 0 {
			return nil
		}
		if _, err := unix.Poll(waits, -1); err != nil && !errors.Is(err, unix.EINTR) {
			return err
		}
	}
	return f.flush()
}
