package check

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Run runs the checks, each as soon as those that it comes after have a result, and returns one result per check in the
// order of checks. It panics if Validate does not accept them: that is a mistake of whoever wrote them.
//
// A dependency that failed or is blocked blocks; one that is unknown, warned or was skipped does not. When ctx ends, what
// is not yet decided becomes unknown. The observer is told of each check that is not blocked.
func Run(ctx context.Context, checks []*Check, facts Facts, observe Observer) []Result {
	if err := Validate(checks); err != nil {
		panic(err)
	}
	results := make([]Result, len(checks))
	done := make(map[*Check]chan struct{}, len(checks))
	index := make(map[*Check]int, len(checks))
	for i, c := range checks {
		done[c] = make(chan struct{})
		index[c] = i
	}
	var wg sync.WaitGroup
	ancestors := ancestors(checks)
	for i, c := range checks {
		wg.Go(func() {
			defer close(done[c])
			var by []string
			for _, before := range c.After {
				<-done[before]
				switch r := results[index[before]]; r.Status {
				case Fail:
					by = append(by, r.Code)
				case Blocked:
					by = append(by, r.BlockedBy...)
				}
			}
			results[i] = Result{Code: c.Code, Name: c.Name, Hop: c.Hop, Title: c.Proposition(), Symptom: c.Symptom, Explains: c.Explains}
			if len(by) > 0 {
				slices.Sort(by)
				results[i].Status, results[i].BlockedBy = Blocked, slices.Compact(by)
				return
			}
			start := time.Now()
			observe.Notify(Event{Check: c})
			pass := &Pass{ctx: ctx, check: c, facts: facts}
			for _, before := range ancestors[c] {
				pass.earlier = append(pass.earlier, results[index[before]])
			}
			pass.decide(&results[i])
			took := time.Since(start)
			results[i].Milliseconds = took.Milliseconds()
			observe.Notify(Event{Check: c, Done: true, Took: took})
		})
	}
	wg.Wait()
	return results
}

// ancestors returns for each check those that it comes after, directly or not.
func ancestors(checks []*Check) map[*Check][]*Check {
	all := map[*Check][]*Check{}
	for _, c := range checks { // a check is listed after those that it comes after
		for _, before := range c.After {
			for _, a := range append([]*Check{before}, all[before]...) {
				if !slices.Contains(all[c], a) {
					all[c] = append(all[c], a)
				}
			}
		}
	}
	return all
}

// decide runs the check and fills in its result.
func (p *Pass) decide(r *Result) {
	findings, err := p.run()
	seen := slices.Clip(distinct(p.evidence))
	r.Evidence = seen
	if err != nil {
		r.Status, r.Error, r.Missing = Unknown, err.Error(), Lacks(err)
		return
	}
	if p.skipped != "" && len(findings) == 0 {
		r.Status, r.Reason = Skip, p.skipped
		return
	}
	r.Status = Passed
	for i := range findings {
		f := &findings[i]
		f.Code = p.check.Code
		if f.Evidence == nil {
			f.Evidence = seen // shared: there may be thousands of findings
		} else {
			f.Evidence = append(f.Evidence, seen...)
		}
		slices.SortStableFunc(f.Fixes, func(a, b Fix) int { return cmp.Compare(rank(a), rank(b)) })
	}
	r.Findings = findings
	if len(findings) > 0 {
		r.Evidence = nil // each finding has it
		switch worst(findings).Severity {
		case Error:
			r.Status = Fail
		case Warning:
			r.Status = Warn
		}
	}
}

// rank orders fixes: first those that weaken no protection.
func rank(f Fix) int {
	if f.Weakens != "" {
		return 1
	}
	return 0
}

// distinct returns all without repetition.
func distinct(all []Evidence) []Evidence {
	var list []Evidence
	seen := map[string]bool{}
	for _, e := range all {
		key := fmt.Sprintf("%q", e.Source.Argv())
		if !seen[key] {
			seen[key] = true
			list = append(list, e)
		}
	}
	return list
}

// run runs the check. It turns a panic into an error: a check may be wrong about what a hostile bundle holds, and the others still
// count.
func (p *Pass) run() (findings []Finding, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("check %s panicked, which is a bug of this program: %v", p.check.Code, cause)
		}
	}()
	return p.check.Run(p)
}
