package doctortest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
)

// What a bundle of at most one megabyte may cost, and a larger one in proportion.
const (
	maxFile   = 1_000_000
	maxMemory = 300_000          // kB
	maxTime   = 20 * time.Second // of processors
)

// Expensive runs the plugin on bundles of at most one megabyte that are made to be expensive, and holds that each costs no more than it
// may and leads to a report or to an error that says what is wrong with the bundle. The fixtures in dir are what they are made of.
func Expensive(t *testing.T, plugin, dir string) {
	if testing.Short() || raceEnabled {
		t.Skip("it takes a minute, and cannot be measured with the race detector")
	}
	e := newExpensive(t, plugin, dir)
	for name, write := range e.bundles() {
		t.Run(name, func(t *testing.T) { e.run(t, false, write, formatsOf(name)...) })
	}
}

// formatsOf returns the flags with which a bundle is evaluated. What evaluating costs does not depend on the format: all of them are tried
// on the longest report, and text, too, on the most reports.
func formatsOf(name string) [][]string {
	formats := [][]string{{"-o", "json"}}
	switch {
	case name == "2,000 targets":
		formats = append(formats, []string{"-v"})
	case strings.HasPrefix(name, "many of,"):
		formats = append(formats, []string{"-v"}, []string{"-o", "html"}, []string{"-o", "sarif"}, []string{"-o", "junit"})
	}
	return formats
}

func newExpensive(t *testing.T, plugin, dir string) *expensive {
	t.Helper()
	e := &expensive{plugin: plugin, fixtures: map[string]fact.BundledTarget{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		var target fact.BundledTarget
		if err == nil {
			err = json.Unmarshal(b, &target)
		}
		if err != nil {
			t.Fatal(f, err)
		}
		e.fixtures[filepath.Base(f)] = target
	}
	size := func(name string) int { return len(jsonOf(e.fixtures[name])) }
	e.biggest = slices.SortedFunc(maps.Keys(e.fixtures), func(a, b string) int { return size(b) - size(a) })[:2]
	return e
}

type expensive struct {
	plugin   string
	fixtures map[string]fact.BundledTarget // by file
	biggest  []string                      // of the fixtures
}

// bundles returns what writes the JSON of each bundle, by name.
func (e *expensive) bundles() map[string]func(io.Writer) {
	head := fmt.Sprintf(`{"bundleVersion":1,"plugin":%q,"targets":[`, e.plugin)
	targets := func(n int, each func(i int) string) func(io.Writer) {
		return func(w io.Writer) {
			fmt.Fprint(w, head)
			for i := range n {
				if i > 0 {
					fmt.Fprint(w, ",")
				}
				fmt.Fprint(w, each(i))
			}
			fmt.Fprint(w, "]}")
		}
	}
	one := func(body string) func(io.Writer) { return targets(1, func(int) string { return body }) }
	first := e.fixtures[e.biggest[0]]
	all := map[string]func(io.Writer){
		"300,000 empty targets": targets(300_000, func(int) string { return "{}" }),
		"2,000 empty targets":   targets(2000, func(int) string { return "{}" }),
		"2,000 targets":         targets(2000, func(int) string { return jsonOf(first) }),
		"60,000 evidence":       one(jsonOf(evidence(first, 60_000, 1))),
		"empty elements":        one(jsonOf(elements(first, 200_000, emptied))),
		"empty pods": one(
			`{"target":{"kind":"service","name":"x"},"facts":{"pods":{"value":{"items":[{}` + strings.Repeat(",{}", 249_000) + `]}}}}`,
		),
		"more empty pods": one(`{"facts":{"pods":{"value":{"items":[{}` + strings.Repeat(",{}", 3_000_000) + `]}}}}`),
		"deep":            one(`{"facts":{"pods":{"value":` + strings.Repeat("[", 5_000_000)),
		"deep, closed":    one(`{"facts":{"pods":{"value":` + strings.Repeat(`{"x":[`, 4000) + strings.Repeat("]}", 4000) + `}}}`),
		"blanks":          one(strings.Repeat(" ", 20_000_000)),
		"a long name": one(
			strings.ReplaceAll(jsonOf(first), fmt.Sprintf("%q", first.Target.Name), `"`+strings.Repeat("n", 200_000)+`"`),
		),
		"many lines": one(lines(first, 2_000_000)),
	}
	for _, name := range e.biggest {
		all["many of "+name] = one(jsonOf(elements(e.fixtures[name], 300_000, nil)))
		all["many of, with much evidence, "+name] = one(jsonOf(elements(evidence(e.fixtures[name], 900, len(first.Facts)), 200_000, nil)))
	}
	return all
}

func jsonOf(t fact.BundledTarget) string { return string(marshal(t)) }

// evidence returns the target with n commands as evidence of each of the first facts.
func evidence(t fact.BundledTarget, n, first int) fact.BundledTarget {
	facts := map[string]fact.BundledFact{}
	for k, name := range slices.Sorted(maps.Keys(t.Facts)) {
		f := t.Facts[name]
		f.Evidence = slices.Clone(f.Evidence)
		for i := range n {
			if k >= first {
				break
			}
			f.Evidence = append(f.Evidence, check.Evidence{Source: cmdline.Kubectl("get", name, fmt.Sprint(i))})
		}
		facts[name] = f
	}
	t.Facts = facts
	return t
}

// elements returns the target with the elements of the outer lists of each fact repeated, to about n values in all; change, unless nil,
// is applied to the elements before.
func elements(t fact.BundledTarget, n int, change func([]json.RawMessage) []json.RawMessage) fact.BundledTarget {
	n, size := n/len(t.Facts), 12_000_000/len(t.Facts)
	facts := map[string]fact.BundledFact{}
	for name, f := range t.Facts {
		f.Value = repeated(f.Value, n, size, change)
		facts[name] = f
	}
	t.Facts = facts
	return t
}

// repeated returns the list, or the object whose members are lists, with its elements repeated, to about n values in at most size bytes.
func repeated(value json.RawMessage, n, size int, change func([]json.RawMessage) []json.RawMessage) json.RawMessage {
	var list []json.RawMessage
	if json.Unmarshal(value, &list) == nil && len(list) > 0 {
		if change != nil {
			list = change(list)
		}
		each := bytes.Join(toBytes(list), []byte(","))
		times := max(1, min(n/(1+bytes.Count(each, []byte(","))), size/len(each)))
		return slices.Concat([]byte("["), bytes.TrimSuffix(bytes.Repeat(append(each, ','), times), []byte(",")), []byte("]"))
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil || members == nil {
		return value
	}
	for name, member := range members {
		if len(member) > 0 && member[0] == '[' {
			members[name] = repeated(member, n, size, change)
		}
	}
	b, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return b
}

// emptied replaces objects by empty ones.
func emptied(list []json.RawMessage) []json.RawMessage {
	if list[0][0] == '{' {
		return []json.RawMessage{[]byte("{}")}
	}
	return list
}

func toBytes(list []json.RawMessage) [][]byte {
	all := make([][]byte, len(list))
	for i, e := range list {
		all[i] = e
	}
	return all
}

// lines returns the JSON of the target with n lines in one of its texts: in the output of a tool, if it has any.
func lines(t fact.BundledTarget, n int) string {
	whole := jsonOf(t)
	if before, after, ok := strings.Cut(whole, `\n`); ok {
		return before + strings.Repeat(`\n-A INPUT -j x`, n/4) + `\n` + after
	}
	longest := slices.MaxFunc(strings.Split(whole, `"`), func(a, b string) int { return len(a) - len(b) })
	return strings.Replace(whole, longest, longest+strings.Repeat(`\n-A x`, n), 1)
}

// run holds what the bundle costs in each of the formats, and whether it can be read if it must be.
func (e *expensive) run(t *testing.T, readable bool, write func(io.Writer), formats ...[]string) {
	path := filepath.Join(t.TempDir(), "x.bundle")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(file)
	write(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil || info.Size() > maxFile && !readable {
		t.Fatalf("%v, %v", info, err)
	}
	megabytes := fact.Megabytes(int(info.Size()))
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, flags := range formats {
		cmd := exec.Command("kubectl-"+e.plugin, append([]string{"--from", path}, flags...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		start := time.Now()
		peak, err := peakOf(cmd)
		if err != nil {
			t.Fatal(err)
		}
		state := cmd.ProcessState
		took := state.UserTime() + state.SystemTime()
		what := fmt.Sprintf(
			"%v: exit code %d, %d MB, %s of processors in %s: %.300s",
			flags,
			state.ExitCode(),
			peak/1000,
			took.Round(time.Millisecond),
			time.Since(start).Round(time.Millisecond),
			stderr.String(),
		)
		t.Log(what)
		if peak > maxMemory*megabytes || took > maxTime*time.Duration(megabytes) {
			t.Errorf("too expensive: %s", what)
		}
		if code := state.ExitCode(); code < 0 || code > 3 || code == 1 != strings.Contains(stderr.String(), "bundle") || readable && code == 1 {
			t.Error(what)
		}
	}
}

// highWater is the most memory that a process has had (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html).
var highWater = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)

// peakOf runs the command and returns the most memory that it had, in kB. The kernel's figure after its end would include this process.
func peakOf(cmd *exec.Cmd) (int, error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended, peak := make(chan struct{}), 0
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	for {
		b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if m := highWater.FindSubmatch(b); m != nil {
			n, _ := strconv.Atoi(string(m[1]))
			peak = max(peak, n)
		}
		select {
		case <-ended:
			return peak, nil
		case <-time.After(time.Millisecond):
		}
	}
}
