//go:build unix

package openssh

import (
	"io/fs"
	"os"
	"syscall"
)

// modeMatters reports whether ssh checks the mode of this private key: only that of files that its user owns.
func modeMatters(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
