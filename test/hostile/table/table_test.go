package table

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/test/release"
)

// TestEveryCommand holds that it is known how each command of each plugin is run.
func TestEveryCommand(t *testing.T) {
	lines, err := Of(release.Plugins(), rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	programs, err := filepath.Glob("../../../cmd/kubectl-*")
	if err != nil || len(programs) == 0 {
		t.Fatal("no programs", err)
	}
	for _, path := range programs {
		name := strings.TrimPrefix(filepath.Base(path), "kubectl-")
		if _, err := os.Stat(filepath.Join(path, "main.go")); err == nil &&
			!slices.ContainsFunc(lines, func(l Line) bool { return l.Plugin == name }) {
			t.Errorf("kubectl %s is not in release.Plugins", name)
		}
	}
	t.Logf("%d command lines", len(lines))
	if testing.Verbose() {
		for _, l := range lines {
			t.Log(l)
		}
	}
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		`a  'b c' "d e" f\ g`: {"a", "b c", "d e", "f g"},
		`a 'b'\''c' ''`:       {"a", "b'c", ""},
		`a "b\"c\d"`:          {"a", `b"c\d`},
		`a | b`:               {"a"},
		`a#b # c`:             {"a#b"},
		`a;b`:                 {"a"},
	} {
		words, _, err := Words(line)
		if diff := cmp.Diff(want, words); diff != "" || err != nil {
			t.Errorf("%s: %v %s", line, err, diff)
		}
	}
	for _, line := range []string{"a $b", "a `b`", `a "$b"`, "a 'b", `a "b`, "a *", "~/x", "a{b,c}"} {
		if words, _, err := Words(line); err == nil {
			t.Errorf("%s: %q", line, words)
		}
	}
}

// FuzzWords holds that each word that the suite quotes is one word again.
func FuzzWords(f *testing.F) {
	f.Add("it's", "$(id)")
	f.Fuzz(func(t *testing.T, a, b string) {
		words, rest, err := Words(cmdline.Quote([]string{a, b}))
		if err != nil || rest != "" || !slices.Equal(words, []string{a, b}) {
			t.Errorf("%q %q: %q %q %v", a, b, words, rest, err)
		}
	})
}
