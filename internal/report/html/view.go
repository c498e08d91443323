package html

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// view is what the page shows of a report.
type view struct {
	ID      string // prefix of the ids in the page
	Several bool   // the page has other reports too
	Brief   bool   // only its verdict is shown
	Mark    mark   // of the verdict
	Verdict check.Verdict
	State   string
	Summary string
	Hops    []hop
	Fixes   []fix
	// Evidence is that of the verdict.
	Evidence []evidence
	Symptoms []line // what the cause explains
	Also     []line // what else was found
	Nodes    *matrix
	Counts   []count
	Stages   []stage
}

// heading is the heading of a part of a report. Its level depends on whether the report has the page to itself.
type heading struct {
	Text    string
	Several bool
}

// Heading returns the heading of a part of the report.
func (v view) Heading(text string) heading { return heading{text, v.Several} }

// newView returns the view of a report. Where there are several, those without a problem are brief, unless verbose, and checks that have
// found nothing are shown without their evidence.
func newView(r *report.Report, id string, several, verbose bool) view {
	v := view{
		ID: id, Several: several, Brief: several && !verbose && r.Verdict.Status == check.Passed,
		Mark:    mark{Class: markOf(r.Verdict.Status).Class, Word: report.VerdictWord(r.Verdict.Status)},
		Verdict: r.Verdict, State: report.State(r), Summary: r.Verdict.Summary, Counts: countsOf(r.Results),
	}
	if v.Brief {
		return v
	}
	v.Hops = path(r, id)
	v.Fixes = fixesOf(r.Verdict.Fixes)
	v.Evidence = evidenceOf(report.VerdictEvidence(r))
	v.Symptoms, v.Also = others(r, id)
	v.Nodes = nodes(r, id)
	v.Stages = stages(r, id, !several || verbose)
	return v
}

// hop is one hop of the path.
type hop struct {
	Name   string
	Mark   mark
	Link   string // to its checks
	Way    string // how the line to it is drawn: sound, break or beyond the break
	Flag   string // what is said about it besides; empty: nothing
	IsHere bool   // the verdict is about it
}

// path returns the hops. The first that decided the verdict is where the line breaks.
func path(r *report.Report, id string) []hop {
	hops, way := make([]hop, len(r.Path)), "sound"
	for i, s := range r.Path {
		h := hop{Name: s.Hop, Mark: markOf(s.Status), Link: stageID(id, i), Way: way}
		if way == "sound" && r.Verdict.Status != check.Passed && s.Hop == r.Verdict.Hop {
			h.IsHere = true
			switch r.Verdict.Status {
			case check.Fail:
				h.Way, h.Flag, way = "break", "breaks here", "beyond"
			case check.Unknown:
				h.Way, h.Flag, way = "beyond", "unknown from here", "beyond"
			default:
				h.Flag = "degraded here"
			}
		}
		hops[i] = h
	}
	return hops
}

// line is a finding in one sentence, with links to its checks.
type line struct {
	Mark  mark
	Text  string
	Links []link
	rank  int // the most important first
}

// link leads to a check.
type link struct{ To, Code string }

// others returns the findings besides the verdict's: those that it explains, and the others with the checks that could not decide. What
// is the most important comes first.
func others(r *report.Report, id string) (symptoms, also []line) {
	for _, g := range report.Groups(r) {
		code := g.Finding.Code
		l := line{
			Mark: severityMark(g.Finding.Severity), Links: []link{{checkID(id, code), code}}, rank: rank(report.StatusOf(g.Finding.Severity)),
			Text: strings.TrimSuffix(g.String(), " ("+code+")"),
		}
		if g.Symptom && r.Verdict.Status == check.Fail {
			symptoms = append(symptoms, l)
		} else {
			also = append(also, l)
		}
	}
	also = append(also, unknowns(r, id)...)
	slices.SortStableFunc(also, func(a, b line) int { return a.rank - b.rank })
	return symptoms, also
}

// unknowns returns a line for each reason for which checks besides the verdict's could not decide.
func unknowns(r *report.Report, id string) []line {
	var lines []line
	reasons := map[string]int{}
	for _, result := range r.Results {
		if result.Status != check.Unknown || result.Code == r.Verdict.Code {
			continue
		}
		i, known := reasons[result.Error]
		if !known {
			i = len(lines)
			reasons[result.Error] = i
			lines = append(lines, line{Mark: markOf(check.Unknown), Text: "whether " + result.Title, rank: rank(check.Unknown)})
		}
		lines[i].Links = append(lines[i].Links, link{checkID(id, result.Code), result.Code})
	}
	for reason, i := range reasons {
		l := &lines[i]
		if n := len(l.Links) - 1; n > 0 {
			l.Text += fmt.Sprintf(", and %d more", n)
		}
		l.Text = "could not determine " + l.Text + ": " + reason
	}
	return lines
}

// rank orders what else was found.
func rank(s check.Status) int {
	return slices.Index([]check.Status{check.Fail, check.Warn, check.Unknown, check.Passed}, s)
}
