// Package report has the Report of a doctor about one target, as an object that kubectl's printers print. Its subpackages write it in
// other formats.
package report

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/redact"
)

// APIVersion is of our own kinds; it is not yet stable.
const APIVersion = "akstools.dev/v1alpha1"

// Report is the verdict on one target with all results. Writers read it; none changes it.
type Report struct {
	metav1.TypeMeta `json:",inline"`
	Plugin          string         `json:"plugin"`
	From            string         `json:"from,omitempty"` // the file that holds what was evaluated; empty for a cluster
	Target          check.Ref      `json:"target"`
	Verdict         check.Verdict  `json:"verdict"`
	Path            []check.Stage  `json:"path"`
	Results         []check.Result `json:"results"`
}

// DeepCopyObject implements runtime.Object.
func (r *Report) DeepCopyObject() runtime.Object {
	c := *r
	c.Path, c.Results = slices.Clone(r.Path), slices.Clone(r.Results)
	return &c
}

// New makes the report of results, which are in the order of the checks. It neutralizes text from the cluster in place: control
// characters must reach neither a terminal nor a reader of the JSON. Commands in which a name from there would be an option are left out.
func New(plugin string, target check.Ref, results []check.Result) *Report {
	done := lists{}
	for i := range results {
		done.neutral(&results[i])
	}
	return &Report{
		TypeMeta: metav1.TypeMeta{APIVersion: APIVersion, Kind: "Report"},
		Plugin:   plugin,
		Target:   neutralRef(target),
		Verdict:  check.Judge(results),
		Path:     check.Path(results),
		Results:  results,
	}
}

// EachCommand replaces each command of the report by what command returns for it.
func (r *Report) EachCommand(command func(cmdline.Command) cmdline.Command) {
	done := lists{}
	evidence := func(list []check.Evidence) {
		if !done.add(list) {
			return
		}
		for i := range list {
			list[i].Source = command(list[i].Source)
		}
	}
	for _, result := range r.Results {
		evidence(result.Evidence)
		for _, f := range result.Findings {
			evidence(f.Evidence)
			for _, fix := range f.Fixes {
				for i := range fix.Commands {
					fix.Commands[i] = command(fix.Commands[i])
				}
			}
		}
	}
}

// Size returns about how many bytes of text the report has, as writers repeat it. It stops counting when that is more than limit.
func (r *Report) Size(limit int) int {
	n := 0
	add := func(texts ...string) {
		for _, t := range texts {
			n += len(t)
		}
	}
	evidence := func(list []check.Evidence) {
		for _, e := range list {
			if n > limit {
				return
			}
			n += e.Source.Size() + 16*len(e.Lines)
			add(e.Lines...)
		}
	}
	for _, result := range r.Results {
		n += 256
		add(result.Error, result.Reason)
		add(result.Missing...)
		evidence(result.Evidence)
		for _, f := range result.Findings {
			n += 256 + 64*len(f.Also)
			add(f.Summary, f.Cause, f.Target.Name, f.Target.Namespace)
			for _, also := range f.Also {
				add(also.Kind, also.Name, also.Namespace)
			}
			for _, fix := range f.Fixes {
				n += 64
				add(fix.Title)
				for _, c := range fix.Commands {
					n += c.Size()
				}
			}
			evidence(f.Evidence)
		}
	}
	return n
}

// Scheme knows the kinds of this package, for cli-runtime's printers.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	gv, _ := schema.ParseGroupVersion(APIVersion)
	s.AddKnownTypeWithName(gv.WithKind("Report"), &Report{})
	s.AddKnownTypeWithName(gv.WithKind("ReportList"), &List{})
	return s
}

// lists are lists of evidence that have been changed in place. Findings share lists.
type lists map[*check.Evidence]bool

// add adds the list. It reports whether the list has entries and is new.
func (l lists) add(list []check.Evidence) bool {
	if len(list) == 0 || l[&list[0]] {
		return false
	}
	l[&list[0]] = true
	return true
}

func (l lists) neutral(r *check.Result) {
	r.Error, r.Reason = redact.Line(r.Error), redact.Line(r.Reason)
	neutralWords(r.Missing)
	l.neutralEvidence(r.Evidence)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Target = neutralRef(f.Target)
		for j := range f.Also {
			f.Also[j] = neutralRef(f.Also[j])
		}
		f.Summary, f.Cause = redact.Line(f.Summary), redact.Line(f.Cause)
		for j := range f.Fixes {
			fix := &f.Fixes[j]
			fix.Title, fix.Weakens, fix.Template = redact.Line(fix.Title), redact.Line(fix.Weakens), redact.Line(fix.Template)
			f.Fixes[j].Commands = neutralCommands(f.Fixes[j].Commands)
		}
		l.neutralEvidence(f.Evidence)
	}
}

// neutralCommands leaves out those with options that no command of the suite has.
func neutralCommands(all []cmdline.Command) []cmdline.Command {
	var known []cmdline.Command
	for _, c := range all {
		if c.Known() {
			known = append(known, c.Map(redact.Line))
		}
	}
	return known
}

func (l lists) neutralEvidence(evidence []check.Evidence) {
	if !l.add(evidence) {
		return
	}
	for i, e := range evidence {
		evidence[i].Source = cmdline.Command{}
		if e.Source.Known() {
			evidence[i].Source = e.Source.Map(redact.Line)
		}
		neutralWords(e.Lines)
	}
}

func neutralWords(words []string) {
	for i := range words {
		words[i] = redact.Line(words[i])
	}
}

func neutralRef(r check.Ref) check.Ref {
	return check.Ref{Kind: redact.Line(r.Kind), Namespace: redact.Line(r.Namespace), Name: redact.Line(r.Name)}
}
