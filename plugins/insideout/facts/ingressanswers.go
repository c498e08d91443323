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
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/testpod"
)

// IngressAnswers are what the controllers of Ingresses answer to requests that should come to the Service, asked by the test pod.
type IngressAnswers struct {
	Probes
	From  string          `json:"from,omitempty"` // the node from which was asked
	At    time.Time       `json:"at,omitzero"`    // when
	Total int             `json:"total"`          // how many requests the rules make; Items are the first of them
	Items []IngressAnswer `json:"items"`
}

// IngressAnswer is what became of one request.
type IngressAnswer struct {
	ingress.Request
	Ingress string `json:"ingress"` // its name, or that of the HTTPRoute
	// Namespace and Gateway ("NAMESPACE/NAME") are those of an HTTPRoute; IngressList.Of finds it.
	Namespace string `json:"namespace,omitempty"`
	Gateway   string `json:"gateway,omitempty"`
	Address   string `json:"address"` // by its status
	At        string `json:"at"`      // what was connected to: the Service that has the address, or the address
	Tag       string `json:"tag"`     // in the request's query, so that it can be found in a log
	endpoints.Answer
	// Direct is what the Service itself answers to the same request; its zero value where it has no ClusterIP, or not the port.
	Direct endpoints.Answer `json:"direct,omitzero"`
	// Error is why it could not be asked.
	Error string `json:"error,omitempty"`
}

// OK says whether the answer is the app's own, or may be, or one that a controller gives by its rules. Without an answer of the
// Service to compare with, and where the rule is not surely for the request, only a controller's own trouble is not good.
func (a IngressAnswer) OK() bool {
	switch {
	case a.Connect != endpoints.Connected || a.Status == 0:
		return false
	case a.Status == a.Direct.Status, a.Guessed && a.Status == 404:
		return true
	case a.Direct.Status == 0:
		return a.Status < 502 || a.Status > 504
	}
	return a.Status < 400 || a.Status == 401 || a.Status == 403
}

// maxRequests bounds how many requests are tried.
const maxRequests = 6

// FromIngresses asks the controllers inside the cluster, past the load balancer before them.
var FromIngresses = &Fact[IngressAnswers]{
	Name:   "ingress-answers",
	Needs:  []check.Need{Service, Answers, Ingresses, Controllers},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list")},
	Create: kube.Rules(testpod.Rights("")),
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

// addRequests fills in what is to be asked.
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
			if l.Total++; len(l.Items) == maxRequests {
				continue
			}
			a := IngressAnswer{Request: q, Ingress: in.Name, Namespace: in.Namespace, Gateway: gatewayOf(in), Address: in.Address(), Tag: tag()}
			a.At = served.Address(a.Address).requestAddress(a.Request)
			l.Items = append(l.Items, a)
		}
	}
	return nil
}

// requestAddress is where the entrance takes the request inside the cluster.
func (e IngressAddress) requestAddress(r ingress.Request) string {
	return address(cmp.Or(e.ClusterIP, e.Address), e.port(r))
}

// send asks all and says whether all answers are good.
func (l *IngressAnswers) send(ctx context.Context, e *Env, from dial.Dialer, s ServiceInfo) (bool, error) {
	served, err := Controllers.From(ctx, e)
	if err != nil {
		return false, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for i := range l.Items {
		g.Go(func() error {
			a := l.Items[i] // of its own, until all is known
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

// send sends the request to where it is taken, and by TLS too where it was not answered well without, or redirected: that is what
// clients do, and a controller may have been told by annotations to listen for TLS only. A Gateway's listener is one or the other.
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
