package policy

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"testing"
)

// ownFiles are the packages that create files otherwise than by internal/localfile: in directories of the user's own, such as ~/.ssh,
// in a copied directory, or of the repository.
var ownFiles = []string{"internal/localfile", "internal/openssh", "internal/nodepod", "internal/archive", "internal/doctor/doctortest"}

// creating are the functions of package os that create or truncate files.
var creating = []string{"Create", "CreateTemp", "OpenFile", "WriteFile", "CopyFS"}

// TestLocalFiles holds that files at paths that users give are created by internal/localfile.
func TestLocalFiles(t *testing.T) {
	eachSource(t, func(name string, fset *token.FileSet, f *ast.File) {
		if slices.Contains(ownFiles, path.Dir(name)) {
			return
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
	})
}
