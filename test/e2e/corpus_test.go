package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestCorpusFaults holds that each fault leads to its code: healthy before, the code first, healthy again after.
func TestCorpusFaults(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, breaks := faults.All(), faults.Breaks()
	for _, trial := range run.plan.Trials(corpus.InsideoutFaults()) {
		f := list[trial.Index]
		b, ok := breaks[f.Name]
		if !ok {
			t.Errorf("fault %s is in the list and not made", f.Name)
			continue
		}
		t.Run(trial.String(), func(t *testing.T) {
			if !b.Alone {
				t.Parallel()
			}
			l.tryFault(t, run.begin(t, trial), f, trial.Seed, b)
		})
	}
}

// tryFault makes the case healthy, breaks it in one way or two at once, and holds that the verdict is f's.
func (l lab) tryFault(t *testing.T, o *outcome, f faults.Fault, seed uint64, broken ...faults.Broken) {
	c := l.newCase(t, f.Name, seed)
	c.outcome = o
	c.makeHealthy(t)
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
		if b.Target != nil {
			c.target = b.Target(c.Case)
		}
	}
	r, code := c.insideout(t, args...)
	want := check.Status(f.Status)
	if want == "" {
		want = check.Fail
	}
	o.verdict(r.Verdict, f.Code, want)
	if r.Verdict.Code != f.Code || r.Verdict.Status != want {
		t.Errorf("verdict %s %s, want %s %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, want, f.Code, f.Why, c.text)
	}
	if exit := map[check.Status]int{check.Fail: 3, check.Warn: 0, check.Unknown: 2}[want]; code != exit {
		t.Errorf("exit code %d, want %d", code, exit)
	}
	t.Logf("verdict: %s %s %s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
	if broken[0].Heals && len(broken) == 1 {
		l.apply(t, r.Verdict.Fixes[broken[0].Fix])
		c.healthy(t, "after the fix")
	}
	for _, b := range broken {
		c.mend(t, b)
	}
	c.target = nil
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
	run := l.corpusRun(t)
	pairs, breaks := faults.Pairs(), faults.Breaks()
	for _, trial := range run.plan.Trials(corpus.InsideoutPairs()) {
		p := pairs[trial.Index]
		t.Run(trial.String(), func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(faults.All(), func(f faults.Fault) bool { return f.Name == p.Inner })
			f := faults.All()[i]
			f.Name += "-" + p.Outer
			outer := breaks[p.Outer]
			outer.Shows = nil // the inner fault may hide it
			l.tryFault(t, run.begin(t, trial), f, trial.Seed, breaks[p.Inner], outer)
		})
	}
}

// TestCorpusHealthy holds that what is healthy leads to no finding.
func TestCorpusHealthy(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, setups := faults.Healthy(), faults.Setups()
	for _, trial := range run.plan.Trials(corpus.InsideoutHealthy()) {
		s := list[trial.Index]
		b, ok := setups[s.Name]
		if !ok {
			t.Errorf("set-up %s is in the list and not made", s.Name)
			continue
		}
		t.Run(trial.String(), func(t *testing.T) {
			t.Parallel()
			l.trySetup(t, run.begin(t, trial), s, trial.Seed, b)
		})
	}
}

func (l lab) trySetup(t *testing.T, o *outcome, s faults.Setup, seed uint64, b faults.Broken) {
	c := l.newCase(t, s.Name, seed)
	c.outcome = o
	c.becomes(t, b)
	c.healthy(t, s.Why, append(saved("healthy-"+s.Name), b.Args...)...)
	o.is(corpus.Right)
}

// becomes applies the case as b has it, waits until it shows, or until all runs, and injects what b injects.
func (c *corpusCase) becomes(t *testing.T, b faults.Broken) {
	t.Helper()
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
}

// healthy runs the doctor and fails on any finding at warning or above.
func (c *corpusCase) healthy(t *testing.T, when string, args ...string) {
	t.Helper()
	r, code := c.insideout(t, args...)
	if code != 0 || worries(r) {
		c.outcome.is(corpus.Alarm)
		t.Fatalf("not healthy (%s), exit code %d\n%s", when, code, c.text)
	}
}

// worries reports whether the report has something unknown, or a finding at warning or above.
func worries(r report.Report) bool {
	return slices.ContainsFunc(r.Results, func(result check.Result) bool {
		return result.Status == check.Unknown ||
			slices.ContainsFunc(result.Findings, func(f check.Finding) bool { return f.Severity.AtLeast(check.Warning) })
	})
}

// insideout runs the built binary on the case, as a user would, on the lab's client, to which load balancers' addresses lead, and
// returns its report and exit code.
func (c *corpusCase) insideout(t *testing.T, args ...string) (report.Report, int) {
	t.Helper()
	target := c.target
	if target == nil {
		target = []string{"svc/" + c.Name, "-n", c.Namespace}
	}
	out := c.lab.run(t, "", "lab", slices.Concat(
		[]string{"exec", "client", "--", c.lab.path("bin", "kubectl-insideout")}, target, []string{"-o", "json", "--timeout=3s"}, args,
	)...)
	return c.report(t, out), out.code
}

// report keeps the output and returns the report in it, which holds no secret.
func (c *corpusCase) report(t *testing.T, out result) report.Report {
	t.Helper()
	c.text = out.stdout + out.stderr
	var r report.Report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatalf("exit code %d: %v\n%s", out.code, err, c.text)
	}
	if strings.Contains(c.text, faults.Canary) {
		t.Errorf("the canary is in the output:\n%s", c.text)
	}
	return r
}

// newRand draws from the seed, differently for each name.
func newRand(seed uint64, name string) *rand.Rand {
	h := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return rand.New(rand.NewPCG(seed, h)) //nolint:gosec // names of a test
}
