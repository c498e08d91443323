package facts

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/testpod"
)

// ClientAnswers are what this program gets from the addresses of the Service's load balancer, from where it runs.
type ClientAnswers struct {
	Probes
	Items []ClientAnswer `json:"items"`
}

// ClientAnswer is what became of connections to one port of an address.
type ClientAnswer struct {
	Address string `json:"address"`
	Port    int32  `json:"port"`
	// From is this client's own address on the way there; what stands between may show another one to the load balancer.
	From     netip.Addr `json:"from,omitzero"`
	Outcomes []string   `json:"outcomes"` // of endpoints.Connected and the like
}

// FromHere connects to the load balancer from where this program runs, directly: no proxy of the environment is used.
var FromHere = &Fact[ClientAnswers]{
	Name:  "from-here",
	Needs: []check.Need{Service},
	Gather: func(ctx context.Context, e *Env) (ClientAnswers, []check.Evidence, error) {
		all := ClientAnswers{Items: []ClientAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil || s.LoadBalancer == nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		var seen []check.Evidence
		for _, a := range s.LoadBalancer.Addresses {
			for _, r := range s.LoadBalancer.Rules {
				if r.Protocol == "TCP" {
					all.Items = append(all.Items, ClientAnswer{Address: a, Port: r.Port, From: localAddress(ctx, address(a, r.Port)), Outcomes: make([]string, attempts)})
					seen = append(seen, check.Evidence{Source: []string{"curl", "-v", "--max-time", "5", "telnet://" + address(a, r.Port)}})
				}
			}
		}
		return all, seen, retryOnce(ctx, func() (bool, error) {
			err := all.connect(ctx, e.Timeout)
			return all.ok(), err
		})
	},
}

func (l *ClientAnswers) ok() bool {
	return !slices.ContainsFunc(l.Items, func(a ClientAnswer) bool { return !allConnected(a.Outcomes) })
}

func (l *ClientAnswers) connect(ctx context.Context, timeout time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for _, item := range l.Items {
		for i := range item.Outcomes {
			g.Go(func() error {
				answer, err := testpod.Do(ctx, localDialer{net.Dialer{Timeout: timeout}}, testpod.Request{Address: address(item.Address, item.Port), Timeout: timeout})
				item.Outcomes[i] = answer.Connect
				return err
			})
		}
	}
	return g.Wait()
}

// localDialer is the Dialer from where this program runs.
type localDialer struct{ net.Dialer }

// DialContext implements tunnel.Dialer.
func (d localDialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := d.Dialer.DialContext(ctx, network, addr)
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		err = &net.OpError{Op: "dial", Net: network, Err: syscall.ETIMEDOUT}
	}
	return conn, err
}

// localAddress is that from which this program connects to addr; zero where it is not known. Nothing is sent.
func localAddress(ctx context.Context, addr string) netip.Addr {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", addr)
	if err != nil {
		return netip.Addr{}
	}
	defer func() { _ = conn.Close() }()
	if local, ok := conn.LocalAddr().(*net.UDPAddr); ok {
		return local.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
