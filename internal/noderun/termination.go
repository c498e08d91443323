package noderun

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/nodepod"
)

//go:embed termination.sh
var terminationScript string

const (
	// messageParts is the number of containers that share the 12 KiB of a pod's termination messages.
	messageParts = 3
	// terminationTimeout is the default timeout of a command.
	terminationTimeout = 30 * time.Second
	// maxUnpacked bounds what a message may unpack to: twice the maximum that the script packs.
	maxUnpacked = 1 << 20
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
	script := []string{"/usr/bin/bash", "-c", terminationScript, "termination"}
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
	start := time.Now()
	message, err := t.Pods.RunOnce(ctx, node, programs, o)
	if err != nil {
		return Output{}, err
	}
	out, err := parseTermination(message)
	if err != nil {
		return Output{}, fmt.Errorf("the result of %q on node %s is unknown: %w", cmd.Argv[0], node, err)
	}
	out.Took = time.Since(start)
	if out.ExitCode == timeoutCode && out.Took > limit {
		return out, fmt.Errorf("running %q on node %s: it did not finish within %s", cmd.Argv[0], node, limit)
	}
	return out, nil
}

// parseTermination parses the message that termination.sh writes. The message is not trusted, as it comes from a node: one that is
// truncated, corrupt or too large is an error.
func parseTermination(message string) (Output, error) {
	header, packed, ok := strings.Cut(message, "\n")
	if message == "" {
		return Output{}, errors.New("the pod exited without a termination message")
	}
	fields := strings.Fields(header)
	if !ok || len(fields) != 8 || fields[0] != "akstools1" {
		return Output{}, fmt.Errorf("the pod's termination message has an unexpected header: %.80q", header)
	}
	var numbers [6]int64
	for i, f := range []string{fields[1], fields[2], fields[3], fields[4], fields[5], fields[7]} {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || n < 0 {
			return Output{}, fmt.Errorf("the pod's termination message is corrupt: %q is not a number", f)
		}
		numbers[i] = n
	}
	code, out, outAll, errOut, errAll, length := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
	if code > 255 {
		return Output{}, fmt.Errorf("the pod's termination message is corrupt: %d is not an exit code", code)
	}
	if int64(len(packed)) != length {
		return Output{}, fmt.Errorf("the pod's termination message is truncated: %d of %d bytes", len(packed), length)
	}
	raw, err := unpack(packed)
	if err != nil {
		return Output{}, fmt.Errorf("the pod's termination message is corrupt: %w", err)
	}
	size := int64(len(raw))
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != fields[6] || out > size || errOut != size-out {
		return Output{}, errors.New("the pod's termination message is corrupt: the checksum or lengths do not match")
	}
	return Output{
		Stdout: raw[:out], Stderr: raw[out:], ExitCode: int(code), StdoutBytes: outAll, StderrBytes: errAll,
		Truncated: out < outAll || errOut < errAll,
	}, nil
}

func unpack(packed string) ([]byte, error) {
	zipped, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(zipped))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxUnpacked {
		return nil, fmt.Errorf("it unpacks to more than %d bytes", maxUnpacked)
	}
	return raw, nil
}
