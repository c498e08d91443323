package facts

import (
	"cmp"
	"net"
	"net/netip"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/testpod"
)

// request returns the request, to be sent to at. Without a host it names the Ingress's address. There is no fallback to TLS: a
// controller may speak HTTP and TLS on one port, by other rules.
func (a *IngressAnswer) request(at string, timeout time.Duration) testpod.Request {
	q := testpod.Request{
		Address: at, Protocol: endpoints.HTTP, NoFallback: true, Timeout: timeout,
		Host: cmp.Or(a.Host, a.Address), Path: a.Path + "?akstools=" + a.Tag,
	}
	if ip, err := netip.ParseAddr(q.Host); err == nil && ip.Is6() {
		q.Host = "[" + q.Host + "]"
	}
	if a.TLS {
		q.Protocol = endpoints.HTTPS
	}
	return q
}

// tag returns a word that no other request has.
func tag() string { return rand.String(12) }

// requestPort is the controllers' usual port for the request, unless a Gateway's listener has another.
func requestPort(r ingress.Request) int32 {
	if r.TLS {
		return 443
	}
	return 80
}

// curl is the command that sends the same request to at, from where that is reachable.
func curl(r ingress.Request, address, at string) cmdline.Command {
	scheme := "http://"
	if r.TLS {
		scheme = "https://"
	}
	to, port, err := net.SplitHostPort(at)
	if err != nil || r.Host == "" {
		return cmdline.Program("curl", "-ksS", "-o", "/dev/null", "-D", "-", scheme+cmp.Or(at, address)+r.Path)
	}
	host := r.Host
	if port != strconv.Itoa(int(requestPort(r))) {
		host = net.JoinHostPort(r.Host, port)
	}
	return cmdline.Program("curl", "-ksS", "-o", "/dev/null", "-D", "-", "--resolve", r.Host+":"+port+":"+to, scheme+host+r.Path)
}
