package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/cmdline"
)

type need string

func (n need) FactName() string { return string(n) }

// table is a Facts of fixed answers; what it does not hold cannot be found out.
type table map[string]string

func (t table) Fact(_ context.Context, n Need) (any, []Evidence, error) {
	value, ok := t[n.FactName()]
	if !ok {
		return nil, nil, errors.New("missing permissions: get " + n.FactName())
	}
	return value, []Evidence{{Source: cmdline.Kubectl("get", n.FactName())}}, nil
}

// reading makes a check that reads one fact, whose value says what becomes of it.
func reading(code, hop string, after ...*Check) *Check {
	n := need(code)
	return &Check{
		Code: code, Name: "a-" + strings.ToLower(code), Hop: hop, Doc: code + " holds", After: after, Needs: []Need{n},
		Run: func(p *Pass) ([]Finding, error) {
			value, err := p.Fact(n)
			if err != nil {
				return nil, err
			}
			switch value.(string) {
			case "skip":
				p.Skip("it does not apply")
				return nil, nil
			case "pass":
				return nil, nil
			case "panic":
				panic("oops")
			}
			return []Finding{{Severity: Severity(value.(string)), Summary: code + " is " + value.(string)}}, nil
		},
	}
}

func chain() []*Check {
	a := reading("TST0001", "in")
	b := reading("TST0002", "in", a)
	c := reading("TST0003", "out", b)
	return []*Check{a, b, c}
}

func TestRun(t *testing.T) {
	for name, try := range map[string]struct {
		facts    table
		statuses []Status
		verdict  Status
		code     string
		later    string // the first known break
		path     []Status
	}{
		"healthy": {
			table{"TST0001": "pass", "TST0002": "pass", "TST0003": "pass"},
			[]Status{Passed, Passed, Passed},
			Passed, "", "",
			[]Status{Passed, Passed},
		},
		"a failure blocks": {
			table{"TST0001": "error", "TST0002": "pass", "TST0003": "error"},
			[]Status{Fail, Blocked, Blocked},
			Fail, "TST0001", "",
			[]Status{Fail, Blocked},
		},
		"a warning does not": {
			table{"TST0001": "warning", "TST0002": "pass", "TST0003": "error"},
			[]Status{Warn, Passed, Fail},
			Fail, "TST0003", "",
			[]Status{Warn, Fail},
		},
		"unknown does not, nor pass": {
			table{"TST0002": "pass", "TST0003": "pass"},
			[]Status{Unknown, Passed, Passed},
			Unknown, "TST0001", "",
			[]Status{Unknown, Passed},
		},
		"unknown before a failure": {
			table{"TST0001": "pass", "TST0003": "error"},
			[]Status{Passed, Unknown, Fail},
			Unknown, "TST0002", "TST0003",
			[]Status{Unknown, Fail},
		},
		"a failure before unknown": {
			table{"TST0001": "error"},
			[]Status{Fail, Blocked, Blocked},
			Fail, "TST0001", "",
			[]Status{Fail, Blocked},
		},
		"info counts for nothing": {
			table{"TST0001": "info", "TST0002": "skip", "TST0003": "pass"},
			[]Status{Passed, Skip, Passed},
			Passed, "TST0001", "",
			[]Status{Passed, Passed},
		},
		"the first warning is named": {
			table{"TST0001": "pass", "TST0002": "warning", "TST0003": "warning"},
			[]Status{Passed, Warn, Warn},
			Warn, "TST0002", "",
			[]Status{Warn, Warn},
		},
		"a panic is a check's unknown": {
			table{"TST0001": "panic", "TST0002": "pass", "TST0003": "pass"},
			[]Status{Unknown, Passed, Passed},
			Unknown, "TST0001", "",
			[]Status{Unknown, Passed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			results := Run(t.Context(), chain(), try.facts, nil)
			var statuses, path []Status
			for _, r := range results {
				statuses = append(statuses, r.Status)
			}
			for _, s := range Path(results) {
				path = append(path, s.Status)
			}
			v := Judge(results)
			if diff := cmp.Diff(try.statuses, statuses) + cmp.Diff(try.path, path); diff != "" {
				t.Error(diff)
			}
			if v.Status != try.verdict || v.Code != try.code || v.FirstKnownBreak != try.later {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

func TestRunRefusesUndeclaredFacts(t *testing.T) {
	c := reading("TST0001", "in")
	c.Needs = nil
	if r := Run(t.Context(), []*Check{c}, table{"TST0001": "pass"}, nil)[0]; r.Status != Unknown {
		t.Errorf("%+v", r)
	}
}

// A check that only explains later ones does not keep those from being the verdict.
func TestExplains(t *testing.T) {
	explaining := reading("TST0001", "in")
	explaining.Explains = true
	checks := []*Check{explaining, reading("TST0002", "in")}
	for facts, want := range map[[2]string]Verdict{
		{"unknown", "error"}: {Status: Fail, Code: "TST0002"},
		{"unknown", "pass"}:  {Status: Unknown, Code: "TST0001"},
		{"error", "error"}:   {Status: Fail, Code: "TST0001"},
		{"pass", "error"}:    {Status: Fail, Code: "TST0002"},
	} {
		known := table{"TST0001": facts[0], "TST0002": facts[1]}
		if facts[0] == "unknown" {
			delete(known, "TST0001")
		}
		v := Judge(Run(t.Context(), checks, known, nil))
		if v.Status != want.Status || v.Code != want.Code {
			t.Errorf("%v: %s %s, want %s %s", facts, v.Status, v.Code, want.Status, want.Code)
		}
	}
}

func TestBlockedNamesTheRoot(t *testing.T) {
	results := Run(t.Context(), chain(), table{"TST0001": "error", "TST0002": "pass", "TST0003": "pass"}, nil)
	if diff := cmp.Diff([]string{"TST0001"}, results[2].BlockedBy); diff != "" {
		t.Error(diff)
	}
	if len(results[0].Findings[0].Evidence) != 1 || results[0].Findings[0].Code != "TST0001" {
		t.Errorf("the engine adds code and evidence: %+v", results[0].Findings[0])
	}
}

// TestFixesThatWeakenComeLast: what weakens a protection is advised after what does not, in the order of the check otherwise.
func TestFixesThatWeakenComeLast(t *testing.T) {
	c := &Check{Code: "TST0001", Name: "first", Hop: "in", Doc: "first", Run: func(*Pass) ([]Finding, error) {
		fixes := []Fix{{Title: "a", Weakens: "all"}, {Title: "b"}, {Title: "c", Weakens: "some"}, {Title: "d"}}
		return []Finding{{Severity: Error, Fixes: fixes}}, nil
	}}
	results := Run(t.Context(), []*Check{c}, table{}, nil)
	var titles string
	for _, f := range Judge(results).Fixes {
		titles += f.Title
	}
	if titles != "bdac" {
		t.Errorf("the order is %s", titles)
	}
}

// TestDistinct: each command is shown once, in the order in which they came, and many of them take little time.
func TestDistinct(t *testing.T) {
	const n = 60_000
	var all []Evidence
	for i := range 2 * n {
		all = append(all, Evidence{Source: cmdline.Kubectl("get", "pod", fmt.Sprint(i%n))})
	}
	start := time.Now()
	got := distinct(all)
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	if len(got) != n || !got[n-1].Source.Equal(all[n-1].Source) {
		t.Errorf("%d of %d commands", len(got), n)
	}
}
