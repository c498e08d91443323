package checks

import (
	"testing"
	"time"
)

func TestLossesIn(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 57, 0, 0, time.UTC)
	log := []string{
		`2026-12-01T00:40:00.1Z stderr F E1201 client.go:362] "could not read stream" err="x"`, // long ago
		`2026-12-01T00:56:16.3Z stderr F E1201 client.go:362] "could not read stream" err="x"`,
		`2026-12-01T00:56:20.3Z stderr F E1201 clientset.go:238] "cannot connect once" err="x"`,
		`2026-12-01T00:56:31.4Z stderr F E1201 client.go:362] "could not read stream" err="x"`,
		`no time "could not read stream"`,
	}
	if got := lossesIn(log, now); len(got) != 2 || got[0] != log[1] || got[1] != log[3] {
		t.Errorf("%q", got)
	}
	if got := lossesIn(log, now.Add(time.Hour)); len(got) != 0 {
		t.Errorf("an hour later: %q", got)
	}
}
