package facts

import (
	"context"
	"errors"
	"io"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/remotecommand"
	utilexec "k8s.io/client-go/util/exec"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// RunningAttempts are the results of exec and port-forward in pods that ran before this program was started.
type RunningAttempts struct {
	Off   string     `json:"off,omitempty"` // why nothing was tried; empty if something was to be tried
	Nodes []Attempts `json:"nodes"`         // of exec
	// Forwards are those of port-forward, on the pods of Nodes that have a network namespace of their own; nil without the permission.
	Forwards []Attempts `json:"forwards,omitempty"`
}

// NoSuchProgram is the program that exec requests where nothing is to be run. No container has it, and the runtime says so once it has
// done all else: it has opened the terminal and entered the container.
const NoSuchProgram = "akstools-no-such-program"

// TerminalAttempts are attempts of exec with a terminal in the container whose log was read, and of port-forward to a port of its pod on
// which nothing listens, on up to maxChosen Linux nodes whose logs work. Nothing is run. In test pods, which are new, both can work
// although they do not in pods that ran before: their shim can hang, their device rules be lost, and their loopback interface be down.
var TerminalAttempts = &Fact[RunningAttempts]{
	Name:  "terminal-tries",
	Needs: []check.Need{LogAttempts, ClusterNodes},
	OptionalIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.Rule("", "pods/exec", "create", "get"), fact.Rule("", "pods/portforward", "create", "get"),
	}},
	Gather: func(ctx context.Context, e *Env) (RunningAttempts, []check.Evidence, error) {
		tries := RunningAttempts{Nodes: []Attempts{}}
		if e.TestPods == nil {
			tries.Off = "--no-create"
			return tries, nil, nil
		}
		logs, err := LogAttempts.From(ctx, e)
		if err != nil {
			return tries, nil, err
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return tries, nil, err
		}
		for _, t := range logs {
			n := nodes.Find(t.Node)
			if t.Succeeded > 0 && len(t.Errors) == 0 && n != nil && n.OS != "windows" {
				tries.Nodes = append(tries.Nodes, Attempts{
					Node: t.Node, Verb: "exec", Namespace: t.Namespace, Pod: t.Pod, Container: t.Container, Terminal: true, OwnNet: t.OwnNet,
				})
			}
		}
		tries.Nodes = spread(tries.Nodes, maxChosen)
		for _, t := range tries.Nodes {
			if t.OwnNet {
				t.Verb, t.Terminal = "port-forward", false
				tries.Forwards = append(tries.Forwards, t)
			}
		}
		execs, forwards := make([]error, len(tries.Nodes)), make([]error, len(tries.Forwards))
		fact.Concurrently(len(execs)+len(forwards), func(i int) {
			if i < len(execs) {
				execs[i] = tries.Nodes[i].openTerminal(ctx, e)
			} else {
				i -= len(execs)
				forwards[i] = tries.Forwards[i].forward(ctx, e)
			}
		})
		if err := errors.Join(execs...); err != nil {
			tries.Off, tries.Nodes = err.Error(), []Attempts{}
		}
		if err := errors.Join(forwards...); err != nil {
			tries.Forwards = nil // new pods are tried all the same
		}
		return tries, nil, nil
	},
}

// forward records one attempt of port-forward, as openTerminal does.
func (t *Attempts) forward(ctx context.Context, e *Env) error {
	return t.once(ctx, func(ctx context.Context) error {
		return portForward(ctx, &dial.Pod{Clients: e.Clients, Namespace: t.Namespace, Name: t.Pod})
	})
}

// openTerminal records one attempt, and once more if it got no answer or was cut off: a busy node is slow. Only what the kubelet or the
// runtime answers, and no answer, say something about the node. It returns an error if the user lacks a permission.
func (t *Attempts) openTerminal(ctx context.Context, e *Env) error {
	at := kube.Container{Namespace: t.Namespace, Pod: t.Pod, Name: t.Container}
	return t.once(ctx, func(ctx context.Context) error {
		return reachedRuntime(e.Clients.Exec(ctx, at, []string{NoSuchProgram}, remotecommand.StreamOptions{Stdout: io.Discard, Tty: true}))
	})
}

// once records one attempt, and once more if it got no answer or was cut off. It returns an error if the user lacks a permission.
func (t *Attempts) once(ctx context.Context, try func(context.Context) error) error {
	errs := []error{attempt(ctx, attemptTimeout, try)}
	t.Retried = retry(ctx, errs, try)
	err := errs[0]
	if err != nil && denial(err) == nil && !errors.Is(err, errNoAnswer) && errtext.Explain(err.Error()).Class != errtext.KubeletAnswered {
		t.Off, t.NotTried = redact.Message(err.Error()), true
		return nil
	}
	return t.record(errs)
}

// reachedRuntime returns nil if err says that the runtime came as far as to look for the program.
func reachedRuntime(err error) error {
	var exit utilexec.ExitError
	if err == nil || errors.As(err, &exit) {
		return nil
	}
	text := err.Error() // of the runtime; an error of the connection may quote the program too
	if strings.Contains(text, NoSuchProgram) && errtext.Explain(text).Class == errtext.KubeletAnswered {
		return nil
	}
	return err
}
