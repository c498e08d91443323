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

// step is the Inject or Clear function of a Fault.
type step = func(context.Context, Runner) error

// last returns the node for faults of a single node.
func last() layout.Node {
	nodes := layout.Nodes()
	return nodes[len(nodes)-1]
}

// on returns a step that runs a shell command on the node.
func on(n layout.Node, line string) step {
	return func(ctx context.Context, _ Runner) error { return process.Run(ctx, n.Name, "sh", "-c", line) }
}

// signal returns a step that sends a signal to a process of the control plane.
func signal(name string, s syscall.Signal) step {
	return func(context.Context, Runner) error { return process.Signal(name, s) }
}

// inOrder returns a step that runs all steps, up to the first that fails.
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

// text returns the output of a command, trimmed; the error has it too.
func text(cmd *exec.Cmd) (string, error) {
	out, err := cmd.CombinedOutput()
	trimmed := strings.TrimSpace(string(out))
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, trimmed)
	}
	return trimmed, nil
}

// output runs a command and discards its output.
func output(cmd *exec.Cmd) error {
	_, err := text(cmd)
	return err
}
