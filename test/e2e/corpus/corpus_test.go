package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
)

// TestEveryCaseIsKnown holds that no two cases are recorded under one name, and that each code is a check's.
func TestEveryCaseIsKnown(t *testing.T) {
	seen := map[key]bool{}
	trials, err := plan(t, "1", "", "").All()
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range trials {
		k := key{trial.Doctor, trial.Name, trial.Seed}
		if seen[k] {
			t.Errorf("%v is there twice", k)
		}
		seen[k] = true
		if trial.Doctor != Lab && trial.Hop == "" {
			t.Errorf("%v: no check has the code %q", k, trial.Code)
		}
	}
}

func plan(t *testing.T, seeds, only, slice string) Plan {
	t.Helper()
	p, err := ParsePlan(seeds, only, slice)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParsePlan(t *testing.T) {
	for _, bad := range [][3]string{
		{"one", "", ""},
		{"0", "", ""},
		{"-1", "", ""},
		{"1", "(", ""},
		{"1", "", "3"},
		{"1", "", "0/3"},
		{"1", "", "4/3"},
		{"1", "", "1/"},
		{"1", "", "a/b"},
		{"1", "", "1/0"},
	} {
		if p, err := ParsePlan(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%q is read as %+v", bad, p)
		}
	}
}

var cases = []Case{
	{Doctor: Insideout, Name: "crash-loop", Code: "INS0108", Status: "fail", Hop: "pod"},
	{Doctor: Insideout, Name: "app-hangs", Code: "INS0204", Status: "fail", Hop: "app"},
	{Doctor: Insideout, Name: "healthy-job", Hop: hopHealthy},
}

func TestTrials(t *testing.T) {
	for _, try := range []struct {
		seeds, only, slice, want string
	}{
		{"1 2", "", "", "crash-loop/1 app-hangs/1 healthy-job/1 crash-loop/2 app-hangs/2 healthy-job/2"},
		{"7", "^app$", "", "app-hangs/7"},
		{"7", "app", "", "app-hangs/7"},
		{"7", "INS01", "", "crash-loop/7"},
		{"7", "healthy", "", "healthy-job/7"},
		{"7", "crash|job", "", "crash-loop/7 healthy-job/7"},
		{"7", "tunneldoctor", "", ""},
		{"1 2", "", "1/2", "crash-loop/1 healthy-job/1 app-hangs/2"},
		{"1 2", "", "2/2", "app-hangs/1 crash-loop/2 healthy-job/2"},
		{"1", "crash|job", "2/2", "healthy-job/1"},
		{"1", "", "4/9", ""},
	} {
		if got := names(plan(t, try.seeds, try.only, try.slice).Trials(cases)); got != try.want {
			t.Errorf("%+v: %s", try, got)
		}
	}
	if got := names(plan(t, "1 2", "crash", "").Once(cases)); got != "crash-loop/0" {
		t.Errorf("once: %s", got)
	}
}

func names(trials []Trial) string {
	var words []string
	for _, t := range trials {
		words = append(words, t.String())
	}
	return strings.Join(words, " ")
}

// TestWhatIsDoneIsNotMadeAgain holds which trials a second run makes, and that what is done does not move the slices.
func TestWhatIsDoneIsNotMadeAgain(t *testing.T) {
	const commit, other = "aaaa", "bbbb"
	record := func(name, commit string, result Result, failed bool) Record {
		return Record{Name: name, Doctor: Insideout, Seed: 1, Commit: commit, Result: result, Failed: failed}
	}
	const all, rest = "crash-loop/1 app-hangs/1 healthy-job/1", "app-hangs/1 healthy-job/1"
	p := plan(t, "1", "", "")
	for _, try := range []struct {
		what    string
		records []Record
		commit  string
		want    string
	}{
		{"none", nil, commit, all},
		{"one", []Record{record("crash-loop", commit, Right, false)}, commit, rest},
		{"wrong", []Record{record("crash-loop", commit, Wrong, true)}, commit, all},
		{"failed", []Record{record("crash-loop", commit, Right, true)}, commit, all},
		{"the last counts", []Record{record("crash-loop", commit, Wrong, true), record("crash-loop", commit, Right, false)}, commit, rest},
		{"right before", []Record{record("crash-loop", commit, Right, false), record("crash-loop", commit, Alarm, true)}, commit, all},
		{"another commit", []Record{record("crash-loop", other, Right, false)}, commit, all},
		{"changes", []Record{record("crash-loop", "aaaa-dirty", Right, false)}, "aaaa-dirty", all},
		{"no commit", []Record{record("crash-loop", "", Right, false)}, "", all},
	} {
		again := p
		again.Done = Done(try.records, try.commit, p.Trials(cases))
		if got := names(again.Trials(cases)); got != try.want {
			t.Errorf("%s: %s", try.what, got)
		}
	}
	p = plan(t, "1", "", "2/2")
	p.Done = Done([]Record{record("crash-loop", commit, Right, false)}, commit, plan(t, "1", "", "").Trials(cases))
	if got := names(p.Trials(cases)); got != "app-hangs/1" {
		t.Errorf("the slice has moved: %s", got)
	}
}

// TestOfCommit holds that the slices are drawn about equally often, that a seed is always one, and that equal hashes draw the same.
func TestOfCommit(t *testing.T) {
	drawn, seeds := map[Slice]int{}, map[uint64]bool{}
	const commits = 3000
	for i := range commits {
		hash := fmt.Sprintf("%016x00000000", uint64(i)*0x9e3779b97f4a7c15)
		slice, seed := OfCommit(hash)
		if s, again := OfCommit(hash + "-dirty"); s != slice || again != seed {
			t.Errorf("%s draws %v %d, then %v %d", hash, slice, seed, s, again)
		}
		if seed == 0 {
			t.Errorf("%s draws no seed", hash)
		}
		drawn[slice]++
		seeds[seed] = true
	}
	for i := range parts {
		if n := drawn[Slice{i + 1, parts}]; n < commits/parts*8/10 {
			t.Errorf("slice %d/%d is drawn %d times by %d commits", i+1, parts, n, commits)
		}
	}
	if len(seeds) < commits*9/10 {
		t.Errorf("%d seeds of %d commits", len(seeds), commits)
	}
	if slice, seed := OfCommit(""); slice != (Slice{1, parts}) || seed != 1 {
		t.Errorf("no commit draws %v %d", slice, seed)
	}
}

func TestJudge(t *testing.T) {
	for _, try := range []struct {
		got  check.Verdict
		want Result
	}{
		{check.Verdict{Code: "INS0101", Status: check.Warn}, Right},
		{check.Verdict{Code: "INS0101", Status: check.Fail}, Wrong},
		{check.Verdict{Code: "INS0101", Status: check.Unknown}, Unknown},
		{check.Verdict{Code: "INS0102", Status: check.Warn}, Wrong},
		{check.Verdict{Status: check.Passed}, Green},
		{check.Verdict{Code: "INS0101", Status: check.Passed}, Green}, // noted, and healthy
	} {
		if got := Judge(try.got, "INS0101", check.Warn); got != try.want {
			t.Errorf("%+v: %s, want %s", try.got, got, try.want)
		}
	}
	if got := Judge(check.Verdict{Code: "INS0101", Status: check.Unknown}, "INS0101", check.Unknown); got != Right {
		t.Errorf("unknown where that is expected: %s", got)
	}
}

// TestRecordsAreKept holds that records are read as they were written, and that a torn line costs no other.
func TestRecordsAreKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "faults.jsonl")
	if records, err := Read(file); err != nil || records != nil {
		t.Errorf("no file: %v, %v", records, err)
	}
	want := []Record{
		{Name: "crash-loop", Doctor: Insideout, Seed: 2, Commit: "aaaa", Result: Wrong, Failed: true, Verdict: "fail INS0101", Seconds: 12.5},
		{Name: "mtu-small", Doctor: Lab, Commit: "aaaa", Result: Right, Seconds: 3},
	}
	if err := Append(file, want[0]); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(b, "{\"name\":\"torn\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Append(file, want[1]); err != nil {
		t.Fatal(err)
	}
	got, err := Read(file)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v: %s", err, diff)
	}
}

func TestSummary(t *testing.T) {
	trials := append(plan(t, "1 2", "", "").Trials(cases), Trial{Case{Doctor: Lab, Name: "mtu-small"}, 0})
	records := []Record{
		{Name: "crash-loop", Doctor: Insideout, Seed: 1, Commit: "aaaa", Result: Wrong, Failed: true},
		{Name: "crash-loop", Doctor: Insideout, Seed: 1, Commit: "bbbb", Result: Right},
		{Name: "app-hangs", Doctor: Insideout, Seed: 1, Commit: "bbbb", Result: Wrong, Failed: true, Verdict: "fail INS0203"},
		{Name: "app-hangs", Doctor: Insideout, Seed: 2, Commit: "bbbb", Result: Right, Failed: true, Verdict: "fail INS0204"},
		{Name: "healthy-job", Doctor: Insideout, Seed: 1, Commit: "aaaa", Result: Alarm, Failed: true},
		{Name: "gone", Doctor: Insideout, Seed: 1, Commit: "bbbb", Result: Right},
	}
	for commit, want := range map[string]string{
		"bbbb": `doctor     right  unknown  wrong  green  alarm  error  missing
insideout  2      0        1      0      0      0      3
lab        0      0        0      0      0      0      1

not right  doctor     case         verdict       expected
failed     insideout  app-hangs/2  fail INS0204  fail INS0204
wrong      insideout  app-hangs/1  fail INS0203  fail INS0204
`,
		AnyCommit: `doctor     right  unknown  wrong  green  alarm  error  missing
insideout  2      0        1      0      1      0      2
lab        0      0        0      0      0      0      1

not right  doctor     case           verdict       expected
alarm      insideout  healthy-job/1  no verdict    healthy
failed     insideout  app-hangs/2    fail INS0204  fail INS0204
wrong      insideout  app-hangs/1    fail INS0203  fail INS0204
`,
	} {
		var b strings.Builder
		if err := Summarize(records, commit, trials).Write(&b); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Errorf("%s:\n%s", commit, diff)
		}
	}
}

// TestThinner holds that the parts of a slice are the slice, and that what was asked for stays whole.
func TestThinner(t *testing.T) {
	cases := InsideoutFaults()
	slice := Plan{Seeds: []uint64{1}, Slice: Slice{2, 3}, Drawn: true}
	seen := map[Trial]int{}
	for seed := range uint64(3) {
		part := slice
		part.Seeds = []uint64{seed + 1}
		for _, trial := range part.Thinner(3).Once(cases) {
			seen[trial]++
		}
	}
	for _, trial := range slice.Once(cases) {
		if seen[trial] != 1 {
			t.Errorf("%s is in %d parts", trial, seen[trial])
		}
	}
	if want := slice.Once(cases); len(seen) != len(want) {
		t.Errorf("%d trials in the parts, %d in the slice", len(seen), len(want))
	}
	slice.Drawn = false
	if got, want := len(slice.Thinner(3).Once(cases)), len(slice.Once(cases)); got != want {
		t.Errorf("%d of %d trials of a slice that was asked for", got, want)
	}
}
