package nodepod

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/kube"
)

// A name that no node can have does not become a file's name, wherever it comes from.
func TestAcquireRefusesNames(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_STATE_HOME", filepath.Join(home, "a", "b", "state"))
	m := &Manager{Clients: &kube.Clients{Interface: fake.NewClientset(), Config: &rest.Config{Host: "https://lab"}}}
	for _, name := range []string{"", ".", "..", "../../../escaped", "a/b", `a\b`, "a\x00b", "a b", "*", "A", "-a", strings.Repeat("a", 254)} {
		lease, err := m.Acquire(t.Context(), name, Options{Namespace: "default"})
		var unusable *UnusableNodeError
		if !errors.As(err, &unusable) || !strings.Contains(err.Error(), "cannot exist") {
			t.Errorf("%q: %v, %v", name, lease, err)
		}
	}
	_ = filepath.WalkDir(home, func(path string, d fs.DirEntry, _ error) error {
		if d != nil && !d.IsDir() {
			t.Errorf("%s was created", path)
		}
		return nil
	})
}
