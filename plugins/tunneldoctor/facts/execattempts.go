package facts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/testpod"
)

// PodAttempts are the results of exec and port-forward on pods.
type PodAttempts struct {
	Off         string     `json:"off,omitempty"` // why nothing was tried; empty if something was to be tried
	Exec        []Attempts `json:"exec"`
	PortForward []Attempts `json:"portForward"`
	// Unstarted are the nodes whose kubelets have not reported on a test pod within the limit.
	Unstarted []string `json:"unstarted,omitempty"`
}

// maxEnteredNodes is the maximum number of nodes with a test pod.
const maxEnteredNodes = 2

// ExecAttempts are attempts of exec and port-forward on test pods: one on a node whose logs cannot be read and one on a node whose
// logs can, if there are such. Attach and cp use the same path as exec.
var ExecAttempts = &Fact[PodAttempts]{
	Name:   "entry-tries",
	Needs:  []check.Need{ClusterNodes, LogAttempts},
	Create: append(testpod.Rules(), fact.Rule("", "pods/portforward", "create", "get")),
	Gather: func(ctx context.Context, e *Env) (PodAttempts, []check.Evidence, error) {
		attempts := PodAttempts{Exec: []Attempts{}, PortForward: []Attempts{}}
		if e.EnterPod != "" {
			return enterNamedPod(ctx, e)
		}
		if e.TestPods == nil {
			attempts.Off = "--no-create"
			return attempts, nil, nil
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return attempts, nil, err
		}
		logs, _ := LogAttempts.From(ctx, e) // without them, any nodes will do
		entered := nodesToEnter(nodes, logs)
		if len(entered) == 0 {
			return attempts, nil, errors.New("no node can run a test pod")
		}
		exec, forward := make([]Attempts, len(entered)), make([]Attempts, len(entered))
		errs := make([]error, len(entered))
		fact.Concurrently(len(entered), func(i int) {
			exec[i], forward[i], errs[i] = enterTestPod(ctx, e, entered[i], logsWork(logs, entered[i]))
		})
		for i, err := range errs {
			if start := (*jobpod.StartError)(nil); errors.As(err, &start) && start.Unreported {
				exec[i] = Attempts{Node: entered[i], Verb: "exec", NotTried: true, Off: err.Error()}
				forward[i] = Attempts{Node: entered[i], Verb: "port-forward", NotTried: true, Off: err.Error()}
				errs[i] = nil
				attempts.Unstarted = append(attempts.Unstarted, entered[i])
			}
		}
		attempts.Exec, attempts.PortForward = exec, forward
		return attempts, nil, errors.Join(errs...)
	},
}

// enterNamedPod tries exec and port-forward on the pod that the user named.
func enterNamedPod(ctx context.Context, e *Env) (PodAttempts, []check.Evidence, error) {
	pod, err := e.Clients.CoreV1().Pods(e.Clients.Namespace).Get(ctx, e.EnterPod, metav1.GetOptions{})
	if err != nil {
		return PodAttempts{}, nil, err
	}
	if pod.Spec.NodeName == "" {
		return PodAttempts{}, nil, fmt.Errorf("pod %s is not scheduled to a node", pod.Name)
	}
	logs, _ := LogAttempts.From(ctx, e)
	container := kube.Container{Namespace: pod.Namespace, Pod: pod.Name, Name: pod.Spec.Containers[0].Name}
	exec, forward, err := enterContainer(ctx, e, pod.Spec.NodeName, logsWork(logs, pod.Spec.NodeName), container)
	return PodAttempts{Exec: []Attempts{exec}, PortForward: []Attempts{forward}}, nil, err
}

// nodesToEnter returns a node whose logs could not be read and one whose logs could or were not tried; if there is no such pair,
// up to maxEnteredNodes of either kind.
func nodesToEnter(nodes NodeList, logs []Attempts) []string {
	var bad, good []string
	for _, n := range nodes.Items {
		i := slices.IndexFunc(logs, func(t Attempts) bool { return t.Node == n.Name })
		switch {
		case !nodes.Usable(n) || !n.Chosen:
		case i >= 0 && len(logs[i].Errors) > 0:
			bad = append(bad, n.Name)
		default:
			good = append(good, n.Name)
		}
	}
	if len(bad) > 0 && len(good) > 0 {
		return []string{bad[0], good[0]}
	}
	all := append(bad, good...)
	return all[:min(len(all), maxEnteredNodes)]
}

// logsWork reports whether attempts to read logs on the node succeeded and none failed, so that the path to its kubelet works.
func logsWork(logs []Attempts, node string) bool {
	i := slices.IndexFunc(logs, func(t Attempts) bool { return t.Node == node })
	return i >= 0 && logs[i].Succeeded > 0 && len(logs[i].Errors) == 0
}

// enterTestPod creates a test pod on the node and tries exec and port-forward on it.
func enterTestPod(ctx context.Context, e *Env, node string, patient bool) (exec, forward Attempts, err error) {
	maker := &jobpod.Maker{Clients: e.Clients, Notes: e.Notes}
	pod, err := testpod.New(ctx, maker, testpod.Options{
		Namespace: e.Clients.Namespace, Node: node, Image: e.TestPods.Image, Plugin: e.TestPods.Plugin, OnlyThere: true,
	})
	if err != nil {
		return exec, forward, fmt.Errorf("creating a test pod on node %s: %w", node, kube.NameDenied(err))
	}
	defer pod.Close(ctx)
	exec, forward, err = enterContainer(ctx, e, node, patient, pod.Container())
	if len(exec.Errors)+len(forward.Errors) > 0 {
		if running, err := pod.Running(ctx); err == nil && !running {
			exec.stopped()
			forward.stopped()
		}
	}
	return exec, forward, err
}

// stopped drops the errors of attempts on a pod that was stopped meanwhile: they say nothing about the node.
func (t *Attempts) stopped() {
	if len(t.Errors) > 0 {
		t.Errors, t.NotTried = nil, true
		t.Off = "the test pod was stopped or replaced meanwhile, not by this program"
	}
}

// enterContainer tries exec and port-forward on the container. If patient, attempts that got no answer or were cut off are retried.
func enterContainer(ctx context.Context, e *Env, node string, patient bool, at kube.Container) (exec, forward Attempts, err error) {
	exec = Attempts{Node: node, Verb: "exec", Namespace: at.Namespace, Pod: at.Pod, Container: at.Name}
	forward = Attempts{Node: node, Verb: "port-forward", Namespace: at.Namespace, Pod: at.Pod, Container: at.Name}
	execs := func(ctx context.Context) error {
		argv := []string{"sh", "-c", "echo; sleep 1"} // Output says why
		_, err := e.Clients.Output(ctx, at, argv, 1, func(output []byte) bool { return len(output) > 0 })
		if err != nil && strings.Contains(err.Error(), "error executing command in container") {
			return nil // from the kubelet: the path works, but the container has no such program
		}
		return err
	}
	dials := func(ctx context.Context) error {
		return portForward(ctx, &dial.Pod{Clients: e.Clients, Namespace: at.Namespace, Name: at.Pod})
	}
	var ofForward error
	var wg sync.WaitGroup
	wg.Go(func() { ofForward = forward.attempt(ctx, patient, dials) })
	ofExec := exec.attempt(ctx, patient, execs)
	wg.Wait()
	return exec, forward, errors.Join(ofExec, ofForward)
}

// attempt records the results of attempts at one operation.
func (t *Attempts) attempt(ctx context.Context, patient bool, try func(context.Context) error) error {
	errs := attemptAll(ctx, func(ctx context.Context) error { return attempt(ctx, attemptTimeout, try) })
	if patient {
		t.Retried = retry(ctx, errs, try)
	}
	return t.record(errs)
}

// portForward connects to a port of the pod on which nothing listens. The refusal comes from inside the pod, so it shows that the
// path works.
func portForward(ctx context.Context, d dial.Dialer) error {
	c, err := d.DialContext(ctx, "tcp", "127.0.0.1:9")
	if err != nil {
		return err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetReadDeadline(deadline)
	}
	_, err = c.Read(make([]byte, 1))
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return errNoAnswer
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNREFUSED) || strings.Contains(err.Error(), "refused") {
		return nil
	}
	return err
}
