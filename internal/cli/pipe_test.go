//go:build unix

package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWaitBroken(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	broken := make(chan bool, 1)
	go func() { broken <- WaitBroken(t.Context(), w) }()
	select {
	case <-broken:
		t.Fatal("a pipe with a reader is broken")
	case <-time.After(700 * time.Millisecond): // longer than one interval
	}
	_ = r.Close()
	select {
	case b := <-broken:
		if !b {
			t.Error("a pipe without a reader is not broken")
		}
	case <-time.After(5 * time.Second):
		t.Error("the closed reader was not noticed")
	}
}

// A program whose stdout was closed by its parent neither waits nor spins.
func TestWaitBrokenOfAClosedDescriptor(t *testing.T) {
	closed := os.NewFile(1000, "closed") // no such descriptor is open
	if !WaitBroken(t.Context(), closed) {
		t.Error("a closed descriptor is not broken")
	}
}

// A regular file is never broken, and the wait ends with the context.
func TestWaitBrokenOfAFile(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if WaitBroken(ctx, file) {
		t.Error("a file is broken")
	}
}
