package hostile

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/doctor/doctortest"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/internal/report/text"
	connectordoctorchecks "github.com/akstools/akstools/plugins/connectordoctor/checks"
	connectordoctorfacts "github.com/akstools/akstools/plugins/connectordoctor/facts"
	insideoutchecks "github.com/akstools/akstools/plugins/insideout/checks"
	insideoutfacts "github.com/akstools/akstools/plugins/insideout/facts"
	"github.com/akstools/akstools/plugins/insideout/onward"
	"github.com/akstools/akstools/plugins/insideout/packets"
	tunneldoctorchecks "github.com/akstools/akstools/plugins/tunneldoctor/checks"
	tunneldoctorfacts "github.com/akstools/akstools/plugins/tunneldoctor/facts"
	"github.com/akstools/akstools/test/hostile/judge"
	"github.com/akstools/akstools/test/hostile/lie"
	"github.com/akstools/akstools/test/hostile/table"
)

const root = "../.."

// doctor is what evaluates the fixtures of one directory.
type doctor struct {
	plugin string
	facts  []fact.Any
	checks []*check.Check
}

// doctors are those of each directory of checks.
func doctors() map[string]doctor {
	return map[string]doctor{
		"plugins/insideout/checks":       {"insideout", insideoutfacts.All(), insideoutchecks.All()},
		"plugins/insideout/onward":       {"insideout", insideoutfacts.All(), onward.All()},
		"plugins/insideout/packets":      {"insideout", insideoutfacts.All(), packets.All()},
		"plugins/connectordoctor/checks": {"connectordoctor", connectordoctorfacts.All(), connectordoctorchecks.Validation()},
		"plugins/tunneldoctor/checks":    {"tunneldoctor", tunneldoctorfacts.All(), tunneldoctorchecks.All()},
	}
}

// fixture is one file of testdata.
type fixture struct {
	doctor
	name   string
	target map[string]any // as json.Unmarshal makes it
}

// fixtures returns all fixtures, sorted.
func fixtures(t *testing.T) []fixture {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "plugins/*/*/testdata/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	known := doctors()
	var all []fixture
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var target map[string]any
		if json.Unmarshal(content, &target) != nil || target["facts"] == nil {
			continue // no fixture
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(filepath.Dir(name))
		d, ok := known[dir]
		if !ok {
			t.Errorf("the checks of %s are not known: add them to doctors", dir)
			continue
		}
		all = append(all, fixture{d, name, target})
	}
	if len(all) == 0 {
		t.Fatal("no fixtures")
	}
	return all
}

// mutations are the ways in which a fixture is changed.
var mutations = []lie.Mutation{
	{Free: 0.3},
	{Free: 0.3, Strings: 0.03},
	{Free: 0.5, Strings: 0.3},
	{Strings: 1},
	{Strings: 0.1, Keys: 0.01},
	{Shapes: 0.01},
	{Strings: 0.02, Shapes: 0.003},
}

const (
	// fixtureTime is how long fixtures are mutated; each is mutated fixtureRounds times in any case.
	fixtureTime   = 35 * time.Second
	fixtureRounds = 2
	// judgeTime is how much processor time one evaluation may take.
	judgeTime = 5 * time.Second
)

// TestFixtures holds that no content of a bundle gets through a report to the user's terminal or shell.
func TestFixtures(t *testing.T) {
	s := configured(t)
	all := fixtures(t)
	start := time.Now()
	type work struct {
		fixture
		round int
	}
	next := make(chan work)
	var wg sync.WaitGroup
	var mu sync.Mutex
	done, read := 0, 0
	for range 2 {
		wg.Go(func() {
			for w := range next {
				evaluated := mutated(t, s, w.fixture, w.round)
				mu.Lock()
				done++
				if evaluated {
					read++
				}
				mu.Unlock()
			}
		})
	}
	for round := 0; round < fixtureRounds || time.Since(start) < fixtureTime; round++ {
		for _, f := range all {
			if s.only.MatchString(f.name) {
				next <- work{f, round}
			}
		}
	}
	close(next)
	wg.Wait()
	t.Logf("%d mutations of %d fixtures in %s, of which %d are bundles", done, len(all), time.Since(start).Round(time.Second), read)
}

// mutated evaluates one mutation of the fixture. It reports whether the mutation is a bundle.
func mutated(t *testing.T, s settings, f fixture, round int) bool {
	r := rand.New(rand.NewPCG(s.seed, uint64(round)))
	m := mutations[(s.seed+uint64(round))%uint64(len(mutations))]
	name := fmt.Sprintf("%s, mutation %d", f.name, round)
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s: panic: %v\n%s", name, p, debug.Stack())
		}
	}()
	start := processorTime()
	known, err := reread(f, f.mutate(r, m))
	if err != nil {
		return false
	}
	report := report.New(f.plugin, known.Target, check.Run(context.Background(), f.checks, known, nil))
	wrong := judged(t, report)
	if took := processorTime() - start; took > judgeTime {
		wrong = append(wrong, "it took "+took.String())
	}
	if len(wrong) > 0 {
		t.Errorf("%s:\n  %s", name, strings.Join(wrong, "\n  "))
	}
	return true
}

// processorTime is what this process has used of the processor: unlike the time, it does not depend on what else the machine does.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// mutate returns a mutation of the target. A fact that cannot be read any more is changed less, so that the others are seen.
func (f fixture) mutate(r *rand.Rand, m lie.Mutation) any {
	target := maps.Clone(f.target)
	facts, _ := f.target["facts"].(map[string]any)
	next := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		next[name] = facts[name]
		for try := m; try.Free+try.Strings+try.Shapes > 0.001; try = try.Weaker() {
			changed := try.Mutate(r, facts[name])
			if _, err := reread(f, map[string]any{"target": f.target["target"], "facts": map[string]any{name: changed}}); err == nil {
				next[name] = changed
				break
			}
		}
	}
	target["facts"] = next
	if r.IntN(3) == 0 {
		target["target"] = m.Mutate(r, f.target["target"])
	}
	return target
}

// reread returns the facts of a bundle with the target.
func reread(f fixture, target any) (*fact.Memo, error) {
	content, err := json.Marshal(target)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	whole := map[string]any{"bundleVersion": fact.BundleVersion, "plugin": f.plugin, "targets": []json.RawMessage{content}}
	z := gzip.NewWriter(&file)
	if err := errors.Join(json.NewEncoder(z).Encode(whole), z.Close()); err != nil {
		return nil, err
	}
	return doctortest.FirstTarget(file.Bytes(), f.plugin, f.facts)
}

// judged returns what is wrong with the report in all its forms.
func judged(t *testing.T, r *report.Report) (wrong []string) {
	for _, o := range []text.Options{{}, {Verbose: true}, {Width: 60}} {
		var out bytes.Buffer
		if err := text.Write(&out, slices.Values([]*report.Report{r}), o); err != nil {
			t.Error(err)
		}
		for _, w := range judge.Text(out.String()) {
			wrong = append(wrong, fmt.Sprintf("text with %+v: %s", o, w))
		}
	}
	out, err := json.Marshal(r)
	if err != nil {
		t.Error(err)
	}
	for _, w := range judge.Text(string(out)) {
		wrong = append(wrong, "JSON: "+w)
	}
	wrong = append(wrong, judgedLogs(t, r)...)
	wrong = append(wrong, judgedPage(t, r)...)
	for _, c := range commands(r) {
		argv, line := c.Argv(), c.Posix()
		words, rest, err := table.Words(line)
		if err != nil || rest != "" || !slices.Equal(words, argv) {
			wrong = append(wrong, fmt.Sprintf("the command %q is printed as %q", argv, line))
		}
		if w := judge.Argv(argv); w != "" {
			wrong = append(wrong, w)
		}
	}
	return slices.Compact(wrong)
}

// commands returns all commands of the report.
func commands(r *report.Report) (all []cmdline.Command) {
	r.EachCommand(func(c cmdline.Command) cmdline.Command {
		all = append(all, c)
		return c
	})
	return all
}
