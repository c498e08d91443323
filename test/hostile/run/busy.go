package run

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// On a busy machine, a program that ends may get too little of the processor to do so in time. It then gets more time, as long as it
// works and has not used busyCPU since it should end.
const (
	busyPoll  = 5 * time.Second
	busyCPU   = 2 * time.Second
	busyPolls = 12
)

// busy tells a program that is slow from one that hangs.
type busy struct {
	start, last time.Duration // of the processor, used when it should end, and at the last poll
	polls       int
}

// working reports whether the program needs more time.
func (b *busy) working(pid int) bool {
	now := used(pid)
	works := now > max(b.last, b.start) && now-b.start < busyCPU && b.polls < busyPolls
	b.last = now
	b.polls++
	return works
}

// used returns how much of the processor the process has used, or 0 if that is unknown.
func used(pid int) time.Duration {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	var ticks int
	for _, f := range fields[11:13] { // utime, stime (proc_pid_stat(5)), in hundredths of a second
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
