package e2e

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

// The corpus of tunneldoctor breaks what all of the cluster shares, so its cases run one after another.

// tunnelParts is into how many parts a commit's slice is cut further.
const tunnelParts = 5

// TestTunnelFaults holds that each fault leads to its code: healthy before, the code first, and healthy again after, by the
// printed fix where that mends it.
func TestTunnelFaults(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	trials := run.plan.Thinner(tunnelParts).Trials(corpus.TunnelFaults())
	if len(trials) == 0 {
		return
	}
	list, breaks := faults.Tunnel(), faults.TunnelBreaks()
	l.tunnelHealthy(t, nil, "before all")
	for _, trial := range trials {
		l.runTunnelFault(t, run, trial, list[trial.Index], breaks)
	}
	l.agentsSpread(t)
	l.tunnelHealthy(t, nil, "after all")
}

// TestTunnelOthers holds the same on clusters with other tunnels, and that each is healthy at first.
func TestTunnelOthers(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults): the lab is brought up anew for each tunnel")
	}
	run := l.corpusRun(t)
	trials := run.plan.Trials(corpus.TunnelOthers())
	if len(trials) == 0 {
		return
	}
	t.Cleanup(func() {
		if err := l.quietly("lab", "up", "--apps"); err != nil {
			t.Error(err)
		}
	})
	slices.SortStableFunc(trials, func(a, b corpus.Trial) int { return cmp.Compare(a.Tunnel, b.Tunnel) })
	list, breaks := faults.OtherTunnels(), faults.TunnelBreaks()
	tunnel := ""
	for _, trial := range trials {
		if trial.Tunnel != tunnel {
			tunnel = trial.Tunnel
			if err := l.quietly("lab", "up", "--tunnel", tunnel); err != nil {
				t.Fatal(err)
			}
			t.Run(tunnel+"-healthy", func(t *testing.T) { l.tunnelHealthy(t, nil, "with the tunnel "+tunnel) })
		}
		l.runTunnelFault(t, run, trial, list[trial.Index], breaks)
	}
}

func (l lab) runTunnelFault(t *testing.T, run corpusRun, trial corpus.Trial, f faults.TunnelFault, breaks map[string]faults.TunnelBroken) {
	b, ok := breaks[f.Name]
	if !ok {
		t.Errorf("fault %s is in the list and not made", f.Name)
		return
	}
	t.Run(trial.String(), func(t *testing.T) { l.tryTunnelFault(t, run.begin(t, trial), f, b, trial.Seed) })
}

func (l lab) tryTunnelFault(t *testing.T, o *outcome, f faults.TunnelFault, b faults.TunnelBroken, seed uint64) {
	const usable = "command -v ufw && test -w /etc/ufw"
	if strings.HasPrefix(f.Name, "ufw-") && l.run(t, "", "lab", "exec", node0, "--", "sh", "-c", usable).code != 0 {
		t.Skip("nodes of this profile have no ufw, or it cannot be configured")
	}
	l.agentsSpread(t)
	c := l.tunnelCase(t, f.Name, seed)
	cleared := false
	clear := func() {
		if !cleared {
			cleared = true
			if err := b.Clear(l, c); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(clear)
	if b.NotReady {
		l.grown(t)
	}
	if err := b.Inject(l, c); err != nil {
		t.Fatal(err)
	}
	if b.NotReady {
		l.notReady(t, c, b.Everywhere)
	}
	r, code, text, took := l.tunneldoctor(t, append(c.Args, saved(f.Name)...)...)
	want := check.Status(f.Status)
	if want == "" {
		want = check.Fail
	}
	o.verdict(r.Verdict, f.Code, want)
	if r.Verdict.Code != f.Code || r.Verdict.Status != want {
		t.Errorf("verdict %s %s (%s), want %s %s (%s)\n%s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary, want, f.Code, f.Why, text)
	}
	if exit := map[check.Status]int{check.Fail: 3, check.Warn: 0, check.Unknown: 2}[want]; code != exit {
		t.Errorf("exit code %d, want %d", code, exit)
	}
	if took > 30*time.Second {
		t.Errorf("the verdict took %s", took)
	}
	t.Logf("verdict after %s: %s %s %s", took.Round(100*time.Millisecond), r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
	if b.Heals {
		l.heal(t, b, r)
		clear()
		l.tunnelWorks(t)
		return
	}
	clear()
	if !whole() { // the next case holds that all is well, and the last one that nothing is left
		l.tunnelWorks(t)
		return
	}
	time.Sleep(metricsRound) // of two replicas, one may still lack the node's figures
	l.tunnelHealthy(t, nil, "after clearing")
}

// metricsRound is by when each metrics-server has asked every kubelet again: it does so every 15 s.
const metricsRound = 20 * time.Second

// heal runs what the report says to do, and holds that then all is well. One cause on several nodes takes a round for each.
func (l lab) heal(t *testing.T, b faults.TunnelBroken, r report.Report) {
	t.Helper()
	for round := range 1 + b.More {
		if round > 0 {
			r, _, _, _ = l.tunneldoctor(t)
		}
		if len(r.Verdict.Fixes) <= b.Fix {
			t.Errorf("round %d: the verdict %s has %d fixes", round, r.Verdict.Code, len(r.Verdict.Fixes))
			return
		}
		l.apply(t, r.Verdict.Fixes[b.Fix])
		if !b.Everywhere { // each run names the first fixes of all its findings
			continue
		}
		first := slices.IndexFunc(r.Results, func(result check.Result) bool { return result.Code == r.Verdict.Code })
		for _, f := range r.Results[first].Findings[1:] {
			l.apply(t, f.Fixes[b.Fix])
		}
	}
	if b.Workaround {
		l.tunnelWorks(t)
		again, code, text, _ := l.tunneldoctor(t)
		if code != 0 || again.Verdict.Status != check.Warn || again.Verdict.Code != r.Verdict.Code {
			t.Errorf("a workaround leads to %s %s, exit code %d\n%s", again.Verdict.Status, again.Verdict.Code, code, text)
		}
		return
	}
	time.Sleep(metricsRound) // of two replicas, one may still lack the node's figures
	l.tunnelHealthy(t, nil, "after the fix")
}

// apply runs the commands of a fix as they are printed.
func (l lab) apply(t *testing.T, f check.Fix) {
	t.Helper()
	for _, command := range f.Commands {
		argv := command.Argv()
		name, args := argv[0], argv[1:]
		if name == "kubectl" && len(args) > 0 && args[0] == "aksnode" {
			name, args = "kubectl-aksnode", args[1:]
		}
		if out := l.run(t, "", name, args...); out.code != 0 {
			t.Errorf("the fix %s: exit code %d: %s", command, out.code, out.stderr)
		}
	}
}

// TestTunnelHealthy holds that what is healthy leads to no finding.
func TestTunnelHealthy(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, setups := faults.TunnelHealthy(), faults.TunnelSetups()
	for _, trial := range run.plan.Trials(corpus.TunnelHealthy()) {
		s := list[trial.Index]
		b, ok := setups[s.Name]
		if !ok {
			t.Errorf("set-up %s is in the list and not made", s.Name)
			continue
		}
		t.Run(trial.String(), func(t *testing.T) {
			o := run.begin(t, trial)
			l.agentsSpread(t)
			c := l.tunnelCase(t, s.Name, trial.Seed)
			t.Cleanup(func() {
				if err := b.Clear(l, c); err != nil {
					t.Error(err)
				}
			})
			if err := b.Inject(l, c); err != nil {
				t.Fatal(err)
			}
			l.tunnelHealthy(t, o, s.Why, c.Args...)
			o.is(corpus.Right)
		})
	}
}
