// Package noderun runs commands on nodes: by exec in a node pod, which needs the tunnel between the API server and the node, or through a
// pod's termination message, which does not.
package noderun

import (
	"context"
	"time"
)

// Command is a command to run. Argv is passed on unchanged and not interpreted by a shell.
type Command struct {
	Argv    []string
	Timeout time.Duration // 0: the Runner's default
	KeepEnd bool          // of output that is too long, keep the end and not the beginning
}

// Output is the result of a command.
type Output struct {
	Stdout, Stderr []byte
	ExitCode       int
	// StdoutBytes and StderrBytes are how many bytes the command wrote.
	StdoutBytes, StderrBytes int64
	Truncated                bool // Stdout or Stderr is less than that
	Took                     time.Duration
}

// A Runner runs commands on nodes: in the namespaces of the node's pid 1, as root. A non-zero exit code is a result and not an error. An
// error means that the command did not run, or that its result is unknown.
type Runner interface {
	Run(ctx context.Context, node string, cmd Command) (Output, error)
}
