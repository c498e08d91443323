//go:build unix

package openssh

import (
	"io/fs"
	"os"
	"syscall"
)

// checked says whether ssh looks at the modes of this private key: it does of its user's own files only.
func checked(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
