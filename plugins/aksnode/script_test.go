package aksnode

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/akstools/akstools/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kubectl-aksnode": func() { cli.Main(Plugin) }})
}

// TestScripts tests what needs no cluster: help, usage errors, an unreachable cluster.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", RequireExplicitExec: true})
}
