package facts

import (
	"context"
	"slices"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// batch pairs each request with the function that receives its answer.
type batch struct {
	requests  []testpod.Request
	receivers []func(endpoints.Answer)
}

func (r *batch) add(q testpod.Request, take func(endpoints.Answer)) {
	r.requests, r.receivers = append(r.requests, q), append(r.receivers, take)
}

// send sends the requests from pods that end, on the node: from as few pods as can report all answers.
func (r *batch) send(ctx context.Context, e *Env, node string) error {
	return r.sendBy(func(some []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.DoOnce(ctx, e.TestPods.Maker, e.onceOptions(node), some)
	})
}

// sendBy sends the requests by send, as many at a time as one pod can report.
func (r *batch) sendBy(send func([]testpod.Request) ([]endpoints.Answer, error)) error {
	take := r.receivers
	for some := range slices.Chunk(r.requests, testpod.MaxOnce) {
		answers, err := send(some)
		if err != nil {
			return err
		}
		for i, answer := range answers {
			take[i](answer)
		}
		take = take[len(some):]
	}
	return nil
}

// onceOptions are the options of a test pod that reports by its termination message.
func (e *Env) onceOptions(node string) testpod.Options {
	return testpod.Options{Namespace: e.clientNamespace(), Node: node, Image: e.TestPods.Image, Plugin: e.TestPods.Plugin}
}
