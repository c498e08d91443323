//go:build unix

package archive

import (
	"io/fs"
	"syscall"
)

// inode identifies a file independently of its names.
type inode struct{ device, number uint64 }

// inodeOf returns the file's inode, and whether the file has more than one name.
func inodeOf(info fs.FileInfo) (id inode, shared bool) {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return id, false
	}
	return inode{uint64(st.Dev), st.Ino}, st.Nlink > 1
}
