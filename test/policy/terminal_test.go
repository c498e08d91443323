package policy

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// rawStreams are the files that may use the raw streams, on which control characters of the cluster reach a terminal: their output
// must arrive byte by byte.
var rawStreams = []string{
	"internal/cli/streams.go",
	"plugins/aksnode/hostprocess.go", // the command that the user runs
	"plugins/aksnode/openssh.go",     // ssh, scp and sftp of the user
	"plugins/aksnode/proxy.go",       // a connection
	"plugins/aksnode/runprint.go",    // the command that the user runs
	"plugins/aksnode/ssh.go",         // the command that the user runs
}

// TestOutputIsGuarded holds that commands write through the streams of cli, which keep control characters of the cluster from the
// terminal, and that only those that must be exact to the byte use the raw ones.
func TestOutputIsGuarded(t *testing.T) {
	used := map[string]bool{}
	eachSource(t, func(name string, fset *token.FileSet, f *ast.File) {
		if strings.Contains(name, "/doctortest/") || strings.HasPrefix(name, "internal/capture/recorder/") {
			return // tests; a program that runs on nodes, whose output is a file
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch what := output(n); {
			case what == "":
			case what == "RawStreams" && slices.Contains(rawStreams, name):
				used[name] = true
			case what == "RawStreams":
				t.Errorf("%s: raw streams let control characters through: use Streams or LogStreams of cli.App, or list the file in rawStreams",
					fset.Position(n.Pos()))
			case name != "internal/cli/main.go":
				t.Errorf("%s: %s bypasses the streams of cli.App", fset.Position(n.Pos()), what)
			}
			return true
		})
	})
	for _, name := range rawStreams {
		if !used[name] {
			t.Errorf("%s does not use the raw streams: remove it from the list", name)
		}
	}
}

// output returns the name of the way to stdout or stderr that the node is, or "".
func output(n ast.Node) string {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); ok && (f.Name == "print" || f.Name == "println") && len(n.Args) > 0 {
			return f.Name
		}
	case *ast.SelectorExpr:
		if n.Sel.Name == "RawStreams" {
			return n.Sel.Name
		}
		pkg, ok := n.X.(*ast.Ident)
		if !ok {
			return ""
		}
		what := pkg.Name + "." + n.Sel.Name
		if slices.Contains([]string{
			"os.Stdout", "os.Stderr", "fmt.Print", "fmt.Printf", "fmt.Println", "log.Print", "log.Printf", "log.Println", "log.Fatal",
			"syscall.Stdout", "syscall.Stderr", "genericiooptions.NewIOStreams",
		}, what) {
			return what
		}
	}
	return ""
}
