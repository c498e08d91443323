package aksnode

import (
	"bytes"
	"strings"
	"testing"
)

// A long text in one cell makes neither the others nor the rows long.
func TestTableIsBounded(t *testing.T) {
	var out bytes.Buffer
	table := newTable(&out, "NAME", "NODE", "STATE")
	table.row("a", strings.Repeat("é\n", 100_000), "Running")
	for range 1000 {
		table.row("b", "node", "Running")
	}
	if err := table.flush(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if len(line) > 2000 {
			t.Fatalf("a row has %d bytes", len(line))
		}
	}
	if rows := strings.Count(out.String(), "\n"); rows != 1002 {
		t.Errorf("%d rows", rows)
	}
}
