package localfile

import "io/fs"

// isOwn always returns true: Windows has no directory in which all users can create files.
func isOwn(fs.FileInfo) bool { return true }
