package policy

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// worst are the words of CONTRIBUTING's right column that are wrong wherever they stand.
var worst = regexp.MustCompile(`(?i)\b(says whether|by way of|stands? still|comes? about|made anew|mended|undecided|` +
	`is not there|are not there|could not be decided|cannot be decided|lets? (it|them) (in|out|through)|is judged|are judged|` +
	`for want of|is ended|are ended|shows a certificate)\b`)

// TestPlainWords holds that comments and strings do not use the worst words.
func TestPlainWords(t *testing.T) {
	for _, name := range files(t) {
		if strings.Contains(name, "testdata/") || strings.HasPrefix(name, "test/policy/words_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue // deleted and not yet committed
		}
		switch filepath.Ext(name) {
		case ".go":
			for pos, words := range prose(t, name, text) {
				for _, w := range worst.FindAllString(words, -1) {
					t.Errorf("%s: %q: see CONTRIBUTING.md, Words", pos, w)
				}
			}
		case ".md", ".sh", ".txtar":
			if name == "CONTRIBUTING.md" { // its table has them
				continue
			}
			for _, w := range worst.FindAllString(string(text), -1) {
				t.Errorf("%s: %q: see CONTRIBUTING.md, Words", name, w)
			}
		}
	}
}

// prose returns the comments and the string literals of a Go file by their positions. Raw strings of errors that others print, which
// errtext knows, are left out: they are verbatim.
func prose(t *testing.T, name string, text []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	if strings.HasPrefix(name, "internal/errtext/") && strings.HasSuffix(name, "_test.go") {
		return found
	}
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		if list, ok := err.(scanner.ErrorList); ok { //nolint:errorlint // it is one
			t.Fatal(list)
		}
		t.Fatal(err)
	}
	for _, c := range f.Comments {
		found[fset.Position(c.Pos()).String()] = strings.Join(strings.Fields(c.Text()), " ")
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			found[fset.Position(lit.Pos()).String()] = lit.Value
		}
		return true
	})
	return found
}
