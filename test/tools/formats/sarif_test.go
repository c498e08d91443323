package formats

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sarifSchema is the official schema (testdata/README.md).
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sarifLog is what the tests read of a log.
type sarifLog struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct{ ID, Name, HelpURI string }
			}
		}
		Results     []sarifResult
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct {
				AssociatedRule struct {
					ID    string
					Index int
				}
				Level string
			}
		}
	}
}

// sarifResult is what they read of a result.
type sarifResult struct {
	RuleID    string
	RuleIndex int
	Level     string
	Message   struct{ Text string }
	Locations []struct {
		PhysicalLocation struct {
			ArtifactLocation struct{ URI string }
			Region           struct{ StartLine int }
		}
		LogicalLocations []struct{ FullyQualifiedName string }
	}
}

// valid holds that the text is valid by the schema, and returns it.
func valid(t *testing.T, schema *jsonschema.Schema, text []byte) sarifLog {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Fatal(err)
	}
	var log sarifLog
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIF holds that the log of all fixtures is valid, and that of one.
func TestSARIF(t *testing.T) {
	schema := sarifSchema(t)
	for plugin := range plugins() {
		all := fixtures(t, plugin)
		for _, targets := range [][]any{all, all[:1]} {
			file := bundle(t, plugin, targets...)
			log := valid(t, schema, written(t, plugin, file, "sarif"))
			agrees(t, reports(t, plugin, file), log)
		}
	}
}

// agrees holds that the log has as results and notifications just the findings and unknown checks of the reports, in their order.
func agrees(t *testing.T, all []report, log sarifLog) {
	t.Helper()
	if len(log.Runs) != 1 || len(log.Runs[0].Invocations) != 1 {
		t.Fatalf("%d runs", len(log.Runs))
	}
	run, success := log.Runs[0], true
	rules, results, unknown := run.Tool.Driver.Rules, run.Results, run.Invocations[0].ToolExecutionNotifications
	for _, r := range all {
		success = success && r.Verdict.Status != "unknown"
		for _, c := range r.Results {
			if c.Status == "unknown" {
				if len(unknown) == 0 || unknown[0].AssociatedRule.ID != c.Code || rules[unknown[0].AssociatedRule.Index].ID != c.Code {
					t.Fatalf("%v: %s is unknown, which is not told", r.Target, c.Code)
				}
				unknown = unknown[1:]
			}
			for _, f := range c.Findings {
				if len(results) == 0 {
					t.Fatalf("%v: a finding of %s is missing", r.Target, c.Code)
				}
				same(t, c, f, results[0])
				if i := results[0].RuleIndex; rules[i].ID != c.Code || rules[i].Name != c.Name {
					t.Errorf("%s: the rule is %+v", c.Code, rules[i])
				}
				results = results[1:]
			}
		}
	}
	if len(results)+len(unknown) > 0 {
		t.Errorf("more than in the reports: %+v, %+v", results, unknown)
	}
	if run.Invocations[0].ExecutionSuccessful != success {
		t.Errorf("success is %v, want %v", !success, success)
	}
}

// same holds that the result is the finding, and has what GitHub needs.
func same(t *testing.T, c outcome, f finding, r sarifResult) {
	t.Helper()
	levels := map[string]string{"error": "error", "warning": "warning", "info": "note"}
	if r.RuleID != c.Code || r.Level != levels[f.Severity] || len(r.Locations) != 1+len(f.Also) || r.Message.Text == "" {
		t.Errorf("a finding of %s is %+v", c.Code, r)
	}
	for _, l := range r.Locations {
		if l.PhysicalLocation.ArtifactLocation.URI == "" || l.PhysicalLocation.Region.StartLine != 1 || len(l.LogicalLocations) != 1 {
			t.Errorf("%s: %+v", c.Code, l)
		}
	}
}

// TestTheSchemaRefuses holds that the schema is one: it refuses a log that lacks something.
func TestTheSchemaRefuses(t *testing.T) {
	schema := sarifSchema(t)
	for _, text := range []string{
		`{}`,
		`{"version":"2.1.0","runs":[{}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x","rules":null}}}]}`,
	} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(text)))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("%s is valid", text)
		}
	}
}
