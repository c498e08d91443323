package reported_test

import (
	"bytes"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/plugins/connectordoctor"
	"github.com/akstools/akstools/plugins/tunneldoctor"
	"github.com/akstools/akstools/test/e2e/reported"
)

// TestTexts holds that explain is right about every text that was reported, but for pending ones, which -v shows.
func TestTexts(t *testing.T) {
	texts, err := reported.Texts()
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]map[reported.Grade]int{}
	for _, text := range texts {
		var out bytes.Buffer
		streams := genericiooptions.IOStreams{In: strings.NewReader(text.Text), Out: &out, ErrOut: &out}
		plugin := tunneldoctor.Plugin
		if text.Connector() {
			plugin = connectordoctor.Plugin
		}
		cli.Run(t.Context(), plugin, streams, []string{"explain"})
		grade, err := text.Grade(out.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", text.Source, err)
		}
		if count[text.Batch] == nil {
			count[text.Batch] = map[reported.Grade]int{}
		}
		count[text.Batch][grade]++
		switch {
		case grade == reported.Right:
		case text.Pending != "":
			t.Logf("pending: %s %s: %s\n%s\n%s", text.Batch, grade, text.Source, text.Text, out.String())
		default:
			t.Errorf("%s %s: %s\n%s\n%s", text.Batch, grade, text.Source, text.Text, out.String())
		}
	}
	for batch, grades := range count {
		t.Logf("%s: %d right, %d unknown, %d wrong", batch, grades[reported.Right], grades[reported.Unknown], grades[reported.Wrong])
	}
}
