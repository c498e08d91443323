// Package hostile runs every command of every plugin against an API server that lies, and evaluates mutations of all fixtures. It shows
// that neither takes a command down or through to the user's terminal, shell, files or secrets; it never shows that a feature works.
// `make hostile` runs it.
package hostile

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/hostile/lie"
	"github.com/akstools/akstools/test/hostile/run"
	"github.com/akstools/akstools/test/hostile/table"
	"github.com/akstools/akstools/test/release"
)

// settings are those of a run of `make hostile`.
type settings struct {
	bin  string // the directory of the built plugins
	seed uint64
	only *regexp.Regexp
}

// configured returns the settings. Without them the test is skipped.
func configured(t *testing.T) settings {
	t.Helper()
	s := settings{bin: os.Getenv("AKSTOOLS_HOSTILE")}
	if s.bin == "" {
		t.Skip("run it with: make hostile")
	}
	_, s.seed = corpus.OfCommit(os.Getenv("AKSTOOLS_COMMIT"))
	if text := os.Getenv("AKSTOOLS_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("SEED is %q: it takes a number", text)
		}
		s.seed = n
	}
	var err error
	if s.only, err = regexp.Compile(os.Getenv("AKSTOOLS_ONLY")); err != nil {
		t.Fatalf("ONLY: %v", err)
	}
	t.Logf("seed %d: repeat with make hostile SEED=%d", s.seed, s.seed)
	return s
}

const (
	// atOnce is how many programs run at the same time: most of them wait.
	atOnce = 16
	// apiTime is after how long no more trials begin once each command line had one.
	apiTime = 70 * time.Second
)

// limits returns the limits of a trial. A command that waits by its nature is interrupted earlier.
func limits(trial run.Trial) run.Limits {
	l := run.Limits{Patience: 8 * time.Second, Grace: 20 * time.Second, Memory: 400 << 20, CPU: 10 * time.Second}
	follows := slices.ContainsFunc(trial.Line.Args, func(a string) bool { return a == "-f" || strings.HasPrefix(a, "--follow") })
	if trial.Mood.Hangs || follows || trial.Line.Command == "aksnode forward" {
		l.Patience = 3 * time.Second
	}
	return l
}

// TestCommands holds that each command ends as documented, whatever the API server answers.
func TestCommands(t *testing.T) {
	s := configured(t)
	trials := plan(t, s)
	start := time.Now()
	work := make(chan run.Trial)
	var wg sync.WaitGroup
	done, sum := 0, map[string]int{}
	var most peaks
	var wrong []string // again at the end, where a reader of a long log looks
	var mu sync.Mutex
	for range atOnce {
		wg.Go(func() {
			for trial := range work {
				r := tried(t, s, trial)
				mu.Lock()
				done++
				if r.Interrupted {
					sum["interrupted"]++
				}
				sum[fmt.Sprintf("exit code %d", r.Code)]++
				most.add(trial, r)
				if len(r.Wrong) > 0 {
					wrong = append(wrong, trial.Name())
				}
				mu.Unlock()
			}
		})
	}
	for i, trial := range trials {
		if i >= lines(trials) && time.Since(start) > apiTime {
			break
		}
		work <- trial
	}
	close(work)
	wg.Wait()
	t.Logf("%d of %d trials in %s: %v\n%s", done, len(trials), time.Since(start).Round(time.Second), sum, &most)
	if len(wrong) > 0 {
		t.Errorf("%d trials failed, see above: %s", len(wrong), strings.Join(wrong, " "))
	}
}

// TestCalm holds that a server that does not lie brings commands to their ends: otherwise the lies would meet nothing. If it fails, what
// our scripts write has changed, and lie must write the same.
func TestCalm(t *testing.T) {
	s := configured(t)
	const node = "aks-nodepool1-12345678-vmss000000"
	for _, c := range []struct {
		line, stdout string
	}{
		{"aksnode ssh " + node + " -- uptime", lie.RemoteStart},
		{"aksnode run " + node + " --no-tunnel -- uptime", lie.RemoteStart},
		{"aksnode logs aksnpwin000000 -u kubelet", lie.RemoteStart},
		{"aksnode list", node},
		{"aksnode ssh-config", "Host " + node},
		{"insideout svc/web", "service/web in namespace default is broken"},
		{"tunneldoctor --no-create", "cluster/prod is broken"},
	} {
		words := strings.Fields(c.line)
		trial := run.Trial{Line: table.Line{Plugin: words[0], Command: words[0], Args: words[1:]}, Mood: lie.Moods()[0]}
		for trial.Seed = range uint64(5) { // termination messages are cut off at times
			r, _ := trial.Run(t.Context(), s.bin, filepath.Join(t.TempDir(), "run"), files(), limits(trial))
			if strings.Contains(r.Stdout, c.stdout) {
				break
			}
			t.Logf("%s: exit code %d\n%s\n%s", c.line, r.Code, r.Stdout, r.Stderr)
			if trial.Seed == 4 {
				t.Errorf("%s never printed %q", c.line, c.stdout)
			}
		}
	}
}

// lines returns how many trials there are until each command line had one.
func lines(trials []run.Trial) int { return len(trials) / len(lie.Moods()) }

// plan returns the trials: each command line with each mood. Each command line has one before any has two.
func plan(t *testing.T, s settings) []run.Trial {
	t.Helper()
	r := rand.New(rand.NewPCG(s.seed, 2))
	all, err := table.Of(release.Plugins(), r)
	if err != nil {
		t.Fatal(err)
	}
	moods := lie.Moods()
	order := make([][]int, len(all))
	for i := range all {
		order[i] = r.Perm(len(moods))
	}
	var trials []run.Trial
	for round := range moods {
		for _, i := range r.Perm(len(all)) {
			trials = append(trials, run.Trial{Line: all[i], Mood: moods[order[i][round]], Seed: r.Uint64() >> 40})
		}
	}
	return trials
}

// tried runs the trial and reports what is wrong.
func tried(t *testing.T, s settings, trial run.Trial) run.Result {
	name := trial.Name()
	if !s.only.MatchString(name + " " + trial.Line.String()) {
		return run.Result{}
	}
	dir, err := os.MkdirTemp("", "hostile")
	if err != nil {
		t.Error(err)
		return run.Result{}
	}
	defer func() { _ = os.RemoveAll(dir) }()
	r, server := trial.Run(context.Background(), s.bin, filepath.Join(dir, "run"), files(), limits(trial))
	if len(r.Wrong) > 0 {
		t.Errorf("%s: %s\n  %s", name, trial.Line, strings.Join(r.Wrong, "\n  "))
	}
	if testing.Verbose() && os.Getenv("AKSTOOLS_ONLY") != "" && server != nil {
		t.Logf("%s: %s: exit code %d in %s (%s), %d MiB, interrupted: %v\n%s\nstdout:\n%q\nstderr:\n%q", name, trial.Line, r.Code,
			r.Took.Round(time.Millisecond), r.CPU, r.Memory>>20, r.Interrupted, strings.Join(server.Requests(), "\n"), r.Stdout, r.Stderr)
	}
	return r
}

// files are those that command lines name.
func files() map[string][]byte {
	script := []byte("#!/bin/sh\necho hello\n")
	return map[string][]byte{"script.sh": script, "check-disk.sh": script, "fix.sh": script}
}
