package e2e

import (
	"io"
	"strings"
	"testing"
	"time"
)

// TestSlowReader: output that is read slowly arrives whole.
func TestSlowReader(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	const size = 12_000_000
	const write = `head -c 12000000 /dev/zero | tr '\0' x`
	cmd := l.command(t.Context(), "kubectl-aksnode", "ssh", "-q", "--no-stdin", node0, "--", "sh", "-c", write)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	total := 0
	b := make([]byte, 100_000) // ten times a second: 1 MB/s
	for {
		n, err := io.ReadFull(out, b)
		total += n
		if strings.Trim(string(b[:n]), "x") != "" {
			t.Fatalf("other data after %d bytes", total)
		}
		if err != nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err := cmd.Wait(); err != nil || total != size {
		t.Errorf("%d of %d bytes: %v", total, size, err)
	}
}
