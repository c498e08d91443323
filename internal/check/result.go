package check

import "slices"

// Status is the outcome of a check, a hop or a whole run.
type Status string

// The statuses.
const (
	Passed  Status = "pass"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Skip    Status = "skip"    // the check does not apply
	Unknown Status = "unknown" // the check could not decide; never a pass
	Blocked Status = "blocked" // not run, because a check that it comes after failed
)

// Result is the outcome of one check.
type Result struct {
	Code      string     `json:"code"`
	Name      string     `json:"name"`
	Hop       string     `json:"hop"`
	Title     string     `json:"title"`              // the proposition
	Symptom   bool       `json:"symptom,omitempty"`  // the check's
	Explains  bool       `json:"explains,omitempty"` // the check's
	Status    Status     `json:"status"`
	Findings  []Finding  `json:"findings,omitempty"`
	BlockedBy []string   `json:"blockedBy,omitempty"` // codes of the failed checks, if Status is blocked
	Error     string     `json:"error,omitempty"`     // why the check could not decide, if Status is unknown
	Missing   []string   `json:"missing,omitempty"`   // permissions that the user lacks, by which the check could not decide
	Reason    string     `json:"reason,omitempty"`    // why the check does not apply, if Status is skip
	Evidence  []Evidence `json:"evidence,omitempty"`  // of the facts that it read; empty if there are findings, which have it then
	// Milliseconds is how long the check took, with the time that it waited for facts.
	Milliseconds int64 `json:"milliseconds,omitempty"`
}

// Verdict is the outcome of a run: its first cause.
type Verdict struct {
	Status Status `json:"status"` // pass, warn, fail or unknown
	Hop    string `json:"hop,omitempty"`
	Code   string `json:"code,omitempty"`
	Name   string `json:"name,omitempty"`
	// Target is the object of the finding; nil if there is none.
	Target  *Ref   `json:"target,omitempty"`
	Summary string `json:"summary"`
	Cause   string `json:"cause,omitempty"`
	Fixes   []Fix  `json:"fixes,omitempty"`
	// FirstKnownBreak is the code of the first failed check, if the verdict is unknown. It is not the cause: an earlier check could not
	// decide.
	FirstKnownBreak string `json:"firstKnownBreak,omitempty"`
}

// Judge returns the verdict on results, which are in the order of the checks: the first that failed or is unknown, unless it only
// explains a later one that failed; else the first warning; else healthy, with the first finding that is worth knowing.
func Judge(results []Result) Verdict {
	var warned, noted *Result
	for i := range results {
		r := &results[i]
		switch r.Status {
		case Fail:
			return verdict(Fail, r)
		case Unknown:
			if r.Explains && slices.ContainsFunc(results[i+1:], failed) {
				continue
			}
			v := verdict(Unknown, r)
			v.Cause += alsoLacked(r, results)
			for _, later := range results[i+1:] {
				if later.Status == Fail {
					v.FirstKnownBreak = later.Code
					break
				}
			}
			return v
		case Warn:
			if warned == nil {
				warned = r
			}
		case Passed, Skip, Blocked:
			if noted == nil && len(r.Findings) > 0 {
				noted = r
			}
		}
	}
	switch {
	case warned != nil:
		return verdict(Warn, warned)
	case noted != nil:
		return verdict(Passed, noted)
	}
	return Verdict{Status: Passed, Summary: "no problem found"}
}

func failed(r Result) bool { return r.Status == Fail }

func verdict(s Status, r *Result) Verdict {
	v := Verdict{Status: s, Hop: r.Hop, Code: r.Code, Name: r.Name}
	if s == Unknown {
		v.Summary = "could not determine whether " + r.Title
		v.Cause = r.Error
		return v
	}
	f := worst(r.Findings)
	v.Target, v.Summary, v.Cause, v.Fixes = &f.Target, f.Summary, f.Cause, f.Fixes
	return v
}

// worst returns the first of the most severe findings; there is at least one.
func worst(findings []Finding) Finding {
	w := findings[0]
	for _, f := range findings[1:] {
		if f.Severity.rank() > w.Severity.rank() {
			w = f
		}
	}
	return w
}

// Stage is one hop of the path with its outcome.
type Stage struct {
	Hop    string `json:"hop"`
	Status Status `json:"status"` // blocked: not checked yet
}

// Path returns the hops in the order in which they first occur, each with the worst outcome of its checks.
func Path(results []Result) []Stage {
	var path []Stage
	for _, r := range results {
		if len(path) == 0 || path[len(path)-1].Hop != r.Hop {
			path = append(path, Stage{r.Hop, r.Status})
			continue
		}
		last := &path[len(path)-1]
		if weight(r.Status) > weight(last.Status) {
			last.Status = r.Status
		}
	}
	return path
}

// weight orders statuses within a hop: a failure outweighs the checks that it blocks, and a hop with blocked checks has not passed.
func weight(s Status) int {
	switch s {
	case Fail:
		return 6
	case Unknown:
		return 5
	case Blocked:
		return 4
	case Warn:
		return 3
	case Passed:
		return 2
	}
	return 1
}
