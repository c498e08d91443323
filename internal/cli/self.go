package cli

import (
	"os"
	"os/exec"
	"path/filepath"
)

// SelfPath is the path of this program that stays when it is updated: krew keeps a link on PATH to the version in use.
func SelfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	onPath, err := exec.LookPath(filepath.Base(self))
	if err != nil {
		return self, nil //nolint:nilerr // it was called by its path
	}
	a, errA := os.Stat(self)
	b, errB := os.Stat(onPath)
	if errA != nil || errB != nil || !os.SameFile(a, b) {
		return self, nil //nolint:nilerr // another one is on PATH
	}
	return filepath.Abs(onPath)
}
