// Package junit writes reports in the XML of JUnit, which CI systems publish as test results: the form that the Jenkins plugin xUnit
// describes (https://github.com/jenkinsci/xunit-plugin, junit-10.xsd).
//
// A report is a test suite, a check a test case. A test case fails where its findings make the exit code 3: at or above --fail-on. Lesser
// findings are in the output of a test case that passed. A check that was not run, does not apply or could not decide is skipped, with
// the reason as message: it is never shown as passed.
package junit

import (
	"encoding/xml"
	"io"
	"iter"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// Options are how reports are written.
type Options struct {
	Plugin string
	FailOn check.Severity // findings of at least this severity are failures
}

// Write writes the reports, one at a time.
func Write(w io.Writer, reports iter.Seq[*report.Report], o Options) error {
	if _, err := io.WriteString(w, xml.Header+"<testsuites>\n"); err != nil {
		return err
	}
	for r := range reports {
		text, err := xml.MarshalIndent(suiteOf(r, o), "  ", "  ")
		if err != nil {
			return err
		}
		if _, err := w.Write(append(text, '\n')); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, "</testsuites>\n")
	return err
}

// suite is a report. It has no time: checks run side by side.
type suite struct {
	XMLName    xml.Name   `xml:"testsuite"`
	Name       string     `xml:"name,attr"`
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"` // always 0
	Skipped    int        `xml:"skipped,attr"`
	Properties []property `xml:"properties>property"`
	Cases      []testCase `xml:"testcase"`
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

func suiteOf(r *report.Report, o Options) suite {
	name := o.Plugin + " " + nameOf(r.Target)
	s := suite{Name: name, Tests: len(r.Results), Properties: propertiesOf(r)}
	for _, result := range r.Results {
		c := caseOf(result, o)
		if c.Failure != nil {
			s.Failures++
		}
		if c.Skipped != nil {
			s.Skipped++
		}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// propertiesOf is the verdict.
func propertiesOf(r *report.Report) []property {
	v := r.Verdict
	all := []property{{"verdict", string(v.Status)}, {"summary", v.Summary}}
	if v.Code != "" {
		all = append(all, property{"code", v.Code})
	}
	if v.Cause != "" {
		all = append(all, property{"cause", v.Cause})
	}
	if r.From != "" {
		all = append(all, property{"from", r.From})
	}
	return all
}

func nameOf(object check.Ref) string {
	if object.Namespace == "" {
		return object.String()
	}
	return object.String() + " in namespace " + object.Namespace
}
