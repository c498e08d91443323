package facts

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/testpod"
)

// IngressAnswers holds what the controllers answer to requests that should reach the Service, sent by the test pod.
type IngressAnswers struct {
	Probes
	From  string          `json:"from,omitempty"` // the node of the test pod
	At    time.Time       `json:"at,omitzero"`    // when the requests were sent
	Total int             `json:"total"`          // how many requests match the rules; Items are the first of them
	Items []IngressAnswer `json:"items"`
}

// IngressAnswer is the answer to one request.
type IngressAnswer struct {
	ingress.Request
	Ingress string `json:"ingress"` // name of the Ingress or HTTPRoute
	// Namespace and Gateway ("NAMESPACE/NAME") are set for an HTTPRoute; IngressList.Of finds it.
	Namespace string `json:"namespace,omitempty"`
	Gateway   string `json:"gateway,omitempty"`
	Address   string `json:"address"` // from the status
	At        string `json:"at"`      // where it was sent: to the ClusterIP of the Service that has the address, or the address
	Tag       string `json:"tag"`     // unique, in the request's query, so that a log can be searched for it
	endpoints.Answer
	// Direct is what the Service itself answers to the same request; zero if it has no ClusterIP, or not the port.
	Direct endpoints.Answer `json:"direct,omitzero"`
	// Error is why the request could not be sent.
	Error string `json:"error,omitempty"`
}

// OK reports whether the answer shows no fault: it equals the Service's own answer, or is a rule's redirect or authentication
// challenge. With no Service answer to compare with, 500 and above count as a fault. A 404 is no fault if the request is only guessed
// from the rule. A redirect over TLS to the URL that was requested is one, whoever gives it.
func (a IngressAnswer) OK() bool {
	switch {
	case a.Connect != endpoints.Connected || a.Status == 0, a.TLS && a.ToItself:
		return false
	case a.Status == a.Direct.Status, a.Guessed && a.Status == 404:
		return true
	case a.Direct.Status == 0:
		return a.Status < 500
	}
	return a.Status < 400 || a.Status == 401
}

// maxRequests bounds how many requests are sent.
const maxRequests = 6

// FromIngresses sends requests to the controllers inside the cluster, bypassing their load balancers.
var FromIngresses = &Fact[IngressAnswers]{
	Name:   "ingress-answers",
	Needs:  []check.Need{Service, Answers, Ingresses, Controllers},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (IngressAnswers, []check.Evidence, error) {
		all := IngressAnswers{Items: []IngressAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		if err := all.addRequests(ctx, e, s); err != nil || len(all.Items) == 0 {
			return all, nil, err
		}
		pod, err := e.clientPod(ctx)
		if err != nil {
			return all, nil, err
		}
		all.From, all.At = pod.Node, time.Now().UTC()
		err = retryOnce(ctx, func() (bool, error) { return all.send(ctx, e, pod.Dialer(), s) })
		var seen []check.Evidence
		for _, a := range all.Items {
			seen = append(seen, check.Evidence{Source: curl(a.Request, a.Address, a.At)})
		}
		return all, seen, err
	},
}

// addRequests adds the requests to send.
func (l *IngressAnswers) addRequests(ctx context.Context, e *Env, s ServiceInfo) error {
	ingresses, err := Ingresses.From(ctx, e)
	if err != nil {
		return err
	}
	served, err := Controllers.From(ctx, e)
	if err != nil {
		return err
	}
	for _, in := range ingresses.Items {
		for _, q := range in.Requests(s.Backend(), e.Request.Host, e.Request.Path) {
			if len(in.Addresses) == 0 {
				continue
			}
			l.Total++
			if len(l.Items) == maxRequests {
				continue
			}
			a := IngressAnswer{Request: q, Ingress: in.Name, Namespace: in.Namespace, Gateway: gatewayOf(in), Address: in.Address(), Tag: tag()}
			a.At = served.Address(a.Address).requestAddress(a.Request)
			l.Items = append(l.Items, a)
		}
	}
	return nil
}

// requestAddress is where the address takes the request inside the cluster.
func (e IngressAddress) requestAddress(r ingress.Request) string {
	return address(cmp.Or(e.ClusterIP, e.Address), e.port(r))
}

// send sends all requests and reports whether all answers are OK.
func (l *IngressAnswers) send(ctx context.Context, e *Env, from dial.Dialer, s ServiceInfo) (bool, error) {
	served, err := Controllers.From(ctx, e)
	if err != nil {
		return false, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for i := range l.Items {
		g.Go(func() error {
			a := l.Items[i] // a copy, until all of it is known
			if port, ok := a.Rule.Find(s.Ports); ok && s.ClusterIP != "" {
				q := a.request(address(s.ClusterIP, port.Number), e.Timeout)
				q.Protocol, q.NoFallback = endpoints.HTTP, false
				direct, err := testpod.Do(ctx, from, q)
				if err != nil {
					return err
				}
				a.Direct = direct
			}
			if err := a.send(ctx, e, from, served.Address(a.Address).requestAddress); err != nil {
				return err
			}
			l.Items[i] = a
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return false, err
	}
	for _, a := range l.Items {
		if !a.OK() {
			return false, nil
		}
	}
	return true, nil
}

// send sends the request and sets Answer. If the answer is not OK, or redirects, it repeats the request over TLS, as clients do:
// annotations may make a controller listen for TLS only. A Gateway's listener takes either TLS or not.
func (a *IngressAnswer) send(ctx context.Context, e *Env, from dial.Dialer, at func(ingress.Request) string) (err error) {
	a.At = at(a.Request)
	a.Answer, err = testpod.Do(ctx, from, a.request(a.At, e.Timeout))
	redirected := a.Status >= 300 && a.Status < 400 && a.Status != a.Direct.Status
	if err != nil || a.TLS || a.Port != 0 || a.OK() && !redirected {
		return err
	}
	secure := *a
	secure.TLS = true
	secure.At = at(secure.Request)
	secure.Answer, err = testpod.Do(ctx, from, secure.request(secure.At, e.Timeout))
	if err == nil && (secure.OK() || redirected && secure.Connect == endpoints.Connected) {
		*a = secure
	}
	return nil //nolint:nilerr // the first answer stands
}
