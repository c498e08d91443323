// Package reported holds cases from public reports. README.md says how they are written, WILD.md what became of them at first.
package reported

import (
	"bytes"
	"embed"
	"fmt"
	"path"
	"regexp"
	"strings"

	"sigs.k8s.io/yaml"
)

//go:embed connectordoctor explain insideout tunneldoctor
var files embed.FS

// A Text is an error text that someone pasted, and what is to be said about it.
type Text struct {
	Batch  string `json:"-"`
	Text   string `json:"text"`
	Source string `json:"source"`
	Expect string `json:"expect"` // matches what is printed if it is right
	Wrong  string `json:"wrong"`  // matches what is printed if it is wrong; empty: nothing does
	Why    string `json:"why"`
	// Pending is why explain is not right about it yet; empty: it is.
	Pending string `json:"pending"`
}

// Texts returns the texts of all batches.
func Texts() ([]Text, error) {
	entries, err := files.ReadDir("explain")
	if err != nil {
		return nil, err
	}
	var all []Text
	for _, e := range entries {
		content, err := files.ReadFile(path.Join("explain", e.Name()))
		if err != nil {
			return nil, err
		}
		var batch []Text
		if err := yaml.UnmarshalStrict(content, &batch); err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		for i, t := range batch {
			if t.Batch = strings.TrimSuffix(e.Name(), ".yaml"); t.Text == "" || t.Source == "" || t.Expect == "" || t.Why == "" {
				return nil, fmt.Errorf("%s: text %d is not complete", e.Name(), i+1)
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// A Grade is how good an answer is.
type Grade string

// The grades.
const (
	Right   Grade = "right"
	Unknown Grade = "unknown" // nothing wrong was said, and not what was expected
	Wrong   Grade = "wrong"
)

// Connector reports whether the text is one for `kubectl connectordoctor explain`, and not for tunneldoctor's.
func (t Text) Connector() bool { return strings.HasPrefix(t.Batch, "con-") }

// Grade says how good what is printed about the text is.
func (t Text) Grade(printed []byte) (Grade, error) {
	squeezed := bytes.Join(bytes.Fields(printed), []byte(" "))
	for _, c := range []struct {
		expression string
		grade      Grade
	}{{t.Wrong, Wrong}, {t.Expect, Right}} {
		if c.expression == "" {
			continue
		}
		r, err := regexp.Compile("(?i)" + c.expression)
		if err != nil {
			return "", err
		}
		if r.Match(squeezed) {
			return c.grade, nil
		}
	}
	return Unknown, nil
}
