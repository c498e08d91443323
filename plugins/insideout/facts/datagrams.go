package facts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// refusedSoon is how long a datagram's refusal is waited for, where an answer is not expected.
const refusedSoon = 2 * time.Second

// askDatagrams fills in what UDP ports answer to a DNS query. That nothing comes back counts only where DNS is promised: what
// serves something else need not answer what it does not understand.
func askDatagrams(e *Env, list []question, ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	var promised, others round
	for i := range list {
		a := &list[i]
		if a.Service.Protocol != "UDP" || a.Port == 0 {
			continue
		}
		q := testpod.Request{Address: address(a.Host, a.Port), Timeout: refusedSoon}
		if a.Expected.Declared {
			q.Timeout = e.Timeout
			promised.add(q, func(answer endpoints.Answer) { a.Answer = answer })
			continue
		}
		others.add(q, func(answer endpoints.Answer) {
			if answer.Connect != endpoints.TimedOut {
				a.Answer = answer
			}
		})
	}
	if err := promised.askBy(ask); err != nil {
		return err
	}
	if err := others.askBy(ask); tunnelCut(err) || errors.Is(err, context.DeadlineExceeded) {
		return err
	} else if err != nil { // an image without nslookup, or an answer that is not understood: no answer is known then
		e.Notes.Stepf("%s: UDP ports were not tried: %v", e.Target, err)
	}
	return nil
}

// askDatagrams asks the ClusterIP at the UDP ports on which the pods answer.
func (l *ClusterIPAnswers) askDatagrams(e *Env, ip string, ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	var r round
	for _, item := range l.Items {
		for i := range item.Outcomes {
			if item.Port.Protocol == "UDP" {
				r.add(testpod.Request{Address: address(ip, item.Port.Number), Timeout: e.Timeout}, func(a endpoints.Answer) { item.Outcomes[i] = a.Connect })
			}
		}
	}
	return r.askBy(ask)
}

// datagramsComeBack says whether all pods that were asked answer the UDP port.
func (l AppAnswers) datagramsComeBack(port endpoints.Port) bool {
	if port.Protocol != "UDP" {
		return false
	}
	of := func(a AppAnswer) bool { return a.Service == port }
	return slices.ContainsFunc(l.Items, of) && !slices.ContainsFunc(l.Items, func(a AppAnswer) bool { return of(a) && a.Connect != endpoints.Connected })
}
