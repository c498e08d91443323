// Package noderun runs commands on nodes: through exec, which needs the tunnel between the API server and the node, or by
// a pod's termination message, which does not.
package noderun

import (
	"context"
	"time"
)

// Place is where a command runs: on the node, in the namespaces of its pid 1, as root.
type Place struct{ Node string }

// Command is what runs. Argv is passed on as it is: no shell sees it unless it names one.
type Command struct {
	Argv    []string
	Timeout time.Duration // 0: the prober's own limit
}

// Output is what a command gave.
type Output struct {
	Stdout, Stderr []byte
	ExitCode       int
	Truncated      bool // not all of Stdout and Stderr came through; what did is their beginning
	Took           time.Duration
}

// A Prober runs a command somewhere. A non-zero exit is a result; an error means that it did not run, or that what came
// of it is not known.
type Prober interface {
	Run(ctx context.Context, at Place, cmd Command) (Output, error)
}
