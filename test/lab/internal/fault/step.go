package fault

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// Runner runs kubectl as the lab's administrator.
type Runner func(ctx context.Context, args ...string) *exec.Cmd

// step is a Fault's Inject or Clear.
type step = func(context.Context, Runner) error

// last is the node that faults of one node are on.
func last() layout.Node {
	nodes := layout.Nodes()
	return nodes[len(nodes)-1]
}

// on returns a step that runs a shell line on the node.
func on(n layout.Node, line string) step {
	return func(ctx context.Context, _ Runner) error { return process.Run(ctx, n.Name, "sh", "-c", line) }
}

// signal returns a step that sends a signal to a process of the control plane.
func signal(name string, s syscall.Signal) step {
	return func(context.Context, Runner) error { return process.Signal(name, s) }
}

// inOrder returns a step that takes all of them, up to the first that fails.
func inOrder(steps ...step) step {
	return func(ctx context.Context, kubectl Runner) error {
		for _, s := range steps {
			if err := s(ctx, kubectl); err != nil {
				return err
			}
		}
		return nil
	}
}

// text returns what a command wrote, trimmed, and all that it said in the error.
func text(cmd *exec.Cmd) (string, error) {
	out, err := cmd.CombinedOutput()
	said := strings.TrimSpace(string(out))
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, said)
	}
	return said, nil
}

// output runs a command for its effect.
func output(cmd *exec.Cmd) error {
	_, err := text(cmd)
	return err
}
