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
	"github.com/akstools/akstools/internal/stream"
)

//go:embed termination.sh
var terminationScript string

const (
	// messages is how many containers share a pod's 12 KiB of termination messages.
	messages = 3
	// terminationLimit is how long a command may take that names no timeout.
	terminationLimit = 30 * time.Second
	// maxUnpacked bounds what a message may unpack to: twice what the script packs at most.
	maxUnpacked = 1 << 20
	timedOut    = 124 // the exit code of timeout(1)
)

// Termination is the Prober that works without the tunnel. What it brings is readable for everyone who may read pods in
// the namespace, for as long as the pod is there. A command has no stdin, and of long outputs the beginning comes back.
type Termination struct {
	Pods    *nodepod.Manager
	Options nodepod.Options
}

// Run implements Prober.
func (t *Termination) Run(ctx context.Context, at Place, cmd Command) (Output, error) {
	limit := cmd.Timeout
	if limit == 0 {
		limit = terminationLimit
	}
	script := []string{"/usr/bin/bash", "-c", terminationScript, "termination"}
	run := append(script[:len(script):len(script)], "run", strconv.FormatFloat(limit.Seconds(), 'f', -1, 64), strconv.Itoa(messages))
	programs := [][]string{append(run, nodepod.Enter(stream.NewMarker(), "", cmd.Argv...)...)}
	for i := 2; i <= messages; i++ {
		programs = append(programs, append(script[:len(script):len(script)], "part", strconv.Itoa(i)))
	}
	o := t.Options
	o.RunningTimeout += limit
	o.MaxDuration = o.RunningTimeout
	start := time.Now()
	message, err := t.Pods.RunOnce(ctx, at.Node, programs, o)
	if err != nil {
		return Output{}, err
	}
	out, err := parseTermination(message)
	if err != nil {
		return Output{}, fmt.Errorf("what %q gave on node %s is not known: %w", cmd.Argv[0], at.Node, err)
	}
	out.Took = time.Since(start)
	if out.ExitCode == timedOut && out.Took > limit {
		return out, fmt.Errorf("%q did not end on node %s within %s", cmd.Argv[0], at.Node, limit)
	}
	return out, nil
}

// parseTermination reads the message that termination.sh writes. It comes from a node and is not trusted: a message that
// is cut, damaged or too large is an error.
func parseTermination(message string) (Output, error) {
	header, packed, ok := strings.Cut(message, "\n")
	if message == "" {
		return Output{}, errors.New("the pod ended without a message")
	}
	fields := strings.Fields(header)
	if !ok || len(fields) != 8 || fields[0] != "akstools1" {
		return Output{}, fmt.Errorf("the pod's message does not begin as expected: %.80q", header)
	}
	var numbers [6]int
	for i, f := range []string{fields[1], fields[2], fields[3], fields[4], fields[5], fields[7]} {
		n, err := strconv.Atoi(f)
		if err != nil || n < 0 {
			return Output{}, fmt.Errorf("the pod's message has %q for a number", f)
		}
		numbers[i] = n
	}
	code, out, outAll, errOut, errAll, length := numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]
	if code > 255 {
		return Output{}, fmt.Errorf("the pod's message has %d for an exit code", code)
	}
	if len(packed) != length {
		return Output{}, fmt.Errorf("the pod's message is cut: %d bytes of %d", len(packed), length)
	}
	raw, err := unpack(packed)
	if err != nil {
		return Output{}, fmt.Errorf("the pod's message is damaged: %w", err)
	}
	if sum := sha256.Sum256(raw); hex.EncodeToString(sum[:]) != fields[6] || out > len(raw) || out+errOut != len(raw) {
		return Output{}, errors.New("the pod's message is damaged: its checksum or lengths differ")
	}
	return Output{
		Stdout: raw[:out], Stderr: raw[out:], ExitCode: code,
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
