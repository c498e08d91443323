package html

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// stage is the checks of one hop.
type stage struct {
	ID     string
	Hop    string
	Mark   mark
	Open   bool // something is wrong there
	Counts []count
	Checks []row
}

// row is one check.
type row struct {
	ID          string
	Code, Title string
	Mark        mark
	Time        string // how long it took; empty if it did not run
	Why         string // why it could not decide, does not apply or was not run
	Findings    []finding
	Evidence    []evidence // each command once
}

// finding is one finding of a check.
type finding struct {
	Mark    mark
	Summary string
	Cause   string
	Also    []string // the names of other objects with the same trouble
	Fixes   []fix
}

func stageID(id string, i int) string       { return fmt.Sprintf("%s-hop%d", id, i+1) }
func checkID(id string, code string) string { return id + "-" + code }

// stages returns the checks by hop, as check.Path takes them together. Checks without findings have their evidence only if full.
func stages(r *report.Report, id string, full bool) []stage {
	var all []stage
	for i := 0; i < len(r.Results); {
		hop, end := r.Results[i].Hop, i
		for end < len(r.Results) && r.Results[end].Hop == hop {
			end++
		}
		results := r.Results[i:end]
		status := check.Path(results)[0].Status
		s := stage{
			ID: stageID(id, len(all)), Hop: hop, Mark: markOf(status), Counts: countsOf(results),
			Open: status == check.Fail || status == check.Warn || status == check.Unknown,
		}
		for _, result := range results {
			s.Checks = append(s.Checks, rowOf(result, id, full))
		}
		all = append(all, s)
		i = end
	}
	return all
}

func rowOf(r check.Result, id string, full bool) row {
	c := row{ID: checkID(id, r.Code), Code: r.Code, Title: r.Title, Mark: markOf(r.Status)}
	switch r.Status {
	case check.Skip, check.Blocked:
	case check.Passed, check.Warn, check.Fail, check.Unknown:
		c.Time = duration(r.Milliseconds)
	}
	switch {
	case r.Error != "":
		c.Why = r.Error
	case r.Reason != "":
		c.Why = r.Reason
	case len(r.BlockedBy) > 0:
		c.Why = fmt.Sprintf("blocked by %s: fix that first", strings.Join(r.BlockedBy, ", "))
	}
	var seen []check.Evidence
	for _, f := range r.Findings {
		v := finding{Mark: severityMark(f.Severity), Summary: f.Summary, Cause: f.Cause, Fixes: fixesOf(f.Fixes)}
		for _, also := range f.Also {
			v.Also = append(v.Also, also.Name)
		}
		c.Findings = append(c.Findings, v)
		seen = append(seen, f.Evidence...)
	}
	if full || r.Status == check.Unknown {
		seen = append(seen, r.Evidence...)
	}
	c.Evidence = evidenceOf(report.Distinct(seen))
	return c
}

// duration is a time in milliseconds for people.
func duration(milliseconds int64) string {
	switch {
	case milliseconds < 1:
		return "under 1 ms"
	case milliseconds < 1000:
		return fmt.Sprintf("%d ms", milliseconds)
	}
	return fmt.Sprintf("%.1f s", float64(milliseconds)/1000)
}
