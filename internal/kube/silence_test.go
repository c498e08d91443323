package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// A server that does not respond, or stops in the middle of a response, ends a request; one that is only slow does not.
func TestSilentServer(t *testing.T) {
	const silence, whole = 600 * time.Millisecond, 3 * time.Second
	behaviors := map[string]struct {
		answer func(http.ResponseWriter, <-chan struct{})
		limit  time.Duration // after which the request ends; 0: it succeeds
	}{
		"nothing": {func(_ http.ResponseWriter, gone <-chan struct{}) { <-gone }, silence},
		"half": {func(w http.ResponseWriter, gone <-chan struct{}) {
			_, _ = io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			<-gone
		}, silence},
		"slow": {func(w http.ResponseWriter, _ <-chan struct{}) {
			for range 5 {
				time.Sleep(silence / 4)
				_, _ = io.WriteString(w, "piece")
				w.(http.Flusher).Flush()
			}
		}, 0},
		"drops without end": {func(w http.ResponseWriter, gone <-chan struct{}) {
			for {
				select {
				case <-gone:
					return
				case <-time.After(silence / 4):
				}
				_, _ = io.WriteString(w, ".")
				w.(http.Flusher).Flush()
			}
		}, whole},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behaviors[r.URL.Query().Get("b")].answer(w, r.Context().Done())
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	client := &http.Client{Transport: impatience(silence, whole)(http.DefaultTransport)}
	for name, b := range behaviors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := server.URL + "?b=" + url.QueryEscape(name)
			request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() {
				response, err := client.Do(request)
				if err == nil {
					_, err = io.ReadAll(response.Body)
					_ = response.Body.Close()
				}
				ended <- err
			}()
			select {
			case err = <-ended:
			case <-time.After(10 * time.Second):
				t.Fatal("it hangs")
			}
			if (err == nil) != (b.limit == 0) || err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "no complete response from the API server within "+b.limit.String()) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Requests that take as long as their user wants, or whose context has a deadline, are not ended.
func TestPatience(t *testing.T) {
	var limited bool
	wrapped := impatience(time.Minute, time.Hour)(roundTrip(func(r *http.Request) (*http.Response, error) {
		_, limited = r.Context().Deadline()
		return &http.Response{Body: http.NoBody}, nil
	}))
	for path, want := range map[string]bool{
		"/api/v1/pods":                                     true,
		"/api/v1/namespaces/exec/pods/exec-1":              true,
		"/api/v1/namespaces/d/pods/p/log":                  true,
		"/api/v1/namespaces/d/pods/p/log?follow=true":      false,
		"/api/v1/pods?watch=true&timeoutSeconds=300":       false,
		"/api/v1/pods?watch=1":                             false,
		"/api/v1/namespaces/d/pods/p/exec?command=sh":      false,
		"/api/v1/namespaces/d/pods/p/attach":               false,
		"/api/v1/namespaces/d/pods/p/portforward":          false,
		"/apis/batch/v1/namespaces/d/jobs?watch=false":     true,
		"/apis/batch/v1/namespaces/d/jobs/exec?dryRun=All": true,
	} {
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://lab"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := wrapped.RoundTrip(r); err != nil || limited != want {
			t.Errorf("%s: limited %v, %v", path, limited, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://lab/api/v1/pods", nil)
	if err != nil {
		t.Fatal(err)
	}
	unchanged := false
	_, _ = impatience(time.Minute, time.Hour)(roundTrip(func(got *http.Request) (*http.Response, error) {
		unchanged = got == r
		return nil, io.EOF
	})).RoundTrip(r)
	if !unchanged {
		t.Error("the caller's deadline is not left alone")
	}
}

// The clients that commands use are impatient.
func TestClientsAreImpatient(t *testing.T) {
	flags := genericclioptions.NewConfigFlags(false)
	*flags.APIServer = "https://lab"
	clients, err := New(flags)
	if err != nil {
		t.Fatal(err)
	}
	limited := false
	wrapped := clients.Config.WrapTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		_, limited = r.Context().Deadline()
		return &http.Response{Body: http.NoBody}, nil
	}))
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://lab/api/v1/nodes", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrapped.RoundTrip(r); err != nil || !limited {
		t.Errorf("limited %v, %v", limited, err)
	}
}

// A reader who pauses, as before a pager, does not lose the rest of a response.
func TestPausedReader(t *testing.T) {
	text := strings.Repeat("x", 4<<20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
	defer server.Close()
	client := &http.Client{Transport: impatience(100*time.Millisecond, time.Hour)(http.DefaultTransport)}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	time.Sleep(300 * time.Millisecond)
	if got, err := io.ReadAll(response.Body); err != nil || len(got) != len(text) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
