// Package doctortest holds a doctor's checks against their fixtures: what --save kept of the corpus in the lab, unpacked, in
// the checks' testdata. CODE-fault.json leads to that code, healthy-*.json to none.
package doctortest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
)

func fixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	all := map[string][]byte{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(f)] = text
	}
	return all
}

// Report evaluates the checks on a fixture.
func Report(text []byte, facts []fact.Any, checks []*check.Check) (*report.Report, error) {
	var target fact.BundledTarget
	if err := json.Unmarshal(text, &target); err != nil {
		return nil, err
	}
	known, err := fact.Unbundle(target, facts)
	if err != nil {
		return nil, err
	}
	return report.New("doctor", known.Target, check.Run(context.Background(), checks, known, nil)), nil
}

// Fixtures holds that each fixture leads to its code, and that each check has one that fails it and one that passes. Checks
// in without need none that fails them.
func Fixtures(t *testing.T, facts []fact.Any, checks []*check.Check, without ...*check.Check) {
	found, passed := map[string]bool{}, map[string]bool{}
	for _, c := range without {
		found[c.Code] = true
	}
	for name, text := range fixtures(t) {
		r, err := Report(text, facts, checks)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, _, _ := strings.Cut(name, "-")
		if want == "healthy" {
			want = ""
		}
		if r.Verdict.Code != want {
			t.Errorf("%s leads to %q: %+v", name, r.Verdict.Code, r.Verdict)
		}
		for _, result := range r.Results {
			passed[result.Code] = passed[result.Code] || result.Status == check.Passed && len(result.Findings) == 0
			found[result.Code] = found[result.Code] || result.Status == check.Fail || result.Status == check.Warn
		}
	}
	for _, c := range checks {
		if !passed[c.Code] || !found[c.Code] {
			t.Errorf("%s: a fixture passes it: %v, one fails it: %v", c.Code, passed[c.Code], found[c.Code])
		}
	}
}

// Missing holds that none of the facts of healthy-plain.json could be missing without the verdict being unknown and naming it.
func Missing(t *testing.T, facts []fact.Any, checks []*check.Check, names ...string) {
	text := fixtures(t)["healthy-plain.json"]
	for _, name := range names {
		var target fact.BundledTarget
		if err := json.Unmarshal(text, &target); err != nil {
			t.Fatal(err)
		}
		delete(target.Facts, name)
		less, err := json.Marshal(target)
		if err != nil {
			t.Fatal(err)
		}
		r, err := Report(less, facts, checks)
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Status != check.Unknown || !strings.Contains(r.Verdict.Cause, name) {
			t.Errorf("without %s: %+v", name, r.Verdict)
		}
	}
}

// FuzzBundle holds that no content of a bundle makes a check panic or brings control characters into a report.
func FuzzBundle(f *testing.F, facts []fact.Any, checks []*check.Check) {
	for _, text := range fixtures(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, bundle []byte) {
		r, err := Report(bundle, facts, checks)
		if err != nil {
			return
		}
		var out bytes.Buffer
		for _, o := range []text.Options{{Verbose: true}, {}, {Width: 60}} {
			if err := text.Write(&out, slices.Values([]*report.Report{r}), o); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
		for _, c := range out.String() {
			if unicode.IsControl(c) && c != '\n' {
				t.Fatalf("%q is in the report", c)
			}
		}
		if strings.Contains(out.String(), "panicked") {
			t.Fatal(out.String())
		}
	})
}

// weakening is what commands hold that weaken a protection: of webhooks, firewalls and NetworkPolicies, or by giving a namespace access.
var weakening = regexp.MustCompile(`"failurePolicy":"Ignore"|"ReferenceGrant"|/allowedRoutes/|\bufw disable\b|\bdelete networkpolicy\b|` +
	`"(from|to)":\[\{"(namespaceSelector|podSelector)":\{("matchLabels":\{[^{}]*\})?\}\}\]`)

// Weakening holds that each fix of the fixtures' reports whose commands weaken a protection tells so, and comes after those that do not.
func Weakening(t *testing.T, facts []fact.Any, checks []*check.Check) {
	some := false
	for name, text := range fixtures(t) {
		r, err := Report(text, facts, checks)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, result := range r.Results {
			for _, f := range result.Findings {
				weakens := false
				for _, fix := range f.Fixes {
					opens := false
					for _, command := range fix.Commands {
						opens = opens || weakening.MatchString(strings.Join(command.Argv(), " "))
					}
					if opens && fix.Weakens == "" {
						t.Errorf("%s: a fix of %s does not tell what it weakens: %s", name, result.Code, fix.Title)
					}
					if weakens && fix.Weakens == "" {
						t.Errorf("%s: a fix of %s comes after one that weakens a protection: %s", name, result.Code, fix.Title)
					}
					weakens = weakens || fix.Weakens != ""
					some = some || weakens
				}
			}
		}
	}
	if !some {
		t.Error("no fixture has a fix that weakens a protection")
	}
}

// placeholder is the form of words that the user replaces.
var placeholder = regexp.MustCompile(`^[A-Z]+(_[A-Z]+)*$`)

// Placeholders holds that each fix of the fixtures' reports declares just those words of its commands that the user replaces.
func Placeholders(t *testing.T, facts []fact.Any, checks []*check.Check) {
	for name, text := range fixtures(t) {
		r, err := Report(text, facts, checks)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, result := range r.Results {
			for _, f := range result.Findings {
				for _, fix := range f.Fixes {
					found := map[check.Placeholder]bool{}
					var words []string
					for _, command := range fix.Commands {
						words = append(words, command.Argv()...)
					}
					for _, word := range words {
						if placeholder.MatchString(word) && !netfilter[word] {
							found[check.Placeholder(word)] = true
						}
					}
					for _, p := range fix.Placeholders {
						if !found[p] {
							t.Errorf("%s: %s declares the placeholder %s, which no command of the fix has: %s", name, result.Code, p, fix.Title)
						}
						delete(found, p)
					}
					for p := range found {
						t.Errorf("%s: %s does not declare the placeholder %s: %s", name, result.Code, p, fix.Title)
					}
				}
			}
		}
	}
}

// netfilter are words of iptables commands that look like placeholders.
var netfilter = map[string]bool{
	"INPUT":       true,
	"OUTPUT":      true,
	"FORWARD":     true,
	"PREROUTING":  true,
	"POSTROUTING": true,
	"DROP":        true,
	"REJECT":      true,
	"ACCEPT":      true,
	"RETURN":      true,
}
