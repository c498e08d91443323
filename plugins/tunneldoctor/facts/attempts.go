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
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/podhealth"
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
	Succeeded int      `json:"good"`
	Errors    []string `json:"errors,omitempty"` // one for each failed attempt
	// Retried is how many of those that succeeded did so only when retried, with a longer timeout.
	Retried int `json:"retried,omitempty"`
	// Off is why an attempt could not be made or says nothing; empty otherwise.
	Off string `json:"off,omitempty"`
}

// Command returns the command with which a user tries the same; the zero Command if nothing was tried.
func (t Attempts) Command() cmdline.Command {
	switch t.Verb {
	case "logs":
		return cmdline.Kubectl("logs", "-n", t.Namespace, t.Pod, "-c", t.Container, "--tail=1")
	case "exec":
		return cmdline.Kubectl("exec", "-n", t.Namespace, t.Pod, "--", "true")
	case "port-forward":
		return cmdline.Kubectl("port-forward", "-n", t.Namespace, t.Pod, ":9")
	}
	return cmdline.Command{}
}

// Total returns the number of attempts.
func (t Attempts) Total() int { return t.Succeeded + len(t.Errors) }

const (
	attemptsEach       = 3
	maxConcurrentNodes = 8 // with attemptsEach attempts each
	// attemptTimeout limits one attempt. An agent stops dialing after 5 s. kubectl would wait much longer for a pooled connection
	// whose packets are dropped; here that counts as no answer.
	attemptTimeout = 8 * time.Second
	// NoAnswer is the error of an attempt that timed out. Bundles hold it and checks compare it: it must not change.
	NoAnswer = "no answer within 8 s"
	// retryTimeout limits a retry on a node whose logs can be read: a busy node is slow.
	retryTimeout = 10 * time.Second
)

var errNoAnswer = errors.New(NoAnswer)

// LogAttempts are attempts to read a line of a log from each chosen node, of a pod in kube-system. The line is discarded.
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

// readLogs attempts to read a log on the node. It returns an error if no attempt could be made.
func readLogs(ctx context.Context, e *Env, node string) (Attempts, error) {
	t := Attempts{Node: node}
	pods, err := e.Clients.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		FieldSelector: fields.Set{"spec.nodeName": node, "status.phase": string(corev1.PodRunning)}.AsSelector().String(),
		// served from the API server's cache, which indexes pods by node; a limit would read from etcd
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
	t.Verb, t.Namespace, t.Pod, t.Container = "logs", metav1.NamespaceSystem, pod.Name, container
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

// readablePod returns a pod that is not being deleted and one of its running containers, or nil.
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

// attemptAll calls try attemptsEach times concurrently, and returns its errors.
func attemptAll(ctx context.Context, try func(context.Context) error) []error {
	errs := make([]error, attemptsEach)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = attempt(ctx, attemptTimeout, try) })
	}
	wg.Wait()
	return errs
}

// attempt calls try once. The error is errNoAnswer if the limit ended it.
func attempt(ctx context.Context, limit time.Duration, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errNoAnswer)
	defer cancel()
	return contextCause(ctx, try(ctx))
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
		if apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) || apierrors.IsTooManyRequests(err) {
			t.Off = redact.Line(err.Error()) // the pod vanished or the API server is busy: not the tunnel
			continue
		}
		t.Errors = append(t.Errors, redact.Secrets(redact.Line(err.Error())))
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

// contextCause returns the cause of ctx's timeout, if it ended by one and err is not nil; otherwise err.
func contextCause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.Canceled) {
		return context.Cause(ctx)
	}
	return err
}
