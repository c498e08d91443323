// Command notices writes the licenses and notices of all that is linked into the released plugins, as those ask for.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// systems are the operating systems for which plugins are released; some modules are linked on one of them only.
var systems = []string{"linux", "darwin", "windows"}

func main() {
	out := flag.String("o", "", "file to write")
	flag.Parse()
	text, err := notices("./cmd/...")
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(*out), 0o755), os.WriteFile(*out, text, 0o644))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// module is a module with the files that hold its licenses and notices, by their paths in it.
type module struct {
	name  string
	files map[string][]byte
}

// notices returns the text for what the packages link, in the order of the modules' names.
func notices(packages string) ([]byte, error) {
	modules := map[string]*module{}
	for _, system := range systems {
		linked, err := list(system, packages)
		if err != nil {
			return nil, err
		}
		for _, p := range linked {
			name, root := "Go "+runtime.Version(), ""
			switch {
			case p.Standard:
				root = p.Root
			case p.Module.Main:
				continue
			default:
				name, root = p.Module.Path+" "+p.Module.Version, p.Module.Dir
			}
			m := modules[name]
			if m == nil {
				m = &module{name, map[string][]byte{}}
				modules[name] = m
			}
			if err := m.read(root, p.Dir); err != nil {
				return nil, err
			}
		}
	}
	var b bytes.Buffer
	fmt.Fprintln(&b, "Licenses and notices of what is linked into the kubectl plugins of akstools.")
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		m := modules[name]
		if len(m.files) == 0 {
			return nil, fmt.Errorf("%s has no license", m.name)
		}
		m.write(&b)
	}
	return b.Bytes(), nil
}

// listed is what `go list` says of a package.
type listed struct {
	Dir      string
	Root     string // of Go's own packages, GOROOT
	Standard bool
	Module   *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// list returns the packages that are linked on the operating system.
func list(system, packages string) ([]listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Root,Standard,Module", packages)
	cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing packages: %w", err)
	}
	var all []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

// legal matches the names of files with licenses and notices.
var legal = regexp.MustCompile(`(?i)^(licen[cs]e|copying|copyright|notice|patents|authors)([.-].*)?$`)

// read reads the licenses and notices of a package: those in its directory and in those above it, up to the module's root.
func (m *module) read(root, dir string) error {
	for {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			path, err := filepath.Rel(root, filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			if e.IsDir() || !legal.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") || m.files[path] != nil {
				continue
			}
			if m.files[path], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
		if dir == root || len(dir) <= len(root) {
			return nil
		}
		dir = filepath.Dir(dir)
	}
}

func (m *module) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n%s\n%s\n", strings.Repeat("=", 80), m.name)
	for _, path := range slices.Sorted(maps.Keys(m.files)) {
		fmt.Fprintf(b, "\n%s:\n\n%s\n", filepath.ToSlash(path), bytes.TrimRight(m.files[path], "\n"))
	}
}
