package tunneldoctor

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/akstools/akstools/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-tunneldoctor": func() { cli.Main(Plugin) }})
}

// TestScripts runs what needs no cluster: help, explain, wrong usage, an API server that does not answer.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true})
}

func TestStripCRI(t *testing.T) {
	const kept = "2026-11-21T12:00:00.1Z stdout F one\n2026-11-21T12:00:00.2Z stderr P tw\n2026-11-21T12:00:00.3Z stderr F o\n" +
		"2026-11-21T12:00:00.4Z stdout F \n2026-11-21T12:00:00.5Z stdout F\nno head\n"
	if got, want := string(stripCRI([]byte(kept))), "one\ntwo\n\n\nno head\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
