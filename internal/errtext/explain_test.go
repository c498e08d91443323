package errtext

import (
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano()), "seed of the random addresses, names and line breaks")

func (s sample) check(t *testing.T, text string, values map[string]string) {
	t.Helper()
	got := Explain(text)
	want := Explanation{
		Class: s.class, Cause: s.cause, Tunnel: s.tunnel, To: s.to, Target: fill(s.target, values),
		Webhook: fill(s.hook, values),
	}
	got.Meaning, got.Causes, got.Next, got.Source = "", nil, nil, ""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%q: %s", text, diff)
	}
}

func TestExplain(t *testing.T) {
	for _, s := range samples() {
		s.check(t, fill(s.text, plain), plain)
	}
	t.Logf("%d texts, %d rows", len(samples()), len(table()))
}

func TestExplainWhatVaries(t *testing.T) {
	t.Logf("-seed %d", *seed)
	r := rand.New(rand.NewPCG(*seed, 0))
	for _, s := range samples() {
		for range 60 {
			values := others(r)
			if s.check(t, disguise(traced(fill(s.text, values), r), r), values); t.Failed() {
				break
			}
		}
	}
}

// TestEveryRowIsReached: every row is complete, and none is shadowed by those before it.
func TestEveryRowIsReached(t *testing.T) {
	for _, r := range table() {
		for _, other := range table() {
			if r.class != other.class && slices.Contains(r.beside, other.class) && slices.Contains(other.beside, r.class) {
				t.Errorf("%.40q and %.40q silence each other", r.meaning, other.meaning)
			}
		}
	}
	reached := map[string]bool{}
	for _, s := range samples() {
		e := Explain(fill(s.text, plain))
		reached[e.Meaning+e.Source+string(e.Cause)] = true
	}
	for _, r := range table() {
		if r.meaning == "" || len(r.causes) == 0 || len(r.next) == 0 || !strings.HasPrefix(r.source, "https://") ||
			len(r.when) == 0 || r.class == "" || r.tunnel == "" {
			t.Errorf("%s %q is incomplete", r.class, r.when)
		}
		if strings.ContainsAny(r.meaning, "!…") || !strings.HasSuffix(r.meaning, ".") {
			t.Errorf("%s: %q", r.class, r.meaning)
		}
		for _, phrase := range slices.Concat(r.when, r.and, r.not) {
			if phrase == "" || strings.HasPrefix(strings.TrimPrefix(phrase, "^"), "error:") {
				t.Errorf("%s: phrase %q", r.class, phrase)
			}
		}
		if !reached[r.meaning+r.source+string(r.cause)] {
			t.Errorf("no sample reaches %s %s %.60q of %.60q", r.class, r.cause, r.when, r.meaning)
		}
	}
}

func TestExplainIsBounded(t *testing.T) {
	noise := strings.Repeat("lorem ipsum dial tcp \x1b[ \x1b] error: 10.0.0.1:1 webhook \" … ", 1<<20/50)
	start := time.Now()
	if e := Explain(noise); e.Known() {
		t.Errorf("noise is %s", e.Class)
	}
	if got := Explain("error dialing backend: No agent available\n" + noise).Class; got != NoAgentConnected {
		t.Error(got)
	}
	if got := ExplainAll(strings.ReplaceAll(noise, "ipsum", "\n")); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
}

func TestExplainCallersOwnTheLists(t *testing.T) {
	Explain("No agent available").Next[0] = "x"
	if Explain("No agent available").Next[0] == "x" {
		t.Error("the table was changed")
	}
}

func TestToCluster(t *testing.T) {
	for _, c := range []struct {
		text          string
		tunnel, agent bool
	}{
		// observed on the lab with kubectl 1.37.1
		{
			"error dialing backend: proxy error from /run/konnectivity.sock while dialing 10.220.0.20:10250, code 500: 500 Internal Server Error",
			true, true,
		},
		{
			"error dialing backend: proxy error from /run/konnectivity.sock while dialing 10.220.0.20:10250, code 504: 504 Gateway Timeout",
			true, false,
		},
		{`Get "https://10.220.0.20:10250/containerLogs/x": No agent available`, true, true},
		{"error dialing backend: dial tcp 10.220.0.20:10250: i/o timeout", true, false},
		{"error dialing backend: remote error: tls: internal error", true, false},
		{"write unix @->/tunnel-uds/proxysocket: write: broken pipe", true, false},
		{"dial tcp 127.0.0.1:16443: connect: connection refused", false, false},
		{"Unable to connect to the server: dial tcp 20.1.2.3:443: i/o timeout", false, false},
		{`pods "x" not found`, false, false},
		{`pods "x" is forbidden: User "u" cannot create resource "pods/exec"`, false, false},
	} {
		if got := ToCluster(c.text); got != c.tunnel {
			t.Errorf("ToCluster(%q) = %v", c.text, got)
		}
		if got := NoAgent(c.text); got != c.agent {
			t.Errorf("NoAgent(%q) = %v", c.text, got)
		}
	}
}
