package loadbalancer

import (
	"cmp"
	"context"
	"log"
	"net/netip"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// azure has the frontends of the load balancers in Resource Manager.
type azure struct {
	changed func() // called after each change

	mu    sync.Mutex
	rules []arm.BalancingRule
}

// serveAzure follows Resource Manager.
func serveAzure(ctx context.Context) error {
	if err := route(ctx, "default"); err != nil {
		return err
	}
	if err := prepareNeighbor(ctx); err != nil {
		return err
	}
	wake, changed := waker()
	a, p := &azure{changed: changed}, newProber(changed)
	go a.follow(ctx)
	go a.report(ctx, p)
	forward(ctx, a, p, wake)
	return nil
}

// follow keeps the rules those of Resource Manager until ctx is done.
func (a *azure) follow(ctx context.Context) {
	known := ""
	for ctx.Err() == nil {
		rules, tag, err := arm.BalancingRules(ctx, known)
		if err != nil {
			log.Print(err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		}
		if tag == known {
			continue
		}
		known = tag
		if err := answerFor(ctx, internal(rules)); err != nil {
			log.Print("internal frontends: ", err)
		}
		a.mu.Lock()
		a.rules = rules
		a.mu.Unlock()
		a.changed()
	}
}

// internal returns the addresses of frontends in a subnet.
func internal(rules []arm.BalancingRule) []string {
	var all []string
	for _, r := range rules {
		if at, err := netip.ParseAddr(r.Frontend); err == nil && !netip.MustParsePrefix(layout.PublicCIDR).Contains(at) {
			all = append(all, r.Frontend)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (a *azure) within() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return "{ " + strings.Join(append([]string{layout.PublicCIDR}, internal(a.rules)...), ", ") + " }"
}

// all returns a frontend for each rule, or for one of all protocols two.
func (a *azure) all() []Frontend {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []Frontend
	for _, r := range a.rules {
		f := Frontend{Service: path.Base(r.ID), Sticky: r.Sticky}
		f.Addr, _ = netip.ParseAddr(r.Frontend)
		for _, n := range layout.Nodes() {
			if slices.ContainsFunc(r.Members, func(m arm.BalancingMember) bool { return m.Address == n.IP }) {
				f.Nodes = append(f.Nodes, n)
			}
		}
		var probe *Probe
		if r.Probe != nil {
			probe = &Probe{
				Scheme: r.Probe.Protocol, Port: r.Probe.Port, Path: r.Probe.Path, Interval: time.Duration(r.Probe.Seconds) * time.Second,
				Threshold: r.Probe.Threshold,
			}
		}
		for _, protocol := range []string{"tcp", "udp"} {
			if r.Protocol == protocol || r.Protocol == "all" {
				f.Rules = append(f.Rules, Rule{Protocol: protocol, Port: r.Port, Probe: probe})
			}
		}
		all = append(all, f)
	}
	// a rule of all ports comes last
	slices.SortStableFunc(all, func(x, y Frontend) int {
		return cmp.Or(cmp.Compare(len(x.Rules), len(y.Rules)), strings.Compare(x.Service, y.Service))
	})
	return all
}

// report tells Resource Manager twice a second what is known about the members of the rules, if it has changed.
func (a *azure) report(ctx context.Context, p *prober) {
	var told []arm.MemberHealth
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := a.states(p)
		if slices.Equal(now, told) {
			continue
		}
		if err := arm.SetHealth(ctx, now); err != nil {
			log.Print(err)
			continue
		}
		told = now
	}
}

func (a *azure) states(p *prober) []arm.MemberHealth {
	all := []arm.MemberHealth{}
	frontends := a.all()
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range frontends {
		for _, r := range a.rules {
			if path.Base(r.ID) != f.Service || len(f.Rules) == 0 || f.Rules[0].Probe == nil {
				continue
			}
			for _, n := range f.Nodes {
				up, reason := p.state(target{n.IP, *f.Rules[0].Probe})
				if reason != "" {
					all = append(all, arm.MemberHealth{Rule: r.ID, Address: n.IP, Up: up, Reason: reason})
				}
			}
		}
	}
	return all
}
