// Package dial makes TCP connections from inside a cluster: to the ports of a pod, and to any address that a pod reaches.
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

// A Dialer makes connections from somewhere inside the cluster. The connections support deadlines, and Close still delivers what was
// written before. Some also have a method CloseWrite() error; the implementations document which.
type Dialer interface {
	DialContext(ctx context.Context, network, addr string) (net.Conn, error)
}

// errnos maps phrases in the messages of the C library, Go and bash to the errors that callers distinguish.
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

// remoteError returns a *net.OpError for the error message text of the other side. If text contains one of the phrases in errnos,
// errors.Is finds its errno.
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

// RemoteError returns the error of a Dialer for addr, given the error message of a program in the cluster that dialed it.
func RemoteError(addr, text string) error { return remoteError("dial", "tcp", address(addr), text) }

// address is the address of a connection's peer, as seen from inside the cluster.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// split validates the arguments of DialContext and returns the parts of addr.
func split(network, addr string) (host, port string, err error) {
	if !strings.HasPrefix(network, "tcp") {
		return "", "", fmt.Errorf("dialing %s: network is %q, only tcp is supported", addr, network)
	}
	host, port, err = net.SplitHostPort(addr)
	if err != nil {
		return "", "", err
	}
	if n, err := net.LookupPort("tcp", port); err != nil || n == 0 {
		return "", "", fmt.Errorf("dialing %s: %q is not a port", addr, port)
	}
	return host, port, nil
}
