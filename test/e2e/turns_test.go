package e2e

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/test/e2e/corpus"
)

// slow are tests that take long and that others resemble, in rows of up to five minutes. A commit draws a row, as it draws its slice of
// the corpora; `make e2e TURNS=all` tries all.
var slow = [][]string{
	{"TestAzure"},
	{"TestCaptureKilled", "TestCutConnection", "TestTerminalCut"},
	{"TestAzureCapture", "TestForwardSurvivesACut", "TestDrained", "TestImageRemoved"},
	{"TestAzureProvider", "TestViaAzure", "TestWindowsSSH", "TestWindowsSSHErrors"},
	{"TestCaptureSetups", "TestWrongNode", "TestSlowReader"},
	{"TestCaptureCorpus", "TestTunnelRights", "TestAnothersPod"},
	{"TestCaptureFaults", "TestCaptureDropAtPodNode", "TestCapturePolicy", "TestInsideoutIngress", "TestPodEndsUnderSession"},
	{"TestCaptureWithoutTcpdump", "TestForwardSurvivesItsHop", "TestSignalsCleanUpAll", "TestTaintEvicts", "TestTestPodImage"},
	{"TestConnectorFederation"},
	{"TestConnectorVault"},
	{
		"TestInsideoutRights", "TestInsideoutWithoutTunnel", "TestSilentKubelet", "TestContainerdDown",
		"TestDiskPressure", "TestFullNode", "TestViaSSHErrors",
	},
	{
		"TestCopyResumes", "TestCopyToFullDisk", "TestCopyTreeResumes", "TestDialers", "TestIdleConnection", "TestLaptopSleeps",
		"TestOpenSSHElsewhere", "TestTaintArrives", "TestUnreachableAPIServer", "TestConnectorTargets",
	},
}

// takeTurn skips a test that is slow, unless the commit draws it.
func takeTurn(t testing.TB) {
	t.Helper()
	if whole() || os.Getenv("AKSTOOLS_TURNS") == "all" {
		return
	}
	name, _, _ := strings.Cut(t.Name(), "/")
	row := slices.IndexFunc(slow, func(names []string) bool { return slices.Contains(names, name) })
	if _, seed := corpus.OfCommit(os.Getenv("AKSTOOLS_COMMIT")); row >= 0 && row != int(seed%uint64(len(slow))) {
		t.Skip("another commit draws it: make e2e TURNS=all")
	}
}

// TestSlow holds that the names in slow are those of tests.
func TestSlow(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var tests []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				tests = append(tests, fn.Name.Name)
			}
		}
	}
	for _, name := range slices.Concat(slow...) {
		if !slices.Contains(tests, name) {
			t.Errorf("there is no %s", name)
		}
	}
}
