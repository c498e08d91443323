package facts

import (
	"context"
	"slices"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// batch is questions, and who takes their answers.
type batch struct {
	requests  []testpod.Request
	receivers []func(endpoints.Answer)
}

func (r *batch) add(q testpod.Request, take func(endpoints.Answer)) {
	r.requests, r.receivers = append(r.requests, q), append(r.receivers, take)
}

// send asks from pods that end, as few as can tell all.
func (r *batch) send(ctx context.Context, e *Env, node string) error {
	return r.sendBy(func(some []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.DoOnce(ctx, e.TestPods.Maker, e.onceOptions(node), some)
	})
}

// sendBy asks as many at a time as one pod can tell.
func (r *batch) sendBy(ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	take := r.receivers
	for some := range slices.Chunk(r.requests, testpod.MaxOnce) {
		answers, err := ask(some)
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

// onceOptions are those of a test pod that tells by its termination message.
func (e *Env) onceOptions(node string) testpod.Options {
	return testpod.Options{Namespace: e.clientNamespace(), Node: node, Image: e.TestPods.Image, Plugin: e.TestPods.Plugin}
}
