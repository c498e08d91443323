package facts

import "golang.org/x/sync/errgroup"

// requestsAtOnce bounds the requests that one fact has under way.
const requestsAtOnce = 24

// bounded calls do for each number below n, some at once, and returns when all are done.
func bounded(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(requestsAtOnce)
	for i := range n {
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait() // no call has an error
}
