package checks

import (
	"os"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// TestUnused holds that a survey of a cluster that never used Service Connector is healthy, and tells that there is nothing.
func TestUnused(t *testing.T) {
	text, err := os.ReadFile("testdata/cluster/not-used.json")
	if err != nil {
		t.Fatal(err)
	}
	r, err := doctortest.Report(text, facts.All(), Cluster())
	if err != nil {
		t.Fatal(err)
	}
	if v := r.Verdict; v.Status != check.Passed || v.Summary != "No connection of Service Connector found in any namespace" {
		t.Errorf("%+v", v)
	}
	for _, result := range r.Results {
		if result.Status != check.Passed && result.Status != check.Skip {
			t.Errorf("%s: %s %s", result.Code, result.Status, result.Error)
		}
	}
}
