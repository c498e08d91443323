package archive

import "io/fs"

type inode struct{}

// inodeOf always returns false: hard links are packed as separate files.
func inodeOf(fs.FileInfo) (id inode, shared bool) { return id, false }
