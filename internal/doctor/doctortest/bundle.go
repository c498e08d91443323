package doctortest

import (
	"os"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
)

// SavedBundle holds that the file, which an earlier version wrote with --save, still leads to the verdict's code.
func SavedBundle(t *testing.T, path, plugin string, facts []fact.Any, checks []*check.Check, code string) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	known, err := FirstTarget(file, plugin, facts)
	if err != nil {
		t.Fatal(err)
	}
	if v := check.Judge(check.Run(t.Context(), checks, known, nil)); v.Code != code {
		t.Errorf("%s leads to %q: %+v", path, v.Code, v)
	}
}

// FirstTarget returns the facts of the first target in a bundle of the plugin.
func FirstTarget(bundle []byte, plugin string, facts []fact.Any) (known *fact.Memo, err error) {
	err = fact.ReadTargets(bundle, plugin, func(t fact.BundledTarget) (err error) {
		if known == nil {
			known, err = fact.Unbundle(t, facts)
		}
		return err
	})
	return known, err
}
