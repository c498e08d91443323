package firewall

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestKernelAgrees compares Decide with the kernel. A client, a node and a server are network namespaces, with the node in
// between. The node gets random rulesets, and real SYNs are sent to it, from it and through it.
//
// FWTEST_FOR is the minimum duration, FWTEST_SEED the first seed.
func TestKernelAgrees(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("needs root on Linux")
	}
	for _, tool := range []string{
		"ip", "nft", "iptables-restore", "iptables-legacy-restore", "ip6tables-restore", "ip6tables-legacy-restore",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs " + tool)
		}
	}
	l := newLab(t)
	length, err := time.ParseDuration(cmp.Or(os.Getenv("FWTEST_FOR"), "7s"))
	if err != nil {
		t.Fatal(err)
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("FWTEST_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("first seed %d", seed)
	counts := map[string]int{}
	// a slow machine compares little in that time, so continue until every action was compared
	compared := func() bool { return counts["accept"] > 0 && counts["drop"] > 0 && counts["reject"] > 0 }
	start := time.Now()
	for ; !t.Failed() && time.Since(start) < length+2*time.Minute && (time.Since(start) < length || !compared()); seed++ {
		l.trial(t, seed, counts)
	}
	t.Logf("%v", counts)
	if !t.Failed() && !compared() {
		t.Error("some action was never compared")
	}
}

// trial loads the rulesets of a seed into the node and compares Decide with the kernel.
func (l *lab) trial(t *testing.T, seed uint64, counts map[string]int) {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	g.six = g.IntN(4) == 0
	g.way = []Hook{Input, Input, Output, Forward}[g.IntN(4)]
	var sets []*Ruleset
	scripts := ""
	for _, backend := range g.backends() {
		script, restore := "", backend+"-restore"
		if backend == NFTables {
			script, restore = g.nftables(), "nft -f -"
		} else {
			script = g.iptables()
		}
		_, err := try(l.node, script, strings.Fields(restore)...)
		for round := 0; err != nil && backend == NFTables && round < 5; round++ { // drop rules that nft rejects as contradictory
			lines := strings.Split(script, "\n")
			for _, m := range regexp.MustCompile(`/dev/stdin:(\d+):`).FindAllStringSubmatch(err.Error(), -1) {
				if n, _ := strconv.Atoi(m[1]); n > 0 && n <= len(lines) {
					lines[n-1] = ""
				}
			}
			script = strings.Join(lines, "\n")
			_, err = try(l.node, script, strings.Fields(restore)...)
		}
		if err != nil {
			counts["not loaded"]++
			t.Logf("seed %d: %v", seed, err)
			l.flush(t)
			return
		}
		scripts += "# " + backend + "\n" + script
	}
	defer l.flush(t)
	for _, backend := range g.families() {
		text := run(t, l.node, "", backend+"-save", "-c")
		rs, err := ParseIptables(backend, text)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		sets = append(sets, rs)
	}
	listing := run(t, l.node, "", "nft", "-j", "list", "ruleset")
	rs, err := ParseNft([]byte(listing))
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, listing)
	}
	sets = append(sets, rs)
	counts["rulesets"]++
	l.compare(t, g, seed, sets, scripts, counts)
}

func (l *lab) compare(t *testing.T, g *generator, seed uint64, sets []*Ruleset, scripts string, counts map[string]int) {
	t.Helper()
	from, packets := l.packets(g)
	results := make([]string, len(packets))
	var wait sync.WaitGroup
	for i, p := range packets {
		wait.Go(func() { results[i] = l.dialers[from].dial(p, 250*time.Millisecond) })
	}
	wait.Wait()
	for i, p := range packets {
		v := Decide(p, g.way, sets...)
		counts[string(v.Action)]++
		if v.Action == Unknown {
			continue
		}
		if !agrees(v, results[i], scripts) { // retry: on a slow machine, an answer that is late looks like a drop
			results[i] = l.dialers[from].dial(p, 3*time.Second)
		}
		if !agrees(v, results[i], scripts) {
			t.Errorf("seed %d: %s %+v: %s, but Decide says %s: %+v\n%s", seed, g.way, p, results[i], v.Action, v.Rule, scripts)
		}
	}
	// with less known, the verdict may be Unknown, but never wrong
	for i, p := range packets {
		bare := p
		bare.In, bare.Out = "", ""
		for what, v := range map[string]Verdict{
			"interfaces":    Decide(bare, g.way, sets...),
			"iptables-save": Decide(p, g.way, sets[1:]...),
		} {
			if counts["without "+what+" "+string(v.Action)]++; v.Action != Unknown && (results[i] == "connected") != (v.Action == Accept) {
				t.Errorf("seed %d: %s %+v without %s: %s, but Decide says %s: %+v\n%s", seed, g.way, p, what, results[i], v.Action, v.Rule, scripts)
			}
		}
	}
	for _, p := range packets {
		if v := Decide(p, g.way, sets...); v.Blocked() {
			l.fix(t, g, seed, p, v, from, counts)
			break
		}
	}
}

// agrees compares a verdict with what happened. A drop may have been a reject if an uncertain rule before it rejects, or
// one in a chain of the same priority.
func agrees(v Verdict, result, scripts string) bool {
	switch v.Action {
	case Accept:
		return result == "connected"
	case Drop:
		return result == "timeout" || strings.Contains(strings.ToLower(scripts), "reject") && result != "connected"
	}
	return result != "connected"
}

// fix runs the commands of Fix until the packet passes, and checks that each stops the deciding rule from deciding.
func (l *lab) fix(t *testing.T, g *generator, seed uint64, p Packet, v Verdict, from string, counts map[string]int) {
	t.Helper()
	for round := 0; v.Blocked() && round < 20; round++ {
		for _, command := range v.Fix(p) {
			if _, err := try(l.node, "", command.Argv()...); err != nil {
				t.Errorf("seed %d: %q: %v", seed, command, err)
				return
			}
		}
		v = l.decide(t, g, p)
	}
	switch {
	case v.Blocked():
		t.Errorf("seed %d: %+v is still blocked after 20 fixes: %+v", seed, p, v)
	case v.Action == Accept:
		if result := l.dialers[from].dial(p, 3*time.Second); result != "connected" {
			t.Errorf("seed %d: %+v: %s after it was fixed: %+v\n%s\n%s", seed, p, result, v.Rule,
				run(t, l.node, "", g.families()[0]+"-save"), run(t, l.node, "", "nft", "list", "ruleset"))
		}
	}
	counts["fixed"]++
}

func (l *lab) decide(t *testing.T, g *generator, p Packet) Verdict {
	t.Helper()
	var sets []*Ruleset
	for _, backend := range g.families() {
		rs, err := ParseIptables(backend, run(t, l.node, "", backend+"-save"))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, rs)
	}
	rs, err := ParseNft([]byte(run(t, l.node, "", "nft", "-j", "list", "ruleset")))
	if err != nil {
		t.Fatal(err)
	}
	return Decide(p, g.way, append(sets, rs)...)
}
