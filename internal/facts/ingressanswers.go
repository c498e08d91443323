package facts

import (
	"cmp"
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/testpod"
	"github.com/akstools/akstools/internal/tunnel"
)

// IngressAnswers are what the controllers of Ingresses answer to requests that should come to the Service, asked by the test pod.
type IngressAnswers struct {
	Off   string          `json:"off,omitempty"`
	From  string          `json:"from,omitempty"` // the node from which was asked
	At    time.Time       `json:"at,omitzero"`    // when
	Items []IngressAnswer `json:"items"`
}

// IngressAnswer is what became of one request.
type IngressAnswer struct {
	ingress.Request
	Ingress string `json:"ingress"` // its name
	Address string `json:"address"` // by its status
	At      string `json:"at"`      // what was connected to: the Service that has the address, or the address
	Tag     string `json:"tag"`     // in the request's query, so that it can be found in a log
	testpod.Answer
	// Direct is what the Service itself answers to the same request; its zero value where it has no ClusterIP, or not the port.
	Direct testpod.Answer `json:"direct,omitzero"`
}

// Good says whether the answer is, as far as can be known, the app's own.
func (a IngressAnswer) Good() bool {
	switch {
	case a.Connect != testpod.Connected || a.Spoken != testpod.HTTP && a.Spoken != testpod.HTTPS:
		return false
	case a.Status == a.Direct.Status:
		return true
	}
	return a.Status >= 200 && a.Status < 400 || a.Status == 401 || a.Status == 403
}

// maxRequests bounds how many requests are tried.
const maxRequests = 6

// FromIngresses asks the controllers inside the cluster, past the load balancer before them.
var FromIngresses = &Fact[IngressAnswers]{
	Name:   "ingress-answers",
	Needs:  []check.Need{Service, Answers, Ingresses, Controllers},
	Access: []rbacv1.PolicyRule{rule("", "nodes", "get", "list")},
	Create: testPodRules(),
	Gather: func(ctx context.Context, e *Env) (IngressAnswers, []check.Evidence, error) {
		all := IngressAnswers{Items: []IngressAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil {
			return all, nil, err
		}
		if e.TestPods == nil {
			all.Off = "--no-probe"
			return all, nil, nil
		}
		if err := all.list(ctx, e, s); err != nil || len(all.Items) == 0 {
			return all, nil, err
		}
		pod, err := e.TestPods.beside(ctx, e)
		if err != nil {
			return all, nil, err
		}
		all.From, all.At = pod.Node, time.Now().UTC()
		var seen []check.Evidence
		for _, a := range all.Items {
			seen = append(seen, check.Evidence{Source: curl(a.Request, a.Address, a.At)})
		}
		err = settled(ctx, func() (bool, error) { return all.ask(ctx, e, pod.Dialer(), s) })
		return all, seen, err
	},
}

// list fills in what is to be asked.
func (l *IngressAnswers) list(ctx context.Context, e *Env, s ServiceInfo) error {
	ingresses, err := Ingresses.From(ctx, e)
	if err != nil {
		return err
	}
	served, err := Controllers.From(ctx, e)
	if err != nil {
		return err
	}
	for _, in := range ingresses.Items {
		for _, q := range in.Requests(s.Name, e.Request.Host, e.Request.Path) {
			if len(in.Addresses) == 0 || len(l.Items) == maxRequests {
				continue
			}
			a := IngressAnswer{Request: q, Ingress: in.Name, Address: in.Addresses[0], Tag: tag()}
			a.At = address(cmp.Or(served.Entrance(a.Address).ClusterIP, a.Address), requestPort(q))
			l.Items = append(l.Items, a)
		}
	}
	return nil
}

// ask asks all and says whether all answers are good.
func (l *IngressAnswers) ask(ctx context.Context, e *Env, from tunnel.Dialer, s ServiceInfo) (bool, error) {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for i := range l.Items {
		a := &l.Items[i]
		g.Go(func() (err error) {
			a.Answer, err = testpod.Ask(ctx, from, a.asking(a.At, e.Timeout))
			return err
		})
		if port, ok := a.Rule.Find(s.Ports); ok && s.ClusterIP != "" {
			g.Go(func() (err error) {
				q := a.asking(address(s.ClusterIP, port.Number), e.Timeout)
				q.Speak = testpod.HTTP // or what else is spoken there
				a.Direct, err = testpod.Ask(ctx, from, q)
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		return false, err
	}
	for _, a := range l.Items {
		if !a.Good() {
			return false, nil
		}
	}
	return true, nil
}
