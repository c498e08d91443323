package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/test/e2e/corpus"
)

// whole reports whether this run is that of `make faults`, which may take hours. In `make test` the corpora run as the slice and the
// seed that the commit draws, and what they hold after a fault was cleared is shorter.
func whole() bool { return os.Getenv("AKSTOOLS_CORPUS") == "whole" }

// corpusRun is what this run tries of the corpora, and where it records what became of that.
type corpusRun struct {
	plan   corpus.Plan
	commit string
	file   string // empty: nothing is recorded
}

// corpusRun reads the variables that the Makefile sets.
func (l lab) corpusRun(t *testing.T) corpusRun {
	t.Helper()
	run := corpusRun{commit: os.Getenv("AKSTOOLS_COMMIT"), file: os.Getenv("AKSTOOLS_RECORDS")}
	slice, seed := corpus.OfCommit(run.commit)
	seeds, only, part := os.Getenv("AKSTOOLS_SEEDS"), os.Getenv("AKSTOOLS_ONLY"), os.Getenv("AKSTOOLS_SLICE")
	var err error
	if run.plan, err = corpus.ParsePlan(seeds, only, part); err != nil {
		t.Fatal(err)
	}
	if len(run.plan.Seeds) == 0 {
		run.plan.Seeds = []uint64{seed}
	}
	if !whole() && only == "" && part == "" {
		run.plan.Slice, run.plan.Drawn = slice, true
	}
	records, err := corpus.Read(run.file)
	if run.file != "" && err != nil {
		t.Fatal(err)
	}
	trials, err := run.plan.All()
	if err != nil {
		t.Fatal(err)
	}
	run.plan.Done = corpus.Done(records, run.commit, trials)
	t.Logf("slice %s, seeds %v, %d trials done already", run.plan.Slice, run.plan.Seeds, len(run.plan.Done))
	return run
}

// outcome is what becomes of a trial that is being made. Its methods do nothing on nil: for a case that is no trial.
type outcome struct{ record corpus.Record }

// begin starts the trial's clock; what became of it is recorded at the test's end, after all other cleanups.
func (r corpusRun) begin(t *testing.T, trial corpus.Trial) *outcome {
	t.Helper()
	o := &outcome{corpus.Record{Name: trial.Name, Doctor: trial.Doctor, Seed: trial.Seed, Commit: r.commit, Result: corpus.Error}}
	start := time.Now()
	t.Cleanup(func() {
		if r.file == "" {
			return
		}
		o.record.Failed = t.Failed()
		o.record.Seconds = time.Since(start).Round(100 * time.Millisecond).Seconds()
		if err := corpus.Append(r.file, o.record); err != nil {
			t.Error(err)
		}
	})
	return o
}

// is notes the result, unless there is one already.
func (o *outcome) is(result corpus.Result) {
	if o != nil && o.record.Result == corpus.Error {
		o.record.Result = result
	}
}

// verdict notes the verdict on a fault for which the check code with the status want is expected.
func (o *outcome) verdict(v check.Verdict, code string, want check.Status) {
	o.record.Verdict = strings.TrimSpace(string(v.Status) + " " + v.Code)
	o.is(corpus.Judge(v, code, want))
}
