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

// slow are tests that take long and that others resemble. A commit draws one of every turns of them, in this order, as it draws its slice
// of the corpora; `make e2e TURNS=all` tries all.
var slow = []string{
	"TestCopyToFullDisk", "TestCopyResumes", "TestDialers", "TestForwardSurvivesItsHop",
	"TestInsideoutRights", "TestTunnelRights", "TestViaAzure", "TestInsideoutIngress",
	"TestIdleConnection", "TestCutConnection", "TestTerminalCut", "TestForwardSurvivesACut",
	"TestSilentKubelet", "TestContainerdDown", "TestTaintArrives", "TestTaintEvicts",
	"TestDrained", "TestImageRemoved", "TestDiskPressure", "TestFullNode",
	"TestLaptopSleeps", "TestSlowReader", "TestAnothersPod", "TestPodEndsUnderSession",
	"TestCopyTreeResumes", "TestOpenSSHElsewhere", "TestUnreachableAPIServer", "TestWrongNode",
	"TestAzureProvider", "TestCaptureWithoutTcpdump", "TestCaptureKilled", "TestCaptureDropAtPodNode",
	"TestCapturePolicy", "TestTestPodImage", "TestInsideoutWithoutTunnel", "TestSignalsCleanUpAll",
	"TestViaSSHErrors", "TestCaptureFaults", "TestCaptureCorpus", "TestCaptureSetups", "TestWindowsSSH",
	"TestAzureCapture", "TestWindowsSSHErrors",
}

// turns is into how many parts slow is cut.
const turns = 6

// takeTurn skips a test that is slow, unless the commit draws it.
func takeTurn(t testing.TB) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	if i := slices.Index(slow, name); i >= 0 && !whole() && os.Getenv("AKSTOOLS_TURNS") != "all" {
		if _, seed := corpus.OfCommit(os.Getenv("AKSTOOLS_COMMIT")); i%turns != int(seed%turns) {
			t.Skip("another commit draws it: make e2e TURNS=all")
		}
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
	for _, name := range slow {
		if !slices.Contains(tests, name) {
			t.Errorf("there is no %s", name)
		}
	}
}
