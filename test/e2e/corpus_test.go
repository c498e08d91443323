package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// The corpus runs as a slice in `make test`, one fault per code and five healthy set-ups, and whole in `make faults`, where
// AKSTOOLS_SEEDS names the seeds, and where it is also held that all is well again after a fault was cleared.

// seeds are by what the names, ports and replicas of the cases are drawn.
func seeds(t *testing.T) []uint64 {
	t.Helper()
	words := strings.Fields(os.Getenv("AKSTOOLS_SEEDS"))
	if len(words) == 0 {
		words = []string{strconv.FormatInt(time.Now().Unix()%100000, 10)}
	}
	var list []uint64
	for _, w := range words {
		n, err := strconv.ParseUint(w, 10, 64)
		if err != nil {
			t.Fatalf("AKSTOOLS_SEEDS: %v", err)
		}
		list = append(list, n)
	}
	t.Logf("seeds %v", list)
	return list
}

func whole() bool { return os.Getenv("AKSTOOLS_CORPUS") == "whole" }

// TestCorpusFaults holds that each fault leads to its code: healthy before, the code first, healthy again after.
func TestCorpusFaults(t *testing.T) {
	l := theLab(t)
	breaks := faults.Breaks()
	for _, seed := range seeds(t) {
		for _, f := range corpusFaults() {
			b, ok := breaks[f.Name]
			if !ok {
				t.Errorf("fault %s is in the list and not made", f.Name)
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", f.Name, seed), func(t *testing.T) {
				if !b.Alone {
					t.Parallel()
				}
				l.tryFault(t, f, seed, b)
			})
		}
	}
}

// corpusFaults are all, or the first of each code.
func corpusFaults() []faults.Fault {
	all := faults.All()
	if whole() {
		return all
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(f faults.Fault) bool {
		again := seen[f.Code]
		seen[f.Code] = true
		return again
	})
}

func (l lab) tryFault(t *testing.T, f faults.Fault, seed uint64, broken ...faults.Broken) {
	c := l.healthyCase(t, f.Name, seed)
	before := c.applied(t)
	for _, b := range broken {
		if b.Change != nil {
			b.Change(c.Case)
		}
	}
	c.apply(t)
	for _, b := range broken {
		c.inject(t, b)
	}
	for _, b := range broken {
		c.shows(t, b)
	}
	args := saved(f.Name)
	for _, b := range broken {
		args = append(args, b.Args...)
	}
	r, code := c.insideout(t, args...)
	want := check.Status(f.Status)
	if want == "" {
		want = check.Fail
	}
	if r.Verdict.Code != f.Code || r.Verdict.Status != want {
		t.Errorf("verdict %s %s, want %s %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, want, f.Code, f.Why, c.text)
	}
	if exit := map[check.Status]int{check.Fail: 3, check.Warn: 0, check.Unknown: 2}[want]; code != exit {
		t.Errorf("exit code %d, want %d", code, exit)
	}
	t.Logf("verdict: %s %s %s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
	if broken[0].Heals && len(broken) == 1 {
		l.apply(t, r.Verdict.Fixes[0])
		c.healthy(t, "after the fix")
	}
	for _, b := range broken {
		c.mend(t, b)
	}
	if whole() {
		c.restore(t, before)
		c.healthy(t, "after clearing")
	}
}

// saved are the arguments that keep the bundle where AKSTOOLS_FIXTURES says: the bundles are the checks' fixtures.
func saved(name string) []string {
	dir := os.Getenv("AKSTOOLS_FIXTURES")
	if dir == "" {
		return nil
	}
	return []string{"--save", filepath.Join(dir, name+".bundle")}
}

// TestCorpusPairs holds that of two faults at two hops the inner one is named.
func TestCorpusPairs(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults)")
	}
	breaks := faults.Breaks()
	for _, seed := range seeds(t) {
		for _, p := range faults.Pairs() {
			t.Run(fmt.Sprintf("%s+%s/%d", p.Inner, p.Outer, seed), func(t *testing.T) {
				t.Parallel()
				i := slices.IndexFunc(faults.All(), func(f faults.Fault) bool { return f.Name == p.Inner })
				f := faults.All()[i]
				f.Name += "-" + p.Outer
				outer := breaks[p.Outer]
				outer.Shows = nil // the inner fault may hide it
				l.tryFault(t, f, seed, breaks[p.Inner], outer)
			})
		}
	}
}

// TestCorpusHealthy holds that what is healthy leads to no finding.
func TestCorpusHealthy(t *testing.T) {
	l := theLab(t)
	setups := faults.Setups()
	list := faults.Healthy()
	if !whole() {
		list = list[:5]
	}
	for _, seed := range seeds(t) {
		for _, s := range list {
			b, ok := setups[s.Name]
			if !ok {
				t.Errorf("set-up %s is in the list and not made", s.Name)
				continue
			}
			t.Run(fmt.Sprintf("%s/%d", s.Name, seed), func(t *testing.T) {
				t.Parallel()
				c := l.newCase(t, s.Name, seed)
				if b.Change != nil {
					b.Change(c.Case)
				}
				c.apply(t)
				if b.Shows == nil {
					c.settled(t)
				} else {
					c.shows(t, b)
				}
				c.inject(t, b)
				c.healthy(t, s.Why, append(saved("healthy-"+s.Name), b.Args...)...)
			})
		}
	}
}

// healthy runs the doctor and fails on any finding at warning or above.
func (c *corpusCase) healthy(t *testing.T, when string, args ...string) {
	t.Helper()
	r, code := c.insideout(t, args...)
	if code != 0 || worries(r) {
		t.Fatalf("not healthy (%s), exit code %d\n%s", when, code, c.text)
	}
}

// worries says whether the report has something unknown, or a finding at warning or above.
func worries(r report.Report) bool {
	return slices.ContainsFunc(r.Results, func(result check.Result) bool {
		return result.Status == check.Unknown || slices.ContainsFunc(result.Findings, func(f check.Finding) bool { return f.Severity.AtLeast(check.Warning) })
	})
}

// insideout runs the built binary on the case, as a user would, on the lab's client, to which load balancers' addresses lead, and
// returns its report and exit code.
func (c *corpusCase) insideout(t *testing.T, args ...string) (report.Report, int) {
	t.Helper()
	out := c.lab.run(t, "", "lab", append([]string{
		"exec", "client", "--", c.lab.path("bin", "kubectl-insideout"), "svc/" + c.Name, "-n", c.Namespace, "-o", "json", "--timeout=3s",
	}, args...)...)
	c.text = out.stdout + out.stderr
	var r report.Report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatalf("exit code %d: %v\n%s", out.code, err, c.text)
	}
	if strings.Contains(c.text, faults.Canary) {
		t.Errorf("the canary is in the output:\n%s", c.text)
	}
	return r, out.code
}

// newRand draws from the seed, differently for each name.
func newRand(seed uint64, name string) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h)) //nolint:gosec // names of a test
}
