// Package dial makes network connections from inside a cluster: to the ports of a pod, and to whatever a pod reaches.
package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// A Dialer opens connections from some place in the cluster. The connections support deadlines, and Close delivers what
// was written before. A connection also has CloseWrite() error where its Dialer says so.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// errnos are the phrases of the C library, of Go and of bash for the errors that callers tell apart.
var errnos = []struct {
	phrase string
	errno  syscall.Errno
}{
	{"connection refused", syscall.ECONNREFUSED},
	{"connection reset", syscall.ECONNRESET},
	{"no route to host", syscall.EHOSTUNREACH},
	{"host is unreachable", syscall.EHOSTUNREACH},
	{"host unreachable", syscall.EHOSTUNREACH},
	{"network is unreachable", syscall.ENETUNREACH},
	{"network unreachable", syscall.ENETUNREACH},
	{"timed out", syscall.ETIMEDOUT},
	{"i/o timeout", syscall.ETIMEDOUT},
	{"broken pipe", syscall.EPIPE},
}

// remoteError makes a *net.OpError out of what the other side said; errors.Is finds the errno in it where the text names
// one.
func remoteError(op, network string, addr net.Addr, text string) error {
	text = strings.TrimSpace(text)
	err := errors.New(text)
	for _, e := range errnos {
		if strings.Contains(strings.ToLower(text), e.phrase) {
			err = os.NewSyscallError("connect", e.errno)
			break
		}
	}
	return &net.OpError{Op: op, Net: network, Addr: addr, Err: err}
}

// RemoteError makes an error of dialing the address out of what a program in the cluster said, as a Dialer does.
func RemoteError(addr, text string) error { return remoteError("dial", "tcp", address(addr), text) }

// address is where a connection leads, as the place in the cluster sees it.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// split checks network and addr of DialContext.
func split(network, addr string) (host, port string, err error) {
	if !strings.HasPrefix(network, "tcp") {
		return "", "", fmt.Errorf("dialing %s: only tcp can be dialed, not %q", addr, network)
	}
	host, port, err = net.SplitHostPort(addr)
	if err != nil {
		return "", "", err
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return "", "", fmt.Errorf("dialing %s: %q is no port", addr, port)
	}
	return host, port, nil
}
