//go:build unix

package localfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A part that others have prepared is not completed: they could read or change it, or it is a file that we must not change.
func TestOthersPart(t *testing.T) {
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	write(t, victim, "precious", 0o600)
	hard, pipe, others := filepath.Join(dir, "hard link"), filepath.Join(dir, "pipe"), filepath.Join(dir, "others")
	if err := os.Link(victim, hard); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	write(t, others, "", 0o666)
	paths := []string{hard, pipe}
	if err := os.Chown(others, 12345, 12345); err == nil { // as root only
		paths = append(paths, others)
	}
	for _, path := range paths {
		done := make(chan error, 1)
		go func() {
			f, err := OpenPart(path)
			if err == nil {
				_ = f.Close()
			}
			done <- err
		}()
		select {
		case err := <-done:
			if err == nil {
				t.Errorf("%s was opened", path)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("opening %s hangs", path)
		}
		if err := Write(path, nil); path == pipe && err == nil {
			t.Error("the pipe was replaced")
		}
	}
	hasText(t, victim, "precious")
}
