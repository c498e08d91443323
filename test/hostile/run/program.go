package run

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits bound a run.
type Limits struct {
	// Patience is how long a program may run before it gets SIGINT, as from a user who presses Ctrl-C.
	Patience time.Duration
	// Grace is how long it may take to end after that.
	Grace time.Duration
	// Memory is how much it may have in memory at once, in bytes.
	Memory int64
	// CPU is how much processor time it may use.
	CPU time.Duration
}

// Result is how a program ended.
type Result struct {
	Stdout, Stderr string
	Code           int // -1: it was killed
	Interrupted    bool
	Took, CPU      time.Duration
	Memory         int64
	Wrong          []string
}

// program runs the program at path and returns how it ended. It never fails: what does not work is in Wrong.
func (s *Sandbox) program(ctx context.Context, path string, args []string, stdin []byte, limits Limits) Result {
	var r Result
	stdout, stderr := &head{}, &head{}
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.Stdin = s.Work(), s.environment(), stdout, stderr, bytes.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal; a process group of its own
	cmd.WaitDelay = time.Second
	start := time.Now()
	if err := cmd.Start(); err != nil {
		r.Wrong = append(r.Wrong, err.Error())
		return r
	}
	group := -cmd.Process.Pid
	done := make(chan struct{})
	go func() {
		_ = cmd.Wait() // its exit code says more
		close(done)
	}()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	patience, grace := time.After(limits.Patience), (<-chan time.Time)(nil)
	var busy busy
wait:
	for {
		select {
		case <-done:
			break wait
		case <-poll.C:
			if r.Memory = max(r.Memory, peak(cmd.Process.Pid)); r.Memory > 2*limits.Memory {
				_ = syscall.Kill(group, syscall.SIGKILL)
			}
		case <-patience:
			r.Interrupted, grace = true, time.After(limits.Grace)
			busy.start = used(cmd.Process.Pid)
			_ = syscall.Kill(group, syscall.SIGINT)
		case <-grace:
			if busy.working(cmd.Process.Pid) {
				grace = time.After(busyPoll)
				continue
			}
			r.Wrong = append(r.Wrong, fmt.Sprintf("it did not end within %s after SIGINT", limits.Grace))
			_ = syscall.Kill(group, syscall.SIGQUIT) // Go prints where it hangs
			grace = time.After(time.Second)
			time.AfterFunc(500*time.Millisecond, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		case <-ctx.Done():
			_ = syscall.Kill(group, syscall.SIGKILL)
		}
	}
	r.Took, r.Code = time.Since(start), cmd.ProcessState.ExitCode()
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.Stdout, r.Stderr = stdout.String(), stderr.String()
	if !ended(group) {
		_ = syscall.Kill(group, syscall.SIGKILL)
		r.Wrong = append(r.Wrong, "it left processes behind")
	}
	if hangs := len(r.Wrong) > 0; hangs {
		r.Wrong = append(r.Wrong, fmt.Sprintf("it was in %q", frames.FindAllString(r.Stderr, 12)))
	}
	if r.Memory > limits.Memory {
		r.Wrong = append(r.Wrong, fmt.Sprintf("it had %d MiB in memory", r.Memory>>20))
	}
	if r.CPU > limits.CPU {
		r.Wrong = append(r.Wrong, fmt.Sprintf("it used the processor for %s", r.CPU))
	}
	return r
}

// endLimit is how long child processes may run after their parent has exited: the ProxyCommand of ssh first removes what it created.
const endLimit = 3 * time.Second

// ended reports whether no process of the group is left after endLimit.
func ended(group int) bool {
	for limit := time.Now().Add(endLimit); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		if errors.Is(syscall.Kill(group, 0), syscall.ESRCH) {
			return true
		}
	}
	return false
}

// frames matches our functions in a stack.
var frames = regexp.MustCompile(`(?m)^github\.com/akstools/akstools/[\w/.*()]+`)

var highWater = regexp.MustCompile(`VmHWM:\s*(\d+) kB`)

// peak returns the most that the process has had in memory, in bytes, or 0 if it has ended.
func peak(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	m := highWater.FindSubmatch(text)
	if m == nil {
		return 0
	}
	kb, _ := strconv.ParseInt(string(m[1]), 10, 64)
	return kb << 10
}

// maxOutput is how much of an output is kept.
const maxOutput = 4 << 20

// head keeps the beginning of what is written to it.
type head struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.b.Write(p[:min(len(p), maxOutput-h.b.Len())])
	return len(p), nil
}

func (h *head) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}
