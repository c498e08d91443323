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
	"github.com/akstools/akstools/internal/errtext"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// RunningAttempts are the results of exec in containers that ran before this program was started.
type RunningAttempts struct {
	Off   string     `json:"off,omitempty"` // why nothing was tried; empty if something was to be tried
	Nodes []Attempts `json:"nodes"`
}

// NoSuchProgram is the program that exec requests where nothing is to be run. No container has it, and the runtime says so once it has
// done all else: it has opened the terminal and entered the container.
const NoSuchProgram = "akstools-no-such-program"

// TerminalAttempts are attempts of exec with a terminal in the container whose log was read, on up to maxChosen Linux nodes whose logs
// work. Nothing is run. In test pods, which are new, exec can work although it does not in containers that ran before: their shim can
// hang, and their device rules be lost.
var TerminalAttempts = &Fact[RunningAttempts]{
	Name:       "terminal-tries",
	Needs:      []check.Need{LogAttempts, ClusterNodes},
	OptionalIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods/exec", "create", "get")}},
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
					Node: t.Node, Verb: "exec", Namespace: t.Namespace, Pod: t.Pod, Container: t.Container, Terminal: true,
				})
			}
		}
		tries.Nodes = spread(tries.Nodes, maxChosen)
		errs := make([]error, len(tries.Nodes))
		fact.Concurrently(len(tries.Nodes), func(i int) { errs[i] = tries.Nodes[i].openTerminal(ctx, e) })
		if err := errors.Join(errs...); err != nil {
			return RunningAttempts{Off: err.Error(), Nodes: []Attempts{}}, nil, nil
		}
		return tries, nil, nil
	},
}

// openTerminal records one attempt, and once more if it got no answer or was cut off: a busy node is slow. Only what the kubelet or the
// runtime answers, and no answer, say something about the node. It returns an error if the user lacks a permission.
func (t *Attempts) openTerminal(ctx context.Context, e *Env) error {
	at := kube.Container{Namespace: t.Namespace, Pod: t.Pod, Name: t.Container}
	try := func(ctx context.Context) error {
		return reachedRuntime(e.Clients.Exec(ctx, at, []string{NoSuchProgram}, remotecommand.StreamOptions{Stdout: io.Discard, Tty: true}))
	}
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
