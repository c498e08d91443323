package noderun

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"time"

	"github.com/akstools/akstools/internal/nodepod"
)

//go:embed pack.sh
var packScript string

//go:embed termination.sh
var terminationScript string

const (
	// messageParts is the number of containers that share the 12 KiB of a pod's termination messages.
	messageParts = 3
	// terminationTimeout is the default timeout of a command.
	terminationTimeout = 30 * time.Second
	// timeoutCode is the exit code of timeout(1) when the time is up.
	timeoutCode = 124
)

// Termination is the Runner that works without the tunnel. As long as the Job exists, everyone who can read Jobs or pods in the namespace
// can read the command, which is part of the specification, and the result. Commands have no stdin, and only the beginning or the end of a
// long output is returned.
type Termination struct {
	Pods    *nodepod.Manager
	Options nodepod.Options
}

// Run implements Runner.
func (t *Termination) Run(ctx context.Context, node string, cmd Command) (Output, error) {
	limit := cmd.Timeout
	if limit == 0 {
		limit = terminationTimeout
	}
	script := []string{"/usr/bin/bash", "-c", packScript + terminationScript, "termination"}
	seconds := strconv.FormatFloat(limit.Seconds(), 'f', -1, 64)
	keep := "head"
	if cmd.KeepEnd {
		keep = "tail"
	}
	run := append(script[:len(script):len(script)], "run", seconds, strconv.Itoa(messageParts), keep)
	programs := [][]string{append(run, nodepod.Enter(nodepod.NewSession(), "", cmd.Argv...)...)}
	for i := 2; i <= messageParts; i++ {
		programs = append(programs, append(script[:len(script):len(script)], "part", strconv.Itoa(i)))
	}
	o := t.Options
	o.RunningTimeout += limit
	o.MaxDuration = o.RunningTimeout
	message, err := t.Pods.RunOnce(ctx, node, programs, o)
	if err != nil {
		return Output{}, err
	}
	out, err := parsePacked(message)
	if err != nil {
		return Output{}, fmt.Errorf("the result of %q on node %s is unknown: the pod's termination message: %w", cmd.Argv[0], node, err)
	}
	return out.within(limit, node, cmd)
}

// within returns an error if timeout(1) has ended the command. Others may exit with the same code, but sooner.
func (o Output) within(limit time.Duration, node string, cmd Command) (Output, error) {
	if o.ExitCode == timeoutCode && o.Took >= limit {
		return o, fmt.Errorf("running %q on node %s: it did not finish within %s", cmd.Argv[0], node, limit)
	}
	return o, nil
}
