package reported_test

import (
	"testing"

	"github.com/akstools/akstools/test/e2e/reported"
)

// TestCases holds that every file is a case, and that its objects are YAML.
func TestCases(t *testing.T) {
	for _, doctor := range []string{"connectordoctor", "insideout", "tunneldoctor"} {
		cases, err := reported.Cases(doctor)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			if _, err := c.Objects("reported-" + c.Name); err != nil {
				t.Error(err)
			}
		}
	}
}
