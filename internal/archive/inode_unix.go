//go:build unix

package archive

import (
	"io/fs"
	"syscall"
)

// inode names a file whatever its name.
type inode struct{ device, number uint64 }

// inodeOf returns the file's, and whether it has further names.
func inodeOf(info fs.FileInfo) (id inode, shared bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return id, false
	}
	return inode{uint64(st.Dev), st.Ino}, st.Nlink > 1
}
