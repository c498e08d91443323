//go:build !windows

package doctor

import (
	"time"

	"golang.org/x/sys/unix"
)

// processorTime returns for how long processors have worked for the program.
func processorTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0 // it cannot fail: https://man7.org/linux/man-pages/man2/getrusage.2.html#ERRORS
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
