package kube

import (
	"context"
	"net/http"

	"golang.org/x/sync/semaphore"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"
)

const (
	// requestsAtOnce bounds the requests of one client that are waiting for response headers. Facts are gathered concurrently, each
	// with its own requests, and must not overload an API server that is already in trouble.
	requestsAtOnce = 64
	// requestsPerSecond bounds the requests of one client in the long run; requestBurst may be sent at once.
	requestsPerSecond = 50
	requestBurst      = 100
)

// NotSentError reports that a request was not sent, because its time was over before the limits of this client allowed it. It says
// nothing about the API server.
type NotSentError struct{ Err error }

func (e *NotSentError) Error() string {
	return "the request was not sent in time: this client limits its requests: " + e.Err.Error()
}

// Unwrap returns the reason, such as the error of the context that ended.
func (e *NotSentError) Unwrap() error { return e.Err }

// Hooks are called for requests that are sent with the context of WithHooks. Both must be set, and be safe for concurrent use.
type Hooks struct {
	Sent func() // just before a request is sent: until then it may have waited for the limits of this client
	Busy func() // when the API server refused a request because it is busy: the client sends it again later
}

type hooksKey struct{}

// WithHooks returns a context that makes the clients call the hooks.
func WithHooks(ctx context.Context, h Hooks) context.Context {
	return context.WithValue(ctx, hooksKey{}, h)
}

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
		return nil, &NotSentError{err}
	}
	defer l.slots.Release(1)
	hooks, ok := r.Context().Value(hooksKey{}).(Hooks)
	if !ok {
		return l.RoundTripper.RoundTrip(r)
	}
	hooks.Sent()
	response, err := l.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode == http.StatusTooManyRequests {
		hooks.Busy()
	}
	return response, err
}

// WrappedRoundTripper implements k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper.
func (l limited) WrappedRoundTripper() http.RoundTripper { return l.RoundTripper }

// withPace returns a copy of the configuration with a rate limiter of its own, of which a client's errors are NotSentErrors.
func withPace(config *rest.Config) *rest.Config {
	c := rest.CopyConfig(config)
	c.RateLimiter = paced{flowcontrol.NewTokenBucketRateLimiter(c.QPS, c.Burst)}
	return c
}

// paced is a rate limiter whose errors are NotSentErrors. It refuses at once what would have to wait longer than its context lasts.
type paced struct{ flowcontrol.RateLimiter }

// Wait implements flowcontrol.RateLimiter.
func (p paced) Wait(ctx context.Context) error {
	err := p.RateLimiter.Wait(ctx)
	if err == nil {
		err = ctx.Err() // it ended as the wait did
	}
	if err != nil {
		return &NotSentError{err}
	}
	return nil
}
