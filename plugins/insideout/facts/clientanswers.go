package facts

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/testpod"
)

// ClientAnswers holds what the addresses of the Service's load balancer answer to this program, from where it runs.
type ClientAnswers struct {
	Probes
	Items []ClientAnswer `json:"items"`
}

// ClientAnswer holds the outcomes of connections to one port of an address.
type ClientAnswer struct {
	Address string `json:"address"`
	Port    int32  `json:"port"`
	// From is this client's own address on that route. Devices on the way may translate it before the load balancer sees it.
	From     netip.Addr `json:"from,omitzero"`
	Outcomes []string   `json:"outcomes"` // endpoints.Connected and the like
}

// FromHere connects to the load balancer from where this program runs, without a proxy.
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
		var addresses []string
		for _, a := range s.LoadBalancer.Addresses {
			for _, r := range s.LoadBalancer.Rules {
				if r.Protocol == "TCP" {
					to := address(a, r.Port)
					all.Items = append(all.Items, ClientAnswer{
						Address: a, Port: r.Port, From: localAddress(ctx, to), Outcomes: make([]string, attempts),
					})
					seen = append(seen, check.Evidence{Source: cmdline.Program("curl", "-v", "--max-time", "5", "telnet://"+to)})
					addresses = append(addresses, to)
				}
			}
		}
		e.announce("connecting", addresses)
		return all, seen, retryOnce(ctx, func() (bool, error) {
			err := all.connect(ctx, e.Timeout)
			return len(all.Failed()) == 0, err
		})
	},
}

// Failed returns the connections of which any attempt failed.
func (l ClientAnswers) Failed() []ClientAnswer {
	return slices.DeleteFunc(slices.Clone(l.Items), func(a ClientAnswer) bool { return allConnected(a.Outcomes) })
}

func (l *ClientAnswers) connect(ctx context.Context, timeout time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for _, item := range l.Items {
		for i := range item.Outcomes {
			g.Go(func() error {
				to := testpod.Request{Address: address(item.Address, item.Port), Timeout: timeout}
				answer, err := testpod.Do(ctx, localDialer{timeout: timeout}, to)
				item.Outcomes[i] = answer.Connect
				return err
			})
		}
	}
	return g.Wait()
}

// localAddress returns the address from which this program connects to addr, or the zero Addr if it is unknown. Nothing is
// sent.
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
