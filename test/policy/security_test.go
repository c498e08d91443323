package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	roleName = regexp.MustCompile(`(?m)^  name: (.+)$`)
	fileLink = regexp.MustCompile(`\]\(([^):]+)\)`)
)

// TestSecurityNamesEveryRole holds that SECURITY.md says what it means to bind each of the generated roles, that its links lead
// somewhere, and that README has a link to it.
func TestSecurityNamesEveryRole(t *testing.T) {
	read := func(path string) string {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	text := read("SECURITY.md")
	roles, err := filepath.Glob(filepath.Join(root, "docs/rbac/*.yaml"))
	if err != nil || len(roles) == 0 {
		t.Fatal("no roles", err)
	}
	for _, path := range roles {
		names := roleName.FindAllStringSubmatch(read(strings.TrimPrefix(path, root+"/")), -1)
		if len(names) == 0 {
			t.Errorf("%s has no role", path)
		}
		for _, name := range names {
			if !strings.Contains(text, "`"+name[1]+"`") {
				t.Errorf("SECURITY.md does not name the role %s of %s", name[1], path)
			}
		}
	}
	for _, link := range fileLink.FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, link[1])); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(read("README.md"), "(SECURITY.md)") {
		t.Error("README.md has no link to SECURITY.md")
	}
}
