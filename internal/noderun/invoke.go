package noderun

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/cmdline"
)

//go:embed invoke.sh
var invokeScript string

// Invoke runs the script in the shell of the node, as root, without the help of the cluster, and returns what it prints to stdout. An
// error means that there is no result; it says so if the script may be running all the same.
type Invoke func(ctx context.Context, node, script string) (string, error)

// Invoked is the Runner that runs commands by an Invoke whose output is short, and which takes long. Commands have no stdin, and only the
// beginning or the end of a long output is returned.
type Invoked struct {
	Invoke Invoke
	// Most is how many bytes the output of one Invoke may have, and Parts how many of these a result may take.
	Most, Parts int
	// Overhead is how much longer than the command an Invoke may take.
	Overhead time.Duration
}

// Run implements Runner.
func (r *Invoked) Run(ctx context.Context, node string, cmd Command) (Output, error) {
	limit := cmd.Timeout
	if limit == 0 {
		limit = terminationTimeout
	}
	seconds := strconv.FormatFloat(limit.Seconds(), 'f', -1, 64)
	keep := "head"
	if cmd.KeepEnd {
		keep = "tail"
	}
	most := r.Most - maxPartHeader
	printed, err := r.call(ctx, node, limit,
		append([]string{"run", seconds, strconv.Itoa(r.Parts * most), keep, strconv.Itoa(most)}, cmd.Argv...)...)
	if err != nil {
		return Output{}, fmt.Errorf("running %q on node %s: %w", cmd.Argv[0], node, err)
	}
	message, err := r.parts(ctx, node, printed, most)
	if err != nil {
		return Output{}, fmt.Errorf("the result of %q on node %s is unknown: %w", cmd.Argv[0], node, err)
	}
	out, err := parsePacked(message)
	if err != nil {
		return Output{}, fmt.Errorf("the result of %q on node %s is unknown: what came back: %w", cmd.Argv[0], node, err)
	}
	return out.within(limit, node, cmd)
}

// call runs invoke.sh with the arguments, which takes up to that long.
func (r *Invoked) call(ctx context.Context, node string, limit time.Duration, args ...string) (string, error) {
	limit += r.Overhead
	slow := fmt.Errorf("no result within %s: the machine's agent may be down or busy, and the command may still run on the node later", limit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, slow)
	defer cancel()
	script := "exec " + cmdline.Posix(append([]string{"/usr/bin/bash", "-c", packScript + invokeScript, "invoke"}, args...))
	printed, err := r.Invoke(ctx, node, script)
	if err != nil && errors.Is(context.Cause(ctx), slow) {
		return "", slow
	}
	return printed, err
}

// maxPartHeader is more than the length of the line before the first part.
const maxPartHeader = 64

// partHeader is the line before the first part. It is not trusted: the directory becomes an argument.
var partHeader = regexp.MustCompile(`^akstools-part (-|/run/akstools\.[A-Za-z0-9]{10}) (0|[1-9][0-9]{0,6})$`)

// parts returns the message of which the first part was printed, with the parts that are still on the node.
func (r *Invoked) parts(ctx context.Context, node, printed string, most int) (string, error) {
	header, message, ok := strings.Cut(printed, "\n")
	found := partHeader.FindStringSubmatch(header)
	if !ok || found == nil {
		return "", fmt.Errorf("the output does not begin as expected: %.80q", header)
	}
	length, err := strconv.Atoi(found[2])
	if err != nil || length > r.Parts*most {
		return "", errors.New("the output is longer than asked for")
	}
	message = strings.TrimRight(message, "\n") // what carries it may add some
	for n := 1; found[1] != "-" && len(message) < length; n++ {
		if n == r.Parts || len(message) != n*most {
			return "", fmt.Errorf("%d parts have %d of %d bytes", n, len(message), length)
		}
		next, err := r.call(ctx, node, 0, "part", found[1], strconv.Itoa(len(message)), strconv.Itoa(most))
		if err != nil {
			return "", err
		}
		next = strings.TrimRight(next, "\n")
		message += next
	}
	if len(message) != length {
		return "", fmt.Errorf("%d bytes came back instead of %d", len(message), length)
	}
	return message, nil
}
