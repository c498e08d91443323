package facts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/internal/redact"
)

// localDialer dials from where this program runs. What it dials is found in the cluster, so it does not connect to this computer itself,
// its link or the platform of its virtual machine, which may trust it; with named, the user named the host, and anything is dialed.
type localDialer struct {
	timeout time.Duration
	named   bool
}

// DialContext implements dial.Dialer.
func (d localDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: d.timeout, Control: refuseLocal}
	if d.named {
		dialer.Control = nil
	}
	conn, err := dialer.DialContext(ctx, network, addr)
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		err = &net.OpError{Op: "dial", Net: network, Err: syscall.ETIMEDOUT}
	}
	return conn, err
}

// azurePlatform is the address at which Azure serves each virtual machine
// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16).
var azurePlatform = netip.AddrFrom4([4]byte{168, 63, 129, 16})

// refuseLocal is a net.Dialer's Control. It sees the address that a name resolved to.
func refuseLocal(_, addr string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return err
	}
	ip := at.Addr().Unmap()
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip == azurePlatform {
		return fmt.Errorf("%s is no address of a load balancer, and nothing is sent there from this computer", ip)
	}
	return nil
}

// announce tells the user what is about to be sent from this computer, where the cluster says to.
func (e *Env) announce(doing string, what []string) {
	if e.Notes != nil && len(what) > 0 {
		e.Notes.Notef("%s from this computer: %s", doing, redact.Line(strings.Join(what, ", ")))
	}
}
