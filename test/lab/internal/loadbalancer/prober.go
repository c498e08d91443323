package loadbalancer

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
)

// target is a node and its probe.
type target struct {
	node  string // its address
	probe Probe
}

// prober probes every target at its probe's interval, from the machine azure.
type prober struct {
	changed func() // called when a target's health changes

	mu      sync.Mutex
	running map[target]context.CancelFunc
	health  map[target]health
	last    map[target]error // the last answer; nil is a good one
}

func newProber(changed func()) *prober {
	return &prober{changed: changed, running: map[target]context.CancelFunc{}, health: map[target]health{}, last: map[target]error{}}
}

// setTargets replaces the targets; those that were probed already keep their health.
func (p *prober) setTargets(ctx context.Context, targets map[target]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t, stop := range p.running {
		if !targets[t] {
			stop()
			delete(p.running, t)
			delete(p.health, t)
			delete(p.last, t)
		}
	}
	for t := range targets {
		if p.running[t] == nil {
			ctx, stop := context.WithCancel(ctx)
			p.running[t] = stop
			go p.watch(ctx, t)
		}
	}
}

// up reports whether the target's node gets new flows.
func (p *prober) up(t target) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.health[t].up
}

func (p *prober) watch(ctx context.Context, t target) {
	tick := time.NewTicker(t.probe.Interval)
	defer tick.Stop()
	for {
		p.heard(ctx, t, answers(ctx, t))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *prober) heard(ctx context.Context, t target, err error) {
	p.mu.Lock()
	if ctx.Err() != nil {
		p.mu.Unlock()
		return
	}
	was := p.health[t]
	now := was.after(err == nil, t.probe.Threshold)
	p.health[t], p.last[t] = now, err
	p.mu.Unlock()
	if was.up != now.up {
		log.Printf("probe %s %s:%d%s: up %v (%v)", t.probe.Scheme, t.node, t.probe.Port, t.probe.Path, now.up, err)
		p.changed()
	}
}

// answers probes once. Only a connection, or the status 200, is a good answer.
func answers(ctx context.Context, t target) error {
	addr := net.JoinHostPort(t.node, strconv.Itoa(int(t.probe.Port)))
	if t.probe.Scheme == "tcp" {
		c, err := network.DialTimeout(layout.AzureNS, "tcp", addr, t.probe.Interval)
		if err != nil {
			return err
		}
		return c.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, t.probe.Interval)
	defer cancel()
	client := http.Client{
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(_ context.Context, network_, addr string) (net.Conn, error) {
				return network.DialTimeout(layout.AzureNS, network_, addr, t.probe.Interval)
			},
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // Azure does not verify names either
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.probe.Scheme+"://"+addr, nil)
	if err != nil {
		return err
	}
	if req.URL, err = req.URL.Parse(t.probe.Path); err != nil {
		return err
	}
	req.Header.Set("User-Agent", "Load Balancer Agent")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return statusError(resp.Status)
	}
	return nil
}

// statusError is an HTTP status that is not 200.
type statusError string

func (e statusError) Error() string { return "HTTP " + string(e) }
