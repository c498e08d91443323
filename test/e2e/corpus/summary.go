package corpus

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// A Summary counts what became of trials.
type Summary struct {
	counts map[string]map[Result]int // by doctor
	rest   []string                  // a line for each trial that was not right, or failed
}

// missing is the result of a trial that has no record.
const missing Result = "missing"

// Summarize counts the last record at the commit, or at AnyCommit, of each of the trials.
func Summarize(records []Record, commit string, trials []Trial) Summary {
	s := Summary{counts: map[string]map[Result]int{}}
	last := latest(records, commit)
	for _, t := range trials {
		r, ok := last[key{t.Doctor, t.Name, t.Seed}]
		if !ok {
			r.Result = missing
		}
		if s.counts[t.Doctor] == nil {
			s.counts[t.Doctor] = map[Result]int{}
		}
		s.counts[t.Doctor][r.Result]++
		if ok && !r.done() {
			s.rest = append(s.rest, line(t, r))
		}
	}
	return s
}

// line is a trial that was not right, or failed in another way.
func line(t Trial, r Record) string {
	result := string(r.Result)
	if r.Result == Right {
		result = "failed" // the verdict was right
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", result, t.Doctor, t, cmp.Or(r.Verdict, "no verdict"), t.Expected())
}

// Write prints a table of the results by doctor, then the trials that were not right.
func (s Summary) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	results := []Result{Right, Unknown, Wrong, Green, Alarm, Error, missing}
	fmt.Fprint(t, "doctor")
	for _, r := range results {
		fmt.Fprintf(t, "\t%s", r)
	}
	fmt.Fprintln(t)
	for _, doctor := range []string{Insideout, Tunneldoctor, Lab} {
		if s.counts[doctor] == nil {
			continue
		}
		fmt.Fprint(t, doctor)
		for _, r := range results {
			fmt.Fprintf(t, "\t%d", s.counts[doctor][r])
		}
		fmt.Fprintln(t)
	}
	if len(s.rest) > 0 {
		fmt.Fprintln(t, "\nnot right\tdoctor\tcase\tverdict\texpected")
		for _, line := range slices.Sorted(slices.Values(s.rest)) {
			fmt.Fprintln(t, line)
		}
	}
	return t.Flush()
}
