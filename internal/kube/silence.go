package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits of requests whose context has no deadline, as without --request-timeout. The API server gives up most requests after 60 s by
// itself (https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/, --request-timeout).
const (
	silenceLimit = 75 * time.Second // without a header or more of the body
	wholeLimit   = 10 * time.Minute // for the whole response, which may be a very long list or log
)

// impatient is a RoundTripper that ends requests to which there is no response, or whose response stalls.
type impatient struct {
	http.RoundTripper
	silence, whole time.Duration
}

// impatience returns a wrapper for a client's transports.
func impatience(silence, whole time.Duration) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return impatient{next, silence, whole} }
}

// streams reports whether the request may take as long as its user wants.
func streams(r *http.Request) bool {
	query, parts := r.URL.Query(), strings.Split(r.URL.Path, "/")
	subresource := ""
	if n := len(parts); n >= 3 && parts[n-3] == "pods" {
		subresource = parts[n-1]
	}
	return query.Get("watch") == "true" || query.Get("watch") == "1" || query.Get("follow") == "true" ||
		slices.Contains([]string{"exec", "attach", "portforward"}, subresource)
}

// RoundTrip implements http.RoundTripper.
func (i impatient) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, limited := r.Context().Deadline(); limited || streams(r) {
		return i.RoundTripper.RoundTrip(r)
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), i.whole, silent(i.whole))
	ctx, giveUp := context.WithCancelCause(ctx)
	timer := time.AfterFunc(i.silence, func() { giveUp(silent(i.silence)) })
	stop := func() {
		timer.Stop()
		giveUp(nil)
		cancel()
	}
	response, err := i.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		err = explain(ctx, err)
		stop()
		return nil, err
	}
	timer.Stop()
	response.Body = &patientBody{ReadCloser: response.Body, ctx: ctx, stop: stop, timer: timer, silence: i.silence}
	return response, nil
}

// WrappedRoundTripper implements k8s.io/apimachinery/pkg/util/net.RoundTripperWrapper.
func (i impatient) WrappedRoundTripper() http.RoundTripper { return i.RoundTripper }

// silentError reports that the API server did not respond in time.
type silentError struct{ limit time.Duration }

func silent(limit time.Duration) error { return &silentError{limit} }

func (e *silentError) Error() string {
	return fmt.Sprintf("no complete response from the API server within %s: %v", e.limit, context.DeadlineExceeded)
}

func (e *silentError) Unwrap() error { return context.DeadlineExceeded }

// Timeout implements net.Error.
func (e *silentError) Timeout() bool { return true }

// Temporary implements net.Error.
func (e *silentError) Temporary() bool { return true }

// explain returns the silentError by which ctx ended, or else err.
func explain(ctx context.Context, err error) error {
	if late := (*silentError)(nil); errors.As(context.Cause(ctx), &late) {
		return late
	}
	return err
}

// patientBody is the body of a response that may take as long as more of it arrives. Time in which nobody reads does not count as
// silence: the reader may be waiting for a pager.
type patientBody struct {
	io.ReadCloser
	ctx     context.Context
	timer   *time.Timer
	silence time.Duration
	stop    func()
}

func (b *patientBody) Read(p []byte) (int, error) {
	b.timer.Reset(b.silence)
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	if err == nil {
		return n, nil
	}
	if !errors.Is(err, io.EOF) {
		err = explain(b.ctx, err)
	}
	b.stop()
	return n, err
}

func (b *patientBody) Close() error {
	b.stop()
	return b.ReadCloser.Close()
}
