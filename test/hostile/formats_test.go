package hostile

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/html"
	"github.com/akstools/akstools/internal/report/junit"
	"github.com/akstools/akstools/internal/report/sarif"
	"github.com/akstools/akstools/test/hostile/judge"
)

// judgedPage returns what is wrong with the report as a page, whose elements, links and policy are checked too.
func judgedPage(t *testing.T, r *report.Report) (wrong []string) {
	var page bytes.Buffer
	if err := html.Write(&page, slices.Values([]*report.Report{r}), html.Options{Verbose: true}); err != nil {
		t.Error(err)
	}
	doctortest.CheckPage(t, r.Plugin, page.Bytes())
	for _, w := range judge.Text(page.String()) {
		wrong = append(wrong, "HTML: "+w)
	}
	return wrong
}

// judgedLogs returns what is wrong with the report as SARIF and as JUnit, as they are and decoded.
func judgedLogs(t *testing.T, r *report.Report) (wrong []string) {
	all := slices.Values([]*report.Report{r})
	var log, tests bytes.Buffer
	err := sarif.Write(&log, all, sarif.Options{Plugin: r.Plugin})
	if err = errors.Join(err, junit.Write(&tests, all, junit.Options{Plugin: r.Plugin, FailOn: check.Error})); err != nil {
		t.Error(err)
	}
	if !json.Valid(log.Bytes()) {
		wrong = append(wrong, "SARIF: not valid JSON")
	}
	texts := []string{log.String(), tests.String()}
	for d := xml.NewDecoder(&tests); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			wrong = append(wrong, "JUnit: "+err.Error())
			break
		}
		switch token := token.(type) {
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.StartElement:
			for _, a := range token.Attr {
				texts = append(texts, a.Value)
			}
		}
	}
	for _, text := range texts {
		for _, w := range judge.Text(text) {
			wrong = append(wrong, "SARIF or JUnit: "+w)
		}
	}
	return wrong
}
