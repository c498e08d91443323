package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// clockScript prints the time in microseconds for each line of its stdin.
const clockScript = `while IFS= read -r _; do
  if [ -n "$EPOCHREALTIME" ]; then printf '%s\n' "${EPOCHREALTIME/[.,]/}"; else date +%s%6N; fi
done`

// rounds is how often a clock is read; the quickest answer counts.
const rounds = 8

// clockLimit is how long reading a clock may take.
const clockLimit = 15 * time.Second

// Clock returns how far the clock where run runs commands is ahead of this computer's, and how exactly that is known: half of the time
// that the quickest answer took.
func Clock(ctx context.Context, run Run) (offset, uncertainty time.Duration, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, clockLimit, fmt.Errorf("no answer within %s", clockLimit))
	defer cancel()
	asking, in := io.Pipe()
	answers, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		code, err := run(ctx, []string{"/usr/bin/bash", "-c", clockScript, "clock"}, asking, out, io.Discard)
		if err == nil && code != 0 {
			err = fmt.Errorf("exit code %d", code)
		}
		_ = out.CloseWithError(errors.Join(err, io.ErrUnexpectedEOF))
		_ = asking.CloseWithError(io.ErrClosedPipe)
		close(done)
	}()
	defer func() { <-done }()
	defer func() { _, _ = io.Copy(io.Discard, answers) }()
	defer in.Close()
	lines := bufio.NewReader(answers)
	for range rounds {
		start := time.Now()
		if _, err := in.Write([]byte("\n")); err != nil {
			return 0, 0, fmt.Errorf("reading a clock: %w", err)
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			return 0, 0, fmt.Errorf("reading a clock: %w", err)
		}
		took := time.Since(start)
		micros, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("reading a clock: %.40q is no time", line)
		}
		if uncertainty == 0 || took/2 < uncertainty {
			uncertainty = took / 2
			offset = time.UnixMicro(micros).Sub(start.Add(took / 2))
		}
	}
	return offset, uncertainty, nil
}
