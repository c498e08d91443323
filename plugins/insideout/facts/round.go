package facts

import (
	"context"
	"slices"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/testpod"
)

// round is questions, and who takes their answers.
type round struct {
	questions []testpod.Request
	take      []func(endpoints.Answer)
}

func (r *round) add(q testpod.Request, take func(endpoints.Answer)) {
	r.questions, r.take = append(r.questions, q), append(r.take, take)
}

// ask asks from pods that end, as few as can tell all.
func (r *round) ask(ctx context.Context, e *Env, node string) error {
	return r.askBy(func(some []testpod.Request) ([]endpoints.Answer, error) {
		return testpod.DoOnce(ctx, e.TestPods.Maker, e.onceOptions(node), some)
	})
}

// askBy asks as many at a time as one pod can tell.
func (r *round) askBy(ask func([]testpod.Request) ([]endpoints.Answer, error)) error {
	take := r.take
	for some := range slices.Chunk(r.questions, testpod.MaxOnce) {
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
