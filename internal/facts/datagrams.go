package facts

import (
	"slices"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// refusedSoon is how long a datagram's refusal is waited for, where an answer is not expected.
const refusedSoon = 2 * time.Second

// askDatagrams fills in what UDP ports answer to a DNS query. That nothing comes back counts only where DNS is promised: what
// serves something else need not answer what it does not understand.
func askDatagrams(e *Env, list []question, ask func([]testpod.Question) ([]testpod.Answer, error)) error {
	var r round
	for i := range list {
		a := &list[i]
		if a.Service.Protocol != "UDP" || a.Port == 0 {
			continue
		}
		q := testpod.Question{Address: address(a.Host, a.Port), Timeout: refusedSoon}
		if a.Expected.Declared {
			q.Timeout = e.Timeout
		}
		r.add(q, func(answer testpod.Answer) {
			if a.Answer = answer; answer.Connect == testpod.TimedOut && !a.Expected.Declared {
				a.Answer = testpod.Answer{}
			}
		})
	}
	return r.askBy(ask)
}

// askDatagrams asks the ClusterIP at the UDP ports on which the pods answer.
func (l *ClusterIPAnswers) askDatagrams(e *Env, ip string, ask func([]testpod.Question) ([]testpod.Answer, error)) error {
	var r round
	for _, item := range l.Items {
		for i := range item.Outcomes {
			if item.Port.Protocol == "UDP" {
				r.add(testpod.Question{Address: address(ip, item.Port.Number), Timeout: e.Timeout}, func(a testpod.Answer) { item.Outcomes[i] = a.Connect })
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
	return slices.ContainsFunc(l.Items, of) && !slices.ContainsFunc(l.Items, func(a AppAnswer) bool { return of(a) && a.Connect != testpod.Connected })
}
