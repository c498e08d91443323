//go:build unix

package localfile

import (
	"io/fs"
	"os"
	"syscall"
)

// isOwn reports whether the file belongs to this user and has no other name.
func isOwn(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && st.Nlink == 1
}
