package policy

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// factPackages hold the doctors' facts.
var factPackages = []string{"plugins/connectordoctor/facts", "plugins/insideout/facts", "plugins/tunneldoctor/facts"}

// TestFactsDeclareWhatTheyRead holds that whatever a fact's Gather reads, itself or through the functions that it calls, is in its
// Needs. The engine refuses other reads only when they happen, which may be in a rare case.
func TestFactsDeclareWhatTheyRead(t *testing.T) {
	for _, pkg := range factPackages {
		p := typed(t, pkg)
		for fact, node := range p.facts {
			declared := p.needs(node)
			for _, read := range slices.Sorted(maps.Keys(p.reads(node))) {
				if read != fact && !declared[read] {
					t.Errorf("%s: the fact %s reads %s, which is not in its Needs", pkg, fact, read)
				}
			}
		}
	}
}

// typedPackage is a package with what its identifiers refer to.
type typedPackage struct {
	info  *types.Info
	funcs map[types.Object]*ast.FuncDecl
	facts map[string]*ast.CompositeLit // by the variable's name
	vars  map[types.Object]string      // the facts' variables
}

// typed parses and checks a package of the repository.
func typed(t *testing.T, pkg string) *typedPackage {
	t.Helper()
	dir := filepath.Join(root, pkg)
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no Go files in %s: %v", pkg, err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	p := &typedPackage{
		info:  &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}},
		funcs: map[types.Object]*ast.FuncDecl{}, facts: map[string]*ast.CompositeLit{}, vars: map[types.Object]string{},
	}
	exports := exported(t, dir)
	open := func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", open)}
	if _, err := config.Check(pkg, fset, files, p.info); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			p.add(d)
		}
	}
	return p
}

// exported returns the files with the export data of all packages on which the package in dir depends, by import path.
func exported(t *testing.T, dir string) map[string]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", ".")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct{ ImportPath, Export string }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return files
		} else if err != nil {
			t.Fatal(err)
		}
		files[p.ImportPath] = p.Export
	}
}

// add records a function, or a variable of the form: var Name = &Fact[T]{...}.
func (p *typedPackage) add(d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok {
		p.funcs[p.info.Defs[f.Name]] = f
		return
	}
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR {
		return
	}
	for _, s := range g.Specs {
		v := s.(*ast.ValueSpec)
		if len(v.Values) != 1 {
			continue
		}
		pointer, ok := v.Values[0].(*ast.UnaryExpr)
		if !ok {
			continue
		}
		literal, ok := pointer.X.(*ast.CompositeLit)
		if !ok {
			continue
		}
		if index, ok := literal.Type.(*ast.IndexExpr); ok && types.ExprString(index.X) == "Fact" {
			p.facts[v.Names[0].Name] = literal
			p.vars[p.info.Defs[v.Names[0]]] = v.Names[0].Name
		}
	}
}

// field returns the value of a fact's field, or nil.
func field(literal *ast.CompositeLit, name string) ast.Node {
	for _, e := range literal.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && types.ExprString(kv.Key) == name {
			return kv.Value
		}
	}
	return nil
}

// needs returns the facts in the literal's Needs.
func (p *typedPackage) needs(literal *ast.CompositeLit) map[string]bool {
	found := map[string]bool{}
	if node := field(literal, "Needs"); node != nil {
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && p.vars[p.info.Uses[id]] != "" {
				found[p.vars[p.info.Uses[id]]] = true
			}
			return true
		})
	}
	return found
}

// reads returns the facts on which From is called in the literal's Gather, or in a function of the package that can be reached from
// there.
func (p *typedPackage) reads(literal *ast.CompositeLit) map[string]bool {
	found, seen := map[string]bool{}, map[types.Object]bool{}
	var visit func(ast.Node)
	visit = func(node ast.Node) {
		ast.Inspect(node, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "From" {
				if id, ok := s.X.(*ast.Ident); ok && p.vars[p.info.Uses[id]] != "" {
					found[p.vars[p.info.Uses[id]]] = true
				}
			}
			if id, ok := n.(*ast.Ident); ok {
				if f := p.funcs[p.info.Uses[id]]; f != nil && f.Body != nil && !seen[p.info.Uses[id]] {
					seen[p.info.Uses[id]] = true
					visit(f.Body)
				}
			}
			return true
		})
	}
	visit(field(literal, "Gather"))
	return found
}
