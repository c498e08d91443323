package facts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/testpod"
)

// IngressFromHere holds the answers to the same requests that the test pod sent, sent from where this program runs.
type IngressFromHere struct {
	Probes
	Items []IngressHereAnswer `json:"items"`
}

// IngressHereAnswer is the answer to one request.
type IngressHereAnswer struct {
	IngressAnswer // Answer is that of the Ingress's address, At; Direct is the answer inside the cluster
	// Elsewhere are the addresses to which this client resolves the host, if none of them is the Ingress's. ByName is what the
	// first of them answers; zero unless the user named the host: who writes a rule is not who chooses what this client requests.
	Elsewhere []string         `json:"elsewhere,omitempty"`
	ByName    endpoints.Answer `json:"byName,omitzero"`
}

// IngressesFromHere sends the requests as a client outside the cluster does, without a proxy.
var IngressesFromHere = &Fact[IngressFromHere]{
	Name:  "ingress-answers-from-here",
	Needs: []check.Need{Ingresses, Controllers, FromIngresses, IngressNames},
	Gather: func(ctx context.Context, e *Env) (IngressFromHere, []check.Evidence, error) {
		all := IngressFromHere{Items: []IngressHereAnswer{}}
		inside, err := FromIngresses.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		names, err := IngressNames.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		all.Off = inside.Off
		var seen []check.Evidence
		list, err := Ingresses.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		served, err := Controllers.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		for _, a := range inside.Items {
			here := IngressHereAnswer{IngressAnswer: a, Elsewhere: elsewhere(names, list, a)}
			here.Tag, here.At, here.Direct = tag(), address(a.Address, served.Address(a.Address).port(a.Request)), a.Answer
			all.Items = append(all.Items, here)
			seen = append(seen, check.Evidence{Source: curl(a.Request, a.Address, here.At)})
		}
		e.announce("requesting", all.urls(e))
		return all, seen, retryOnce(ctx, func() (bool, error) {
			err := all.send(ctx, e)
			return !slices.ContainsFunc(all.Items, func(a IngressHereAnswer) bool { return !a.OK() }), err
		})
	},
}

// elsewhere returns the addresses to which the request's host resolves if none of them is the Ingress's. It returns none if an
// address of the Ingress is a host name.
func elsewhere(names []PublicName, list IngressList, a IngressAnswer) []string {
	own := list.Of(a).Addresses
	for _, address := range own {
		if _, err := netip.ParseAddr(address); err != nil {
			return nil
		}
	}
	for _, n := range names {
		if n.Name == a.Host && !slices.ContainsFunc(n.Addresses, func(address string) bool { return slices.Contains(own, address) }) {
			return n.Addresses
		}
	}
	return nil
}

// byName returns where the request is sent by its host's name too; empty: nowhere.
func (a IngressHereAnswer) byName(e *Env) string {
	if len(a.Elsewhere) == 0 || e.Request.Host == "" || a.Host != e.Request.Host {
		return ""
	}
	return address(a.Elsewhere[0], requestPort(a.Request))
}

// urls returns what is requested, for the user.
func (l *IngressFromHere) urls(e *Env) []string {
	var urls []string
	for _, a := range l.Items {
		scheme := "http://"
		if a.TLS {
			scheme = "https://"
		}
		at := a.At
		if other := a.byName(e); other != "" {
			at += " and " + other
		}
		urls = append(urls, fmt.Sprintf("%s%s%s at %s", scheme, cmp.Or(a.Host, a.Address), a.Path, at))
	}
	return urls
}

func (l *IngressFromHere) send(ctx context.Context, e *Env) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for i := range l.Items {
		g.Go(func() error {
			a := l.Items[i] // a copy, until all of it is known
			a.Error = ""
			var err, errByName error
			a.Answer, err = testpod.Do(ctx, localDialer{timeout: e.Timeout}, a.request(a.At, e.Timeout))
			if at := a.byName(e); at != "" {
				a.ByName, errByName = testpod.Do(ctx, localDialer{e.Timeout, true}, a.request(at, e.Timeout))
			}
			if err := errors.Join(err, errByName); err != nil { // such as an address that is a host name which does not exist
				a.Error = redact.Message(err.Error())
			}
			l.Items[i] = a
			return context.Cause(ctx)
		})
	}
	return g.Wait()
}

// IngressNames are the hosts of the rules that route to the Service, as this client resolves them.
var IngressNames = &Fact[[]PublicName]{
	Name:  "ingress-names",
	Needs: []check.Need{Service, Ingresses},
	Gather: func(ctx context.Context, e *Env) ([]PublicName, []check.Evidence, error) {
		names := []PublicName{}
		s, err := Service.From(ctx, e)
		if err != nil {
			return names, nil, err
		}
		list, err := Ingresses.From(ctx, e)
		if err != nil {
			return names, nil, err
		}
		var seen []check.Evidence
		for _, in := range list.Items {
			for _, q := range in.Requests(s.Backend(), e.Request.Host, e.Request.Path) {
				named := slices.ContainsFunc(names, func(n PublicName) bool { return n.Name == q.Host })
				if _, err := netip.ParseAddr(q.Host); q.Host != "" && err != nil && !q.Invented() && !named && len(names) < maxTried {
					names = append(names, PublicName{Name: q.Host, By: in.String()})
					seen = append(seen, check.Evidence{Source: cmdline.Program("nslookup", q.Host)})
				}
			}
		}
		resolveAll(ctx, e, names)
		return names, seen, nil
	},
}
