// Package sarif writes reports as a log of SARIF 2.1.0, which code scanning of GitHub and other viewers read
// (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
//
// All reports are one run. Its rules are the checks, its results the findings, with the severity as their level. A check that could not
// decide is no result but a notification of the invocation; a check that passed, does not apply or was not run appears in the counts of
// the run's properties only.
package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// Options are what the log says about the program.
type Options struct {
	Plugin  string // the program is called kubectl-PLUGIN
	Version string
	Checks  []*check.Check // all that the plugin has: the rules
}

const (
	version = "2.1.0"
	schema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	indent  = "  "
)

// Write writes the reports, one at a time, as one run. Only what it must say at the end of the run is kept in memory.
func Write(w io.Writer, reports iter.Seq[*report.Report], o Options) error {
	l := &log{w: w, rules: map[string]int{}}
	for i, c := range o.Checks {
		l.rules[c.Code] = i
	}
	l.printf("{\n  \"version\": %q,\n  \"$schema\": %q,\n  \"runs\": [\n    {\n      \"tool\": ", version, schema)
	l.object("      ", toolOf(o))
	l.printf(",\n      \"results\": [")
	for r := range reports {
		l.add(r)
		if l.err != nil {
			return l.err
		}
	}
	l.end()
	return l.err
}

// log writes one log. After an error it writes nothing.
type log struct {
	w       io.Writer
	err     error
	rules   map[string]int // indexes by code
	results int            // that are written

	notifications, reports list // for the end
	unknown                bool // a verdict is unknown
}

// list is elements of a JSON array.
type list struct{ text bytes.Buffer }

func (l *list) add(element []byte) {
	if l.text.Len() > 0 {
		l.text.WriteByte(',')
	}
	l.text.WriteString("\n          ")
	l.text.Write(element)
}

// add writes the findings of the report, and keeps the rest for the end.
func (l *log) add(r *report.Report) {
	l.unknown = l.unknown || r.Verdict.Status == check.Unknown
	l.keep(&l.reports, summaryOf(r))
	p := newPrints(r)
	verdict := false
	for _, result := range r.Results {
		if result.Status == check.Unknown {
			l.keep(&l.notifications, l.notification(r, result))
		}
		for _, f := range result.Findings {
			first := !verdict && decides(r.Verdict, f)
			verdict = verdict || first
			if l.results > 0 {
				l.printf(",")
			}
			l.printf("\n        ")
			l.object("        ", l.result(r, result, f, p.of(f), first))
			l.results++
		}
	}
}

// decides reports whether the finding is that of the verdict.
func decides(v check.Verdict, f check.Finding) bool {
	return v.Target != nil && f.Code == v.Code && f.Summary == v.Summary && f.Target == *v.Target
}

// end writes what follows the results.
func (l *log) end() {
	if l.results > 0 {
		l.printf("\n      ")
	}
	l.printf("],\n      \"invocations\": [\n        {\n          \"executionSuccessful\": %t,\n", !l.unknown)
	l.printf("          \"toolExecutionNotifications\": [%s]\n        }\n      ],\n", &l.notifications.text)
	l.printf("      \"properties\": {\n        \"reports\": [%s]\n      }\n    }\n  ]\n}\n", &l.reports.text)
}

func (l *log) printf(format string, args ...any) {
	if l.err == nil {
		_, l.err = fmt.Fprintf(l.w, format, args...)
	}
}

// object writes the value, whose first line is indented already.
func (l *log) object(prefix string, value any) {
	if l.err != nil {
		return
	}
	text, err := json.MarshalIndent(value, prefix, indent)
	if err == nil {
		_, err = l.w.Write(text)
	}
	l.err = err
}

// keep adds the value to the list.
func (l *log) keep(to *list, value any) {
	text, err := json.Marshal(value)
	if err == nil {
		to.add(text)
	} else if l.err == nil {
		l.err = err
	}
}

// notification says why the check could not decide. It is an error if that is the verdict.
func (l *log) notification(r *report.Report, result check.Result) *sarif.Notification {
	level := sarif.LevelWarning
	if r.Verdict.Status == check.Unknown && r.Verdict.Code == result.Code {
		level = sarif.LevelError
	}
	text := fmt.Sprintf("Could not determine whether %s: %s", result.Title, result.Error)
	return sarif.NewNotification().
		WithAssociatedRule(l.reference(result.Code)).
		WithLevel(level).
		WithLocations([]*sarif.Location{locationOf(r.Target)}).
		WithMessage(message(text))
}

// summary is what the run's properties say about a report.
type summary struct {
	Target  check.Ref            `json:"target"`
	From    string               `json:"from,omitempty"`
	Verdict verdict              `json:"verdict"`
	Checks  map[check.Status]int `json:"checks"` // how many have the status
}

type verdict struct {
	Status  check.Status `json:"status"`
	Code    string       `json:"code,omitempty"`
	Summary string       `json:"summary"`
}

func summaryOf(r *report.Report) summary {
	v := r.Verdict
	s := summary{Target: r.Target, From: r.From, Verdict: verdict{v.Status, v.Code, v.Summary}, Checks: map[check.Status]int{}}
	for _, result := range r.Results {
		s.Checks[result.Status]++
	}
	return s
}
