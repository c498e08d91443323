package facts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// Tries are what became of several tries of one thing on one node.
type Attempts struct {
	Node      string   `json:"node"`
	Source    []string `json:"source,omitempty"` // the command by which a user tries the same
	Succeeded int      `json:"good"`
	Errors    []string `json:"errors,omitempty"` // one per try that failed
	// Retried is how many of the good ones were so only when tried again, with more time.
	Retried int `json:"retried,omitempty"`
	// Off is why nothing was tried.
	Off string `json:"off,omitempty"`
}

// Total is how often it was tried.
func (t Attempts) Total() int { return t.Succeeded + len(t.Errors) }

const (
	attemptsEach       = 3
	maxConcurrentNodes = 8 // so many nodes, as often each, are tried at once
	// tryLimit is how long one try may take. An agent gives up a dial after 5 s; what kubectl would wait for much longer, a
	// pooled connection whose packets are dropped, is no answer for us.
	attemptTimeout = 8 * time.Second
	// NoAnswer is the error of a try that got none in that time. Bundles hold it and checks compare it: it stays as it is.
	NoAnswer = "no answer within 8 s"
	// patience is how long a try may take where other things say that the way is there: a busy node is slow.
	retryTimeout = 10 * time.Second
)

var errNoAnswer = errors.New(NoAnswer)

// LogTries are tries to read a line of a log from each chosen node: of a pod in kube-system, and what is read is discarded.
var LogAttempts = &Fact[[]Attempts]{
	Name:   "log-tries",
	Needs:  []check.Need{ClusterNodes},
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "list"), fact.Rule("", "pods/log", "get")},
	Gather: func(ctx context.Context, e *Env) ([]Attempts, []check.Evidence, error) {
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return nil, nil, err
		}
		chosen := slices.DeleteFunc(slices.Clone(nodes.Items), func(n podhealth.Node) bool { return !n.Chosen || n.Simulated })
		all := make([]Attempts, len(chosen))
		errs := make([]error, len(chosen))
		var g errgroup.Group
		g.SetLimit(maxConcurrentNodes)
		for i, n := range chosen {
			g.Go(func() error {
				all[i], errs[i] = readLogs(ctx, e, n.Name)
				return nil
			})
		}
		_ = g.Wait()
		for i, err := range errs {
			if denial(err) != nil {
				return nil, nil, err
			}
			if err != nil {
				all[i].Off = redact.Line(err.Error())
			}
		}
		return all, nil, nil
	},
}

// tryLogs tries to read logs on the node. An error means that it could not be tried.
func readLogs(ctx context.Context, e *Env, node string) (Attempts, error) {
	t := Attempts{Node: node}
	pods, err := e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		FieldSelector: fields.Set{"spec.nodeName": node, "status.phase": string(corev1.PodRunning)}.AsSelector().String(),
		// of the API server's cache, which knows pods by their node; a limit would send it to etcd
		ResourceVersion: "0",
	})
	if err != nil {
		return t, fmt.Errorf("listing the pods on node %s: %w", node, kube.NameDenied(err))
	}
	pod, container := readablePod(pods.Items)
	if pod == nil {
		t.Off = "no pod of kube-system is running on the node"
		return t, nil
	}
	t.Source = []string{"kubectl", "logs", "-n", metav1.NamespaceSystem, pod.Name, "-c", container, "--tail=1"}
	errs := attemptAll(ctx, func(ctx context.Context) error {
		stream, err := e.Clients.CoreV1().Pods(metav1.NamespaceSystem).GetLogs(pod.Name, &corev1.PodLogOptions{
			Container: container, TailLines: ptr.To[int64](1), LimitBytes: ptr.To[int64](1),
		}).Stream(ctx)
		if err != nil {
			return err
		}
		defer stream.Close()
		_, err = io.Copy(io.Discard, io.LimitReader(stream, 1<<10))
		return err
	})
	return t, t.record(errs)
}

// readable returns a pod that stays, and a container of it that runs; nil where there is none.
func readablePod(pods []corev1.Pod) (*corev1.Pod, string) {
	for i := range pods {
		if pods[i].DeletionTimestamp != nil {
			continue
		}
		for _, s := range pods[i].Status.ContainerStatuses {
			if s.State.Running != nil {
				return &pods[i], s.Name
			}
		}
	}
	return nil, ""
}

// several calls try at once as often as one thing is tried.
func attemptAll(ctx context.Context, try func(context.Context) error) []error {
	errs := make([]error, attemptsEach)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = attempt(ctx, attemptTimeout, try) })
	}
	wg.Wait()
	return errs
}

// within tries once; without an answer in that time, that is the error.
func attempt(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	return contextCause(ctx, try(ctx))
}

// again tries what got no answer, or was cut, once more, one by one and with more time, until one fails again. It takes the
// errors of those away that did not, and returns how many they are.
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

// count sorts what became of tries. That the user may not try is an error, since it says nothing of the tunnel.
func (t *Attempts) record(errs []error) error {
	for _, err := range errs {
		if err == nil {
			t.Succeeded++
			continue
		}
		if denied := denial(err); denied != nil {
			return denied
		}
		if apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) || apierrors.IsTooManyRequests(err) {
			t.Off = redact.Line(err.Error()) // the pod went meanwhile, or the API server has no time: that is not the tunnel
			continue
		}
		t.Errors = append(t.Errors, redact.Secrets(redact.Line(err.Error())))
	}
	return nil
}

// denial returns the missing permissions that err reports, nil where it reports something else.
func denial(err error) error {
	var denied *kube.DeniedError
	if errors.As(kube.NameDenied(err), &denied) {
		return denied
	}
	return nil
}

// cause returns why ctx ended where that is what err reports.
func contextCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}
