package openssh

import "io/fs"

// modeMatters always returns false: Windows has access control lists instead of modes.
func modeMatters(fs.FileInfo) bool { return false }
