package formats

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
	"sigs.k8s.io/yaml"
)

// example is YAML in a document, with the name of its file in the comment before it.
var example = regexp.MustCompile("(?s)<!-- (\\S+) -->\n```yaml\n(.*?)```")

// examples returns the YAML of docs/pipelines.md by file.
func examples(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/pipelines.md"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range example.FindAllStringSubmatch(string(text), -1) {
		all[m[1]] = m[2]
	}
	if n := strings.Count(string(text), "```yaml"); n != len(all) || n == 0 {
		t.Fatalf("%d examples, of which %d are named", n, len(all))
	}
	return all
}

// TestWorkflow holds that the workflow is valid by actionlint, and that actionlint would tell.
func TestWorkflow(t *testing.T) {
	const path = ".github/workflows/insideout.yaml"
	workflow := examples(t)[path]
	for text, want := range map[string]bool{workflow: true, strings.Replace(workflow, "steps.sarif.outcome", "steps.sarif.result", 1): false} {
		linter, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		wrong, err := linter.Lint(path, []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		if want != (len(wrong) == 0) {
			t.Errorf("valid: %v, want %v: %v", !want, want, wrong)
		}
	}
}

// TestAzurePipeline holds that the pipeline is YAML and publishes what it wrote. There is no checker of pipelines without Azure DevOps.
func TestAzurePipeline(t *testing.T) {
	var pipeline struct {
		Steps []struct {
			Script, Task, Condition string
			Inputs                  map[string]any
		}
	}
	if err := yaml.Unmarshal([]byte(examples(t)["azure-pipelines.yaml"]), &pipeline); err != nil {
		t.Fatal(err)
	}
	if len(pipeline.Steps) != 3 {
		t.Fatalf("%d steps", len(pipeline.Steps))
	}
	write, publish := pipeline.Steps[1], pipeline.Steps[2]
	file, _ := publish.Inputs["testResultsFiles"].(string)
	if publish.Task != "PublishTestResults@2" || publish.Inputs["testResultsFormat"] != "JUnit" || file == "" ||
		!strings.Contains(write.Script, "-o junit > "+file+" ") || publish.Condition != "succeededOrFailed()" {
		t.Errorf("%+v", pipeline)
	}
}
