package facts

import (
	"context"
	"net/http"

	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// maxAskedAgain bounds how many other requests are tried at one address.
const maxAskedAgain = 3

// askAgain repeats a request that failed as users and probes make theirs, unless the user said what to request: an app may hang up on a
// host that it does not have, and a path that no rule leads to concerns nobody. The first good answer replaces the failure.
func (a *pendingAnswer) askAgain(ctx context.Context, e *Env, from dial.Dialer) error {
	if e.Request.Host != "" || e.Request.Path != "" || !a.failed() {
		return nil
	}
	var others []testpod.Request
	if a.Spoken == endpoints.Closed { // one that answers users, or keeps them waiting, does so whatever it answers to probes
		others = a.probeRequests(e)
	}
	others = append(others, a.ruleRequests(ctx, e)...)
	for _, r := range others[:min(len(others), maxAskedAgain)] {
		answer, err := testpod.Do(ctx, from, r)
		if err != nil {
			return err
		}
		if serves(answer.Status) {
			a.Answer, a.RequestHost, a.RequestPath = answer, r.Host, r.Path
			return nil
		}
	}
	return nil
}

// failed reports whether what is an HTTP server by all that is known did not answer, or with a server error.
func (a *pendingAnswer) failed() bool {
	isHTTP := a.Expected.Protocol == endpoints.HTTP || a.Expected.Protocol == endpoints.HTTPS
	return isHTTP && (a.Status == 0 || a.ServerError())
}

// serves reports whether the app knows what was requested: it has it, or asks who wants it.
func serves(status int) bool {
	return status != 0 && status < 400 || status == http.StatusUnauthorized || status == http.StatusForbidden
}

// probeRequests are those of the kubelet's HTTP probes of the port.
func (a *pendingAnswer) probeRequests(e *Env) (list []testpod.Request) {
	for _, p := range a.probes {
		n, ok := (endpoints.Port{TargetPort: p.Port, Protocol: "TCP"}).Target(a.declared)
		if !ok || n != a.Port || p.Kind != endpoints.HTTP && p.Kind != endpoints.HTTPS {
			continue
		}
		r := a.request(e)
		r.Protocol, r.Path = p.Kind, p.Path
		if p.Host != "" {
			r.Host = p.Host
		}
		list = append(list, r)
	}
	return list
}

// ruleRequests are those that the rules of Ingresses and HTTPRoutes pass on to the port, if none of them is for the path that was
// requested. There are none where those could not be read.
func (a *pendingAnswer) ruleRequests(ctx context.Context, e *Env) (list []testpod.Request) {
	s, err := Service.From(ctx, e)
	if err != nil {
		return nil
	}
	routes, err := Ingresses.From(ctx, e)
	if err != nil {
		return nil
	}
	for _, in := range routes.Items {
		for _, q := range in.Requests(s.Backend(), "", "") {
			if port, ok := q.Rule.Find(s.Ports); !ok || port != a.Service {
				continue
			}
			r := a.request(e)
			r.Path = q.Path
			if q.Host != "" {
				r.Host = q.Host
			}
			if q.Path == "/" && q.Host == "" {
				return nil // users make the very request that failed
			}
			list = append(list, r)
		}
	}
	return list
}
