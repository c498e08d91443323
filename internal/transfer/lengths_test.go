package transfer

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Lines of another length than expected get no answer: neither the client's first line, nor the proof, which would be empty, as the one
// to compare it with, on a node whose tools fail.
func TestPortRefusesOtherLengths(t *testing.T) {
	for name, c := range map[string]struct {
		fails string // a tool that fails on the node
		first string // what a stranger sends first
		then  string // and after an answer, if there is one
		want  int    // bytes that it receives
	}{
		"no line":                {"", strings.Repeat("A", 27), "", 0},
		"a shorter line":         {"", strings.Repeat("A", 25) + "\n\n", "", 0},
		"an empty line":          {"", strings.Repeat("\n", 27), "", 0},
		"a line":                 {"", strings.Repeat("A", 26) + "\n", strings.Repeat("\n", 65), 64 + 1 + challengeLength + 1},
		"no proof without sums":  {"sha256sum", strings.Repeat("A", 26) + "\n", strings.Repeat("\n", 65), 1 + challengeLength + 1},
		"no answer without dice": {"od", strings.Repeat("A", 26) + "\n", "", 0},
	} {
		h := &here{}
		if c.fails != "" {
			h.tools = t.TempDir()
			if err := os.WriteFile(filepath.Join(h.tools, c.fails), []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		ran := filepath.Join(t.TempDir(), "ran")
		tried := false
		h.before = func(address string) string {
			tried = true
			stranger := connect(t, address)
			_, _ = io.WriteString(stranger, c.first)
			answer := make([]byte, c.want)
			if _, err := io.ReadFull(stranger, answer); err != nil {
				t.Errorf("%s: %q, %v", name, answer, err)
			}
			_, _ = io.WriteString(stranger, c.then)
			if more, err := io.ReadAll(stranger); len(more) > 0 {
				t.Errorf("%s: a stranger received %q, %v", name, more, err)
			}
			if _, err := os.Stat(ran); err == nil {
				t.Errorf("%s: a stranger ran the script", name)
			}
			if c.fails != "" { // nobody can prove anything there
				cancel()
			}
			return address
		}
		_, err := h.port(t).run(ctx, Script{Text: `echo x >"$A1"; echo done`, Args: []string{ran}}, nil, io.Discard)
		if _, failed := os.Stat(ran); !tried || c.fails == "" && (err != nil || failed != nil) {
			t.Errorf("%s: tried %t, %v, %v", name, tried, err, failed)
		}
	}
}
