package facts

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// Attempts are the results of several attempts at the same operation on one node.
type Attempts struct {
	Node string `json:"node"`
	// Verb is kubectl's: logs, exec or port-forward. With the names of the container that it was tried on, it is empty if nothing was.
	Verb      string   `json:"verb,omitempty"`
	Namespace string   `json:"namespace,omitempty"`
	Pod       string   `json:"pod,omitempty"`
	Container string   `json:"container,omitempty"`
	Terminal  bool     `json:"terminal,omitempty"` // exec of NoSuchProgram with a terminal
	OwnNet    bool     `json:"ownNet,omitempty"`   // the pod has a network namespace of its own
	Succeeded int      `json:"good"`
	Errors    []string `json:"errors,omitempty"` // one for each failed attempt
	// Retried is how many of those that succeeded did so only when retried, with a longer timeout.
	Retried int `json:"retried,omitempty"`
	// Off is why an attempt could not be made or says nothing; empty otherwise.
	Off string `json:"off,omitempty"`
	// NotTried reports whether Off is due to this program's limits or to the API server, so that nothing is known about the node.
	NotTried bool `json:"notTried,omitempty"`
}

// Command returns the command with which a user tries the same; the zero Command if nothing was tried.
func (t Attempts) Command() cmdline.Command {
	switch t.Verb {
	case "logs":
		return cmdline.Kubectl("logs", "-n", t.Namespace, t.Pod, "-c", t.Container, "--limit-bytes=1")
	case "exec":
		if t.Terminal {
			return cmdline.Kubectl("exec", "-it", "-n", t.Namespace, t.Pod, "-c", t.Container, "--", NoSuchProgram)
		}
		return cmdline.Kubectl("exec", "-n", t.Namespace, t.Pod, "--", "true")
	case "port-forward":
		return cmdline.Kubectl("port-forward", "-n", t.Namespace, t.Pod, ":9")
	}
	return cmdline.Command{}
}

// Total returns the number of attempts.
func (t Attempts) Total() int { return t.Succeeded + len(t.Errors) }

const (
	attemptsEach = 3
	// attemptTimeout limits one attempt. An agent stops dialing after 5 s. kubectl would wait much longer for a pooled connection
	// whose packets are dropped; here that counts as no answer.
	attemptTimeout = 8 * time.Second
	// NoAnswer is the error of an attempt that timed out. Bundles hold it and checks compare it: it must not change.
	NoAnswer = "no answer within 8 s"
	// retryTimeout limits a retry on a node whose logs can be read: a busy node is slow.
	retryTimeout = 10 * time.Second
)

var (
	errNoAnswer = errors.New(NoAnswer)
	// errNotTried is the error of an attempt that was not made or not finished, because the time for all of them was over.
	errNotTried = errors.New("not tried: the time for all attempts was over")
)

// attemptAll calls try attemptsEach times concurrently, and returns its errors.
func attemptAll(ctx context.Context, try func(context.Context) error) []error {
	errs := make([]error, attemptsEach)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = try(ctx) })
	}
	wg.Wait()
	return errs
}

// attempt calls try once. The error is errNoAnswer if the limit ended it, and errNotTried if ctx did.
func attempt(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	within, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	return outcome(ctx, within, try(within))
}

// attemptRequest is attempt for a request of the API client. The limit is for the answer to the request once it is sent: it may have to
// wait for the limits of this client before, and again if the API server is busy.
func attemptRequest(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	_, err := timedRequest(ctx, limit, try)
	return err
}

// timedRequest is attemptRequest that also returns how long the answer took since the request was last sent.
func timedRequest(ctx context.Context, limit time.Duration, try func(context.Context) error) (took time.Duration, err error) {
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(limit, func() { cancel(errNoAnswer) })
	timer.Stop()
	defer timer.Stop()
	var sent atomic.Pointer[time.Time]
	hooks := kube.Hooks{Busy: func() { timer.Stop() }, Sent: func() {
		now := time.Now()
		sent.Store(&now)
		timer.Reset(limit)
	}}
	err = outcome(ctx, within, try(kube.WithHooks(within, hooks)))
	if start := sent.Load(); start != nil {
		took = time.Since(*start)
	}
	return took, err
}

// outcome returns the error of an attempt that was made with the context within, made of ctx, and returned err.
func outcome(ctx, within context.Context, err error) error {
	var notSent *kube.NotSentError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return errNotTried
	case errors.Is(context.Cause(within), errNoAnswer):
		return errNoAnswer
	case errors.As(err, &notSent):
		return errNotTried
	}
	return err
}

// retry repeats, one at a time and with retryTimeout, the attempts that got no answer or were cut off, and stops at the first that
// fails again. It clears the errors of those that succeed, and returns their number.
func retry(ctx context.Context, errs []error, try func(context.Context) error) (retried int) {
	for i, err := range errs {
		if err == nil || !errors.Is(err, errNoAnswer) && errtext.Explain(err.Error()).Class != errtext.ConnectionLost {
			continue
		}
		if attempt(ctx, retryTimeout, try) != nil {
			break
		}
		errs[i] = nil
		retried++
	}
	return retried
}

// record adds the results of attempts, nil for success. It returns an error if the user lacks a permission, which says nothing
// about the tunnel.
func (t *Attempts) record(errs []error) error {
	for _, err := range errs {
		if err == nil {
			t.Succeeded++
			continue
		}
		if denied := denial(err); denied != nil {
			return denied
		}
		// the pod vanished, the API server is busy or the time was over: not the tunnel
		if apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) || apierrors.IsTooManyRequests(err) || errors.Is(err, errNotTried) {
			t.Off, t.NotTried = redact.Message(err.Error()), true
			continue
		}
		t.Errors = append(t.Errors, redact.Message(err.Error()))
	}
	return nil
}

// denial returns the missing permissions that err reports as a *kube.DeniedError, or nil.
func denial(err error) error {
	var denied *kube.DeniedError
	if errors.As(kube.NameDenied(err), &denied) {
		return denied
	}
	return nil
}
