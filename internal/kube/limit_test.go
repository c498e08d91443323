package kube

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLimit(t *testing.T) {
	var now, most atomic.Int64
	wrapped := limit(4)(roundTrip(func(*http.Request) (*http.Response, error) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(5 * time.Millisecond)
		now.Add(-1)
		return &http.Response{Body: http.NoBody}, nil
	}))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://lab", nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if r, err := wrapped.RoundTrip(request); err != nil || r.Body.Close() != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 4 {
		t.Errorf("%d requests at once, want 4", most.Load())
	}
}
