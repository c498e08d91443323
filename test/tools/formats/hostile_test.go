package formats

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// hostile are what the cluster may write into names, messages and logs. A bundle is JSON, so invalid UTF-8 has become U+FFFD there; the
// tests of the writers have it.
func hostile() map[string]string {
	return map[string]string{
		"markup":   `"><script>alert(1)</script>]]></failure><testcase name="forged"/><!--`,
		"entities": `&#0; &lt; <!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]> &e;`,
		"controls": "\x00\x07\x1b[31mred\x1b[0m\x1b]0;title\x07\r\n\t\u0085\u2028\u202e\ufffe\uffff\U0001F4A9",
		"links":    `[a fix](https://evil.example/) {0} {1} %s %!d(x) \u0000`,
		"json":     `"}],"results":[{"ruleId":"forged`,
		"long":     strings.Repeat("A", 1<<20),
	}
}

// spoiled returns the value with the text added to strings that the cluster chooses freely: names and whatever holds a blank.
func spoiled(value any, key, text string) any {
	switch v := value.(type) {
	case string:
		if key == "name" || key == "message" || strings.Contains(v, " ") {
			return v + text
		}
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = spoiled(list[i], key, text)
		}
		return list
	case map[string]any:
		object := maps.Clone(v)
		for k := range object {
			object[k] = spoiled(object[k], k, text)
		}
		return object
	}
	return value
}

// TestHostile holds that whatever the cluster writes, the output stays valid, forges nothing and has no control characters.
func TestHostile(t *testing.T) {
	schema := sarifSchema(t)
	var files []string
	dir := t.TempDir()
	for plugin := range plugins() {
		for name, text := range hostile() {
			var targets []any
			for _, target := range fixtures(t, plugin) {
				targets = append(targets, spoiled(target, "", text))
			}
			if name == "long" { // of a megabyte one is enough
				targets = []any{withLongName(t, plugin, text)}
			}
			file := bundle(t, plugin, targets...)
			all := reports(t, plugin, file)
			log := written(t, plugin, file, "sarif")
			read := valid(t, schema, log)
			agrees(t, all, read)
			for _, r := range read.Runs[0].Results {
				if strings.Contains(r.Message.Text, "](") || strings.Contains(strings.ReplaceAll(r.Message.Text, "{{0}}", ""), "{0}") {
					t.Errorf("%s: a message has a link or a placeholder of the cluster: %s", plugin, r.Message.Text)
				}
			}
			tests := written(t, plugin, file, "junit")
			want := outcomes(plugin, all)
			if got := joshdk(t, tests); !slices.Equal(got, want) {
				t.Errorf("%s, %s: joshdk/go-junit reads other tests", plugin, name)
			}
			if got := jstemmer(t, tests); !slices.Equal(got, want) {
				t.Errorf("%s, %s: jstemmer/go-junit-report reads other tests", plugin, name)
			}
			if !bytes.Contains(log, []byte("script")) && name == "markup" || len(log) < 1<<20 && name == "long" {
				t.Errorf("%s, %s: the text is not in the log: the test tests nothing", plugin, name)
			}
			inert(t, plugin+", "+name, log, tests)
			files = append(files, saved(t, dir, plugin+"-"+name+".xml", tests))
		}
	}
	validXML(t, files...)
}

// withLongName returns the first fixture for a target with a long name.
func withLongName(t *testing.T, plugin, name string) any {
	t.Helper()
	target := maps.Clone(fixtures(t, plugin)[0].(map[string]any))
	object := maps.Clone(target["target"].(map[string]any))
	object["name"] = name
	target["target"] = object
	return target
}

// inert holds that the output shows no control characters, as it is and as JSON and XML decode it, and that no markup of the cluster is in
// it.
func inert(t *testing.T, what string, log, tests []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(log, &value); err != nil {
		t.Fatal(err)
	}
	texts := append(stringsOf(value), string(log), string(tests))
	for d := xml.NewDecoder(bytes.NewReader(tests)); ; {
		token, err := d.Token()
		if err != nil {
			break // validXML reports errors
		}
		switch token := token.(type) {
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.StartElement:
			for _, a := range token.Attr {
				texts = append(texts, a.Value)
			}
		case xml.Comment, xml.Directive:
			t.Errorf("%s: %q is in the XML", what, token)
		}
	}
	for _, text := range texts {
		if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Cf, r) }); i >= 0 {
			t.Errorf("%s: %q has a control character", what, text[i:min(i+40, len(text))])
		}
	}
	for _, out := range [][]byte{log, tests} {
		if bytes.Contains(out, []byte("<script")) {
			t.Errorf("%s: markup of the cluster is in the output", what)
		}
	}
}

// stringsOf returns all strings in a value of JSON.
func stringsOf(value any) (all []string) {
	switch v := value.(type) {
	case string:
		all = append(all, v)
	case []any:
		for _, e := range v {
			all = append(all, stringsOf(e)...)
		}
	case map[string]any:
		for k, e := range v {
			all = append(append(all, k), stringsOf(e)...)
		}
	}
	return all
}
