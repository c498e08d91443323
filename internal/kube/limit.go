package kube

import (
	"net/http"

	"golang.org/x/sync/semaphore"
)

// requestsAtOnce bounds the requests of one client that wait for the head of their answer: facts are gathered side by side,
// each with requests of its own, and a sick API server is not to be made sicker.
const requestsAtOnce = 64

// limited lets through as many requests at once as there are slots.
type limited struct {
	http.RoundTripper
	slots *semaphore.Weighted
}

// limit returns a wrapper for a client's transports, which share the slots.
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

// WrappedRoundTripper lets client-go find what is below: k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper.
func (l limited) WrappedRoundTripper() http.RoundTripper { return l.RoundTripper }
