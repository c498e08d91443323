package kube

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
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

// A request whose time is over before it is sent says so, through client-go's and net/http's errors; the hooks are called for those that
// are sent.
func TestNotSent(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	synctest.Test(t, func(t *testing.T) {
		flags := genericclioptions.NewConfigFlags(false)
		flags.APIServer = ptr.To("http://cluster.invalid")
		flags.WrapConfigFn = func(config *rest.Config) *rest.Config {
			config.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			return config
		}
		clients, err := New(flags)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 990*time.Millisecond) // between two requests
		defer cancel()
		var sent, notSent, ended atomic.Int64
		hooked := WithHooks(ctx, Hooks{Sent: func() { sent.Add(1) }, Busy: func() { t.Error("busy") }})
		var wg sync.WaitGroup
		const requests = requestBurst + 2*requestsPerSecond
		for range requests {
			wg.Go(func() {
				_, err := clients.CoreV1().Namespaces().Get(hooked, "shop", metav1.GetOptions{})
				var e *NotSentError
				switch {
				case errors.As(err, &e):
					notSent.Add(1)
				case errors.Is(err, context.DeadlineExceeded):
					ended.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if sent.Load() != requestsAtOnce || ended.Load() != requestsAtOnce || notSent.Load() != requests-requestsAtOnce {
			t.Errorf("%d were sent, %d ended, %d were not sent", sent.Load(), ended.Load(), notSent.Load())
		}
	})
}

func TestBusyHook(t *testing.T) {
	for code, want := range map[int]int{http.StatusOK: 0, http.StatusTooManyRequests: 1} {
		busy := 0
		ctx := WithHooks(t.Context(), Hooks{Sent: func() {}, Busy: func() { busy++ }})
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://lab", nil)
		if err != nil {
			t.Fatal(err)
		}
		wrapped := limit(1)(roundTrip(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: code, Body: http.NoBody}, nil
		}))
		response, err := wrapped.RoundTrip(request)
		if err != nil || response.Body.Close() != nil || busy != want {
			t.Errorf("%d: %v, busy %d times", code, err, busy)
		}
	}
}
