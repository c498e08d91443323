package policy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// ownFiles are the packages that create files otherwise than by internal/localfile: in directories of the user's own, such as ~/.ssh,
// in a copied directory, or of the repository.
var ownFiles = []string{"internal/localfile", "internal/openssh", "internal/nodepod", "internal/archive", "internal/doctor/doctortest"}

// creating are the functions of package os that create or truncate files.
var creating = []string{"Create", "CreateTemp", "OpenFile", "WriteFile", "CopyFS"}

// TestLocalFiles holds that files at paths that users give are created by internal/localfile.
func TestLocalFiles(t *testing.T) {
	for _, name := range files(t) {
		pkg := filepath.ToSlash(filepath.Dir(name))
		ours := strings.HasPrefix(pkg, "internal/") || strings.HasPrefix(pkg, "plugins/") || strings.HasPrefix(pkg, "cmd/")
		if !ours || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || slices.Contains(ownFiles, pkg) {
			continue
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			continue // deleted and not yet committed
		}
		ast.Inspect(f, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "os" && slices.Contains(creating, s.Sel.Name) {
				t.Errorf("%s: os.%s: use internal/localfile", fset.Position(s.Pos()), s.Sel.Name)
			}
			return true
		})
	}
}
