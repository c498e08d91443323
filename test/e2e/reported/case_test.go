package reported_test

import (
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/akstools/akstools/test/e2e/reported"
)

// TestCases holds that every file is a case, and that its objects are YAML.
func TestCases(t *testing.T) {
	for _, doctor := range []string{"insideout", "tunneldoctor"} {
		cases, err := reported.Cases(doctor)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			objects, err := c.Objects("reported-" + c.Name)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range objects {
				var object struct {
					Kind     string         `json:"kind"`
					Metadata map[string]any `json:"metadata"`
				}
				if err := yaml.Unmarshal([]byte(o), &object); err != nil || object.Kind == "" || object.Metadata["name"] == nil {
					t.Errorf("%s/%s: object %d: %v", doctor, c.Name, i+1, err)
				}
			}
		}
	}
}
