package cli

import (
	"os"
	"os/exec"
	"path/filepath"
)

// SelfPath returns a path of this program that stays valid when the program is updated. That is the path on PATH if there is one, as
// krew keeps a link there to the current version.
func SelfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	onPath, err := exec.LookPath(filepath.Base(self))
	if err != nil {
		return self, nil //nolint:nilerr // it is not on PATH
	}
	a, errA := os.Stat(self)
	b, errB := os.Stat(onPath)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return self, nil //nolint:nilerr // PATH has another program of that name
	}
	return filepath.Abs(onPath)
}
