package aksnode

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// forwarding is one port of a node on an address of this computer.
type forwarding struct {
	addr   string // "127.0.0.1" unless given
	local  uint16 // 0: a free one
	remote uint16
}

// parseForwarding reads [[addr:]local:]port; an empty local port is a free one, and an address of IPv6 stands in brackets.
func parseForwarding(text string) (forwarding, error) {
	f := forwarding{addr: "127.0.0.1"}
	bad := func(why string) (forwarding, error) {
		return forwarding{}, fmt.Errorf("%q is no forwarding: %s; it takes [[ADDRESS:]LOCAL:]PORT, as in 3389, 13389:3389, :3389 (a free port) or 0.0.0.0:13389:3389", text, why)
	}
	rest, remote := "", text
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		rest, remote = text[:i], text[i+1:]
		local := rest
		if j := strings.LastIndexByte(rest, ':'); j >= 0 {
			f.addr, local = strings.TrimSuffix(strings.TrimPrefix(rest[:j], "["), "]"), rest[j+1:]
			if _, err := netip.ParseAddr(f.addr); err != nil && f.addr != "localhost" {
				return bad(fmt.Sprintf("%q is no address of this computer", rest[:j]))
			}
		}
		if local != "" {
			n, err := strconv.ParseUint(local, 10, 16)
			if err != nil {
				return bad(fmt.Sprintf("%q is no port", local))
			}
			f.local = uint16(n)
		}
	}
	n, err := strconv.ParseUint(remote, 10, 16)
	if err != nil || n == 0 {
		return bad(fmt.Sprintf("%q is no port", remote))
	}
	if f.remote = uint16(n); !strings.Contains(text, ":") {
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
