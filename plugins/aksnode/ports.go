package aksnode

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// forwarding forwards a local port to a port of a node.
type forwarding struct {
	addr   string // local
	local  uint16 // 0: any free port
	remote uint16
}

// parseForwarding parses [[ADDRESS:]LOCAL:]PORT. An empty LOCAL is any free port; an IPv6 address is in brackets.
func parseForwarding(text string) (forwarding, error) {
	f := forwarding{addr: "127.0.0.1"}
	invalid := func(reason string) (forwarding, error) {
		return forwarding{}, fmt.Errorf("%q is not a valid port forwarding: %s; it takes [[ADDRESS:]LOCAL:]PORT, "+
			"such as 3389, 13389:3389, :3389 (a free local port) or 0.0.0.0:13389:3389", text, reason)
	}
	rest, remote := "", text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		rest, remote = text[:i], text[i+1:]
		local := rest
		if j := strings.LastIndexByte(rest, ':'); j >= 0 {
			f.addr, local = strings.TrimSuffix(strings.TrimPrefix(rest[:j], "["), "]"), rest[j+1:]
			if _, err := netip.ParseAddr(f.addr); err != nil && f.addr != "localhost" {
				return invalid(fmt.Sprintf("%q is not an IP address", rest[:j]))
			}
		}
		if local != "" {
			n, err := strconv.ParseUint(local, 10, 16)
			if err != nil {
				return invalid(fmt.Sprintf("%q is not a port", local))
			}
			f.local = uint16(n)
		}
	}
	n, err := strconv.ParseUint(remote, 10, 16)
	if err != nil || n == 0 {
		return invalid(fmt.Sprintf("%q is not a port", remote))
	}
	f.remote = uint16(n)
	if !strings.Contains(text, ":") {
		f.local = f.remote
	}
	return f, nil
}

// listen opens the local port.
func (f forwarding) listen() (*net.TCPListener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(f.addr, strconv.Itoa(int(f.local))))
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}
