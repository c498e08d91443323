package connectordoctor

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/akstools/akstools/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-connectordoctor": func() { cli.Main(Plugin) }})
}

// TestScripts tries what needs no cluster: help, wrong usage, a cluster that cannot be reached.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true})
}
