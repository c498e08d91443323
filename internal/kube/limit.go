package kube

import (
	"net/http"

	"golang.org/x/sync/semaphore"
)

// requestsAtOnce bounds the requests of one client that are waiting for response headers. Facts are gathered concurrently, each with
// its own requests, and must not overload an API server that is already in trouble.
const requestsAtOnce = 64

// limited is a RoundTripper that allows as many requests at once as there are slots.
type limited struct {
	http.RoundTripper
	slots *semaphore.Weighted
}

// limit returns a wrapper for a client's transports, which then share n slots.
func limit(n int64) func(http.RoundTripper) http.RoundTripper {
	slots := semaphore.NewWeighted(n)
	return func(next http.RoundTripper) http.RoundTripper { return limited{next, slots} }
}

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := l.slots.Acquire(r.Context(), 1); err != nil {
		return nil, err
	}
	defer l.slots.Release(1)
	return l.RoundTripper.RoundTrip(r)
}

// WrappedRoundTripper implements k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper.
func (l limited) WrappedRoundTripper() http.RoundTripper { return l.RoundTripper }
