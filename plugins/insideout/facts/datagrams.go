package facts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// refusalTimeout is how long a datagram's refusal is waited for, where an answer is not expected.
const refusalTimeout = 2 * time.Second

// queryDatagrams fills in what UDP ports answer to a DNS query. That nothing comes back counts only where DNS is promised: what
// serves something else need not answer what it does not understand.
func queryDatagrams(e *Env, list []pendingAnswer, ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	var promised, others batch
	for i := range list {
		a := &list[i]
		if a.Service.Protocol != "UDP" || a.Port == 0 {
			continue
		}
		q := testpod.Request{Address: address(a.Host, a.Port), Timeout: refusalTimeout}
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
	if err := promised.sendBy(ask); err != nil {
		return err
	}
	if err := others.sendBy(ask); isTunnelError(err) || errors.Is(err, context.DeadlineExceeded) {
		return err
	} else if err != nil { // an image without nslookup, or an answer that is not understood: no answer is known then
		e.Notes.Stepf("%s: UDP ports were not tried: %v", e.Target, err)
	}
	return nil
}

// queryDatagrams asks the ClusterIP at the UDP ports on which the pods answer.
func (l *ClusterIPAnswers) queryDatagrams(e *Env, ip string, ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	var r batch
	for _, item := range l.Items {
		for i := range item.Outcomes {
			if item.Port.Protocol == "UDP" {
				r.add(testpod.Request{Address: address(ip, item.Port.Number), Timeout: e.Timeout}, func(a endpoints.Answer) { item.Outcomes[i] = a.Connect })
			}
		}
	}
	return r.sendBy(ask)
}

// answersDatagrams says whether all pods that were asked answer the UDP port.
func (l AppAnswers) answersDatagrams(port endpoints.Port) bool {
	if port.Protocol != "UDP" {
		return false
	}
	of := func(a AppAnswer) bool { return a.Service == port }
	return slices.ContainsFunc(l.Items, of) && !slices.ContainsFunc(l.Items, func(a AppAnswer) bool { return of(a) && a.Connect != endpoints.Connected })
}
