package facts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/akstools/akstools/internal/kube"
)

// Attempts that got no answer or were cut off are retried; other errors stay.
func TestRetry(t *testing.T) {
	refused := errors.New("dial tcp 10.0.0.4:10250: connect: connection refused")
	cut := errors.New("websocket: close 1006 (abnormal closure): unexpected EOF")
	for name, c := range map[string]struct {
		errs          []error
		err           error // of the retries
		retried, left int
	}{
		"all good":          {errs: []error{nil, nil, nil}},
		"one cut":           {errs: []error{nil, cut, nil}, retried: 1},
		"one without":       {errs: []error{nil, errNoAnswer, nil}, retried: 1},
		"cut again":         {errs: []error{cut, cut, nil}, err: cut, left: 2},
		"refused and a cut": {errs: []error{refused, cut, nil}, retried: 1, left: 1},
	} {
		t.Run(name, func(t *testing.T) {
			retried, left := retry(t.Context(), c.errs, func(context.Context) error { return c.err }), 0
			for _, err := range c.errs {
				if err != nil {
					left++
				}
			}
			if retried != c.retried || left != c.left {
				t.Errorf("%d were retried and %d are left, want %d and %d", retried, left, c.retried, c.left)
			}
		})
	}
}

// A missing permission of the user is an error, however it is reported; what a policy or a kubelet denies is not.
func TestRecordDenials(t *testing.T) {
	right := kube.Right{Verb: "create", Resource: "pods/exec", Namespace: "shop"}
	user := `User "u" cannot create resource "pods/exec" in API group "" in the namespace "shop"`
	group := schema.GroupResource{Resource: "pods"}
	for name, c := range map[string]struct {
		err    error
		denied bool
	}{
		"status":     {fmt.Errorf("exec: %w", apierrors.NewForbidden(group, "web", errors.New(user))), true},
		"upgrade":    {errors.New(`unable to upgrade connection: pods "web" is forbidden: ` + user), true},
		"known":      {fmt.Errorf("exec: %w", &kube.DeniedError{Missing: []kube.Right{right}}), true},
		"policy":     {apierrors.NewForbidden(group, "web", errors.New(`violates PodSecurity "restricted:latest"`)), false},
		"no answer":  {errNoAnswer, false},
		"no failure": {nil, false},
	} {
		var attempts Attempts
		err := attempts.record([]error{c.err})
		var denied *kube.DeniedError
		if errors.As(err, &denied) != c.denied || err != nil != c.denied {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c.denied {
			if diff := cmp.Diff([]kube.Right{right}, denied.Missing); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// The limit of a request is for its answer: neither the limits of this client nor those of the API server make an attempt fail.
func TestAttemptRequest(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	const namespace = `{"apiVersion":"v1","kind":"Namespace"}`
	for name, c := range map[string]struct {
		queue  time.Duration // how long other requests occupy this client
		answer func(r *http.Request, count int64) (*http.Response, error)
		within time.Duration // the context's limit
		want   error
		took   time.Duration
	}{
		"answered": {
			answer: func(r *http.Request, _ int64) (*http.Response, error) {
				return answerTo(r, http.StatusOK, namespace), nil
			},
			within: time.Minute,
		},
		"no answer": {
			answer: func(r *http.Request, _ int64) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			},
			within: time.Minute, want: errNoAnswer, took: attemptTimeout,
		},
		"waits for this client": {
			queue: 20 * time.Second,
			answer: func(r *http.Request, _ int64) (*http.Response, error) {
				return answerTo(r, http.StatusOK, namespace), nil
			},
			within: time.Minute, took: 20 * time.Second,
		},
		"waits for this client for too long": {
			queue:  20 * time.Second,
			within: 10 * time.Second, want: errNotTried, took: 10 * time.Second,
		},
		"the API server is busy, three times": {
			answer: func(r *http.Request, count int64) (*http.Response, error) {
				if count <= 3 {
					return answerTo(r, http.StatusTooManyRequests, `{"kind":"Status","reason":"TooManyRequests","code":429}`), nil
				}
				return answerTo(r, http.StatusOK, namespace), nil
			},
			within: time.Minute, took: 15 * time.Second,
		},
		"all time is over meanwhile": {
			answer: func(r *http.Request, _ int64) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			},
			within: 5 * time.Second, want: errNotTried, took: 5 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var count atomic.Int64
				clients := clientsOf(t, func(r *http.Request) (*http.Response, error) {
					if strings.HasSuffix(r.URL.Path, "/other") {
						time.Sleep(c.queue)
						return answerTo(r, http.StatusOK, namespace), nil
					}
					return c.answer(r, count.Add(1))
				})
				get := func(ctx context.Context, name string) error {
					_, err := clients.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
					return err
				}
				var wg sync.WaitGroup
				if c.queue > 0 {
					for range 64 { // as many as the client sends at once
						wg.Go(func() { _ = get(t.Context(), "other") })
					}
					synctest.Wait()
				}
				start := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), c.within)
				defer cancel()
				err := attemptRequest(ctx, attemptTimeout, func(ctx context.Context) error { return get(ctx, "mine") })
				if took := time.Since(start); !errors.Is(err, c.want) || took != c.took {
					t.Errorf("%v after %s, want %v after %s", err, took, c.want, c.took)
				}
				wg.Wait()
			})
		})
	}
}

// An API that could not be requested is not one that does not answer.
func TestUntriedAPIsAreUnknown(t *testing.T) {
	t.Setenv("KUBECONFIG", "/dev/null")
	synctest.Test(t, func(t *testing.T) {
		env := (&Env{Clients: clientsOf(t, func(r *http.Request) (*http.Response, error) {
			if strings.HasSuffix(r.URL.Path, "/apiservices") {
				return answerTo(r, http.StatusOK, `{"items":[{"metadata":{"name":"v1.x"},"spec":{"service":{"namespace":"a","name":"b"}}}]}`), nil
			}
			if strings.Contains(r.URL.Path, "/endpointslices") {
				return answerTo(r, http.StatusOK, `{"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1"}`), nil
			}
			<-r.Context().Done()
			return nil, r.Context().Err()
		})}).Bind()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if list, err := AggregatedAPIs.From(ctx, env); !errors.Is(err, errNotTried) {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// The response that an error quotes may be of any length; what is kept of it is not.
func TestLongErrorsAreCut(t *testing.T) {
	long := strings.Repeat("x", 10<<20)
	var a Attempts
	err := a.record([]error{errors.New("unable to upgrade connection: " + long), apierrors.NewBadRequest(long)})
	if err != nil || len(a.Errors) != 1 || len(a.Errors[0]) > 2000 || len(a.Off) > 2000 {
		t.Errorf("%v, %d errors, the first of %d bytes; off: %d bytes", err, len(a.Errors), len(strings.Join(a.Errors, "")), len(a.Off))
	}
}
