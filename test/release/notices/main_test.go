package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNotices holds that there is a text for each module that is linked, on every operating system, and for Go itself.
func TestNotices(t *testing.T) {
	text, err := notices("github.com/akstools/akstools/cmd/...")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{
		"\nGo go1.", "\ngithub.com/inconshreveable/mousetrap v", // Windows only
		"\nk8s.io/client-go v", "\ngithub.com/moby/spdystream v", "SpdyStream\nCopyright 2014-2021 Docker Inc.", // a NOTICE
		"\nthird_party/forked/golang/LICENSE:", // below a module's root
		"Redistribution and use in source and binary forms", "Permission is hereby granted, free of charge",
	} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q", part)
		}
	}
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}",
		"github.com/akstools/akstools/cmd/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for module := range strings.FieldsFuncSeq(string(out), func(r rune) bool { return r == '\n' }) {
		if !strings.Contains(string(text), "\n"+module+"\n") {
			t.Errorf("no notices of %s", module)
		}
	}
}

// TestRead holds that licenses are found above a package, and nothing that is code.
func TestRead(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"a/b", "c"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"LICENSE.txt": "root", "a/NOTICE": "a", "a/b/license.go": "code", "c/COPYING": "other"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	m := module{"m", map[string][]byte{}}
	if err := m.read(root, filepath.Join(root, "a", "b")); err != nil {
		t.Fatal(err)
	}
	if len(m.files) != 2 || string(m.files["LICENSE.txt"]) != "root" || string(m.files[filepath.Join("a", "NOTICE")]) != "a" {
		t.Errorf("%q", m.files)
	}
}
