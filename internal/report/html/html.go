// Package html writes reports as one HTML page that needs nothing else: no other file, no network and no JavaScript, which only adds
// buttons that copy commands. Everything in a report may come from an attacker: html/template escapes it for where it stands, and the
// page's policy forbids all scripts and styles but its own, and everything that is loaded from elsewhere.
package html

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/redact"
	"github.com/akstools/akstools/internal/report"
)

var (
	//go:embed style.css
	style string
	//go:embed script.js
	script string
	//go:embed page.tmpl
	source string
	page   = template.Must(template.New("page").Parse(source))
)

// Options are how reports are written.
type Options struct {
	Verbose bool // of several reports, also the checks of those without a problem
}

// Write writes the reports as one page, which begins with an overview if there are several. Of these, those without a problem take one
// line each, unless Verbose. If they are from a file, that is said first. What is written is UTF-8 without control characters, whatever
// the reports hold. At most two reports are in memory at a time, besides compressed HTML.
func Write(w io.Writer, reports iter.Seq[*report.Report], o Options) error {
	guard := redact.NewWriter(w)
	out := bufio.NewWriter(guard)
	if err := write(out, reports, o); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return guard.Flush()
}

// frame is the page around the reports.
type frame struct {
	Policy   string // the Content-Security-Policy
	Style    template.CSS
	Script   template.JS
	Title    string
	Plugin   string
	From     string // the file from which the reports are; empty: a cluster
	Several  bool
	Overview []entry
	Counts   []count // of the verdicts
}

// entry is a report in the overview.
type entry struct {
	ID, Target string
	Mark       mark
	Summary    string
}

func write(out io.Writer, reports iter.Seq[*report.Report], o Options) error {
	f := frame{Policy: policy(), Style: template.CSS(style), Script: template.JS(script)}
	var bodies bytes.Buffer // the overview comes before them
	z, _ := flate.NewWriter(&bodies, flate.BestSpeed)
	verdicts := map[check.Status]int{}
	total, err := report.Each(reports, func(i int, r *report.Report, several bool) error {
		v := newView(r, fmt.Sprintf("r%d", i+1), several, o.Verbose)
		if i == 0 {
			f.Plugin, f.From, f.Title = r.Plugin, r.From, v.State
		}
		f.Overview = append(f.Overview, entry{ID: v.ID, Target: target(r.Target), Mark: v.Mark, Summary: v.Summary})
		verdicts[r.Verdict.Status]++
		return page.ExecuteTemplate(z, "report", v)
	})
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return err
	}
	f.Several = total > 1
	for _, s := range []check.Status{check.Fail, check.Unknown, check.Warn, check.Passed} {
		if verdicts[s] > 0 {
			f.Counts = append(f.Counts, count{verdicts[s], markOf(s), report.VerdictWord(s)})
		}
	}
	if total != 1 {
		f.Title = fmt.Sprintf("%d checked", total)
	}
	if err := page.ExecuteTemplate(out, "head", f); err != nil {
		return err
	}
	if _, err := io.Copy(out, flate.NewReader(&bodies)); err != nil {
		return err
	}
	return page.ExecuteTemplate(out, "foot", f)
}

// policy is the Content-Security-Policy of the page (https://www.w3.org/TR/CSP3/).
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return strings.Join([]string{
		"default-src 'none'", "style-src " + hash(style), "script-src " + hash(script), "base-uri 'none'", "form-action 'none'",
	}, "; ")
}

// target is the name of an object with its namespace.
func target(r check.Ref) string {
	if r.Namespace == "" {
		return r.String()
	}
	return r.Namespace + " " + r.String()
}
