package report

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
)

// Group is findings of one check that differ in their objects only.
type Group struct {
	Finding check.Finding // the first
	Names   []string      // of the objects, without that of the verdict; at least one
	Symptom bool          // the check's
	Verdict bool          // the verdict is of the same kind
}

// Groups returns the findings of the report but the verdict's own, in the order in which they first occur.
func Groups(r *Report) []*Group {
	type key struct{ code, severity, summary string }
	all := map[key]*Group{}
	var order []*Group
	first := true
	for _, result := range r.Results {
		for _, f := range result.Findings {
			k := key{f.Code, string(f.Severity), withoutName(f.Summary, f.Target.Name)}
			g := all[k]
			if g == nil {
				g = &Group{Finding: f, Symptom: result.Symptom}
				all[k] = g
				order = append(order, g)
			}
			if v := r.Verdict; first && v.Target != nil && f.Code == v.Code && f.Summary == v.Summary && f.Target == *v.Target {
				first, g.Verdict = false, true
				continue
			}
			g.Names = append(g.Names, f.Target.Name)
		}
	}
	var list []*Group
	for _, g := range order {
		if len(g.Names) > 0 {
			list = append(list, g)
		}
	}
	return list
}

// withoutName returns the summary without the name of its object.
func withoutName(summary, name string) string {
	if name == "" {
		return summary
	}
	return strings.ReplaceAll(summary, name, "")
}

// maxNames is the number of objects that a group names.
const maxNames = 3

// String returns the group as a sentence with its code.
func (g *Group) String() string {
	f := g.Finding
	names := strings.Join(g.Names[:min(maxNames, len(g.Names))], ", ")
	if len(g.Names) > maxNames {
		names += ", ..."
	}
	switch {
	case g.Verdict:
		return fmt.Sprintf("the same for %d more: %s (%s)", len(g.Names), names, f.Code)
	case len(g.Names) > 1:
		others := strings.TrimPrefix(names, g.Names[0]+", ")
		return fmt.Sprintf("%s; the same for %d more: %s (%s)", f.Summary, len(g.Names)-1, others, f.Code)
	case !strings.Contains(f.Summary, f.Target.Name):
		return fmt.Sprintf("%s: %s (%s)", f.Target, f.Summary, f.Code)
	}
	return fmt.Sprintf("%s (%s)", f.Summary, f.Code)
}

// VerdictEvidence returns the evidence of the check that decided the verdict, each command once; of a healthy report none.
func VerdictEvidence(r *Report) []check.Evidence {
	var all []check.Evidence
	for _, result := range r.Results {
		if result.Code != r.Verdict.Code {
			continue
		}
		for _, f := range result.Findings {
			all = append(all, f.Evidence...)
		}
		if result.Status == check.Unknown {
			all = append(all, result.Evidence...)
		}
	}
	return Distinct(all)
}

// Distinct returns the evidence without what is the same as an earlier one.
func Distinct(all []check.Evidence) []check.Evidence {
	var distinct []check.Evidence
	seen := map[string]bool{}
	for _, e := range all {
		key := fmt.Sprintf("%q %q", e.Source.Argv(), e.Lines)
		if !seen[key] {
			seen[key] = true
			distinct = append(distinct, e)
		}
	}
	return distinct
}
