package policy

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// programs are those that the suite prints commands of.
const programs = `(kubectl|az|ssh-keygen|puttygen|chmod|nft|iptables|systemctl|curl|nslookup)`

var (
	// formatted is a format with a command, into which fmt puts a word.
	formatted = regexp.MustCompile(`\b` + programs + ` [a-z-][^"]*%[0-9.\[\]]*[sqvd]`)
	// unfinished is a command to which a word is to be added, and rest is what follows such a word.
	unfinished = regexp.MustCompile(`\b` + programs + ` [a-z-][^:;]* $`)
	rest       = regexp.MustCompile(`^ --?[a-z-]+( |$)`)
	program    = regexp.MustCompile(`^` + programs + `$`)
)

// verbs are those of kubectl that printed commands have.
var verbs = strings.Fields(`aksnode annotate auth connectordoctor create delete describe drain edit exec explain expose get insideout label
	logs patch port-forward rollout run scale tunneldoctor version`)

// TestCommandsAreTyped holds that commands are built by internal/cmdline, which quotes them: not by formats, by adding text, or as a
// list of words of their own. Commands without any word from elsewhere may stand in a text.
func TestCommandsAreTyped(t *testing.T) {
	eachSource(t, func(name string, fset *token.FileSet, f *ast.File) {
		if strings.HasPrefix(name, "internal/cmdline/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			for _, wrong := range untyped(n) {
				t.Errorf("%s: %s: build it with internal/cmdline", fset.Position(n.Pos()), wrong)
			}
			return true
		})
	})
}

// untyped returns what is wrong with the commands that begin at the node.
func untyped(n ast.Node) (wrong []string) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if text := literal(n); formatted.MatchString(text) {
			wrong = append(wrong, "a command is formatted: "+text)
		}
	case *ast.BinaryExpr:
		for _, side := range []ast.Expr{n.X, n.Y} {
			if text := literal(side); unfinished.MatchString(text) || rest.MatchString(text) {
				wrong = append(wrong, "a command is added to: "+text)
			}
		}
	case *ast.CompositeLit:
		if len(n.Elts) > 1 {
			if first := literal(n.Elts[0]); program.MatchString(first) {
				wrong = append(wrong, "a list of words is a command: "+first)
			}
		}
	case *ast.CallExpr:
		called, ok := n.Fun.(*ast.SelectorExpr)
		if ok && called.Sel.Name == "Kubectl" && len(n.Args) > 0 && !slices.Contains(verbs, literal(n.Args[0])) {
			wrong = append(wrong, "kubectl has an unknown verb: "+literal(n.Args[0]))
		}
	}
	return wrong
}

// literal returns the value of a string literal, or an empty string.
func literal(e ast.Expr) string {
	if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
		text, _ := strconv.Unquote(l.Value)
		return text
	}
	return ""
}
