package facts

import (
	"context"
	"errors"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// refusalTimeout is the timeout for a refused datagram if no answer is expected.
const refusalTimeout = 2 * time.Second

// queryDatagrams sends a DNS query to each UDP port and fills in the answers. No answer counts only if the port declares DNS:
// other servers need not answer what they do not understand.
func queryDatagrams(e *Env, list []pendingAnswer, query func([]testpod.Request) ([]endpoints.Answer, error)) error {
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
	if err := promised.sendBy(query); err != nil {
		return err
	}
	if err := others.sendBy(query); isTunnelError(err) || errors.Is(err, context.DeadlineExceeded) {
		return err
	} else if err != nil { // an image without nslookup, or an unexpected answer
		e.Notes.Stepf("%s: UDP ports were not tried: %v", e.Target, err)
	}
	return nil
}

// queryDatagrams sends DNS queries to the UDP ports of the ClusterIP on which the pods answer.
func (l *ClusterIPAnswers) queryDatagrams(e *Env, ip string, query func([]testpod.Request) ([]endpoints.Answer, error)) error {
	var r batch
	for _, item := range l.Items {
		for i := range item.Outcomes {
			if item.Port.Protocol == "UDP" {
				r.add(testpod.Request{Address: address(ip, item.Port.Number), Timeout: e.Timeout},
					func(a endpoints.Answer) { item.Outcomes[i] = a.Connect })
			}
		}
	}
	return r.sendBy(query)
}

// answersDatagrams reports whether all pods that were tried answer on the UDP port.
func (l AppAnswers) answersDatagrams(port endpoints.Port) bool {
	if port.Protocol != "UDP" {
		return false
	}
	tried := false
	for _, a := range l.Items {
		if a.Service != port {
			continue
		}
		if a.Connect != endpoints.Connected {
			return false
		}
		tried = true
	}
	return tried
}
