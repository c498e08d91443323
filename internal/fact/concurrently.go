package fact

import "golang.org/x/sync/errgroup"

// maxRequests bounds the requests that one fact has under way.
const maxRequests = 24

// Concurrently calls do for each number below n, some at a time, and returns when all calls have returned.
func Concurrently(n int, do func(i int)) {
	var g errgroup.Group
	g.SetLimit(maxRequests)
	for i := range n {
		g.Go(func() error {
			do(i)
			return nil
		})
	}
	_ = g.Wait() // no call returns an error
}
