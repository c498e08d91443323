// Package tool builds programs of other Go modules, whose dependencies conflict with the lab's, only for the commands that need them.
package tool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// Program is a program that a module has as a tool.
type Program struct {
	Package string
	Module  string // its directory, relative to that of the lab's module
	Name    string
	Time    string // that building takes at first, for the progress
	// Replaced is the directory of a module that replaces another one, relative as Module; empty: there is none outside it.
	Replaced string
}

// Build builds the program into the user's cache, unless it is there for the same sums and local sources, and returns its path. lab is
// the directory of the lab's Go module.
func (p Program) Build(ctx context.Context, lab string, progress io.Writer) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	hash, err := p.hash(lab)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "akstools-lab")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	program := filepath.Join(dir, p.Name+"-"+hash)
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	fmt.Fprintf(progress, "building %s (once; about %s)\n", p.Name, p.Time)
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", program+".new", p.Package)
	cmd.Dir = filepath.Join(lab, p.Module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", p.Package, err, out)
	}
	return program, os.Rename(program+".new", program)
}

// hash returns a hash of the module's sums and sources, and of those of what replaces another module.
func (p Program) hash(lab string) (string, error) {
	h := sha256.New()
	module := filepath.Join(lab, p.Module)
	of := func(root string) error {
		return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == filepath.Join(module, "go.mod") {
				return err
			}
			b, err := os.ReadFile(path)
			h.Write(b)
			return err
		})
	}
	err := of(module)
	if err == nil && p.Replaced != "" {
		err = of(filepath.Join(lab, p.Replaced))
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), err
}

// Dir returns the directory of a module that the program is built with.
func (p Program) Dir(ctx context.Context, lab, module string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	cmd.Dir = filepath.Join(lab, p.Module)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("finding the module %s: %w", module, err)
	}
	return string(out[:max(len(out)-1, 0)]), nil
}
