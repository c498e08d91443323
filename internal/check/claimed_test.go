package check

import (
	"slices"
	"sync"
	"testing"
)

// TestClaimed holds that a check sees the findings of all checks that it comes after, by each object, and no others.
func TestClaimed(t *testing.T) {
	pod := func(name string) Ref { return Ref{Kind: "pod", Name: name} }
	warns := func(*Pass) ([]Finding, error) {
		return []Finding{{Severity: Warning, Target: pod("a"), Also: []Ref{pod("b")}}}, nil
	}
	first := &Check{Code: "TST0001", Name: "first", Hop: "in", Doc: "first", Run: warns}
	second := &Check{
		Code:  "TST0002",
		Name:  "second",
		Hop:   "in",
		Doc:   "second",
		After: []*Check{first},
		Run:   func(*Pass) ([]Finding, error) { return nil, nil },
	}
	beside := &Check{Code: "TST0003", Name: "beside", Hop: "in", Doc: "beside", Run: func(*Pass) ([]Finding, error) {
		return []Finding{{Severity: Warning, Target: pod("c")}}, nil
	}}
	var claimed []string
	last := &Check{Code: "TST0004", Name: "last", Hop: "in", Doc: "last", After: []*Check{second}, Run: func(p *Pass) ([]Finding, error) {
		for _, name := range []string{"a", "b", "c"} {
			if p.Claimed(pod(name)) {
				claimed = append(claimed, name)
			}
		}
		return nil, nil
	}}
	Run(t.Context(), []*Check{first, second, beside, last}, table{}, nil)
	if !slices.Equal(claimed, []string{"a", "b"}) {
		t.Errorf("claimed: %v", claimed)
	}
}

// TestObserver holds that the observer is told of each check that runs, and of none that is blocked.
func TestObserver(t *testing.T) {
	var mu sync.Mutex
	started, done := map[string]bool{}, map[string]bool{}
	Run(t.Context(), chain(), table{"TST0001": "pass", "TST0002": "error"}, func(e Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Done {
			done[e.Check.Code] = true
		} else {
			started[e.Check.Code] = true
		}
	})
	for code, want := range map[string]bool{"TST0001": true, "TST0002": true, "TST0003": false} {
		if started[code] != want || done[code] != want {
			t.Errorf("%s: started %v, done %v, want %v", code, started[code], done[code], want)
		}
	}
}

func TestRunRefusesInvalidChecks(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a check without a hop is run")
		}
	}()
	Run(
		t.Context(),
		[]*Check{{Code: "TST0001", Name: "first", Doc: "first", Run: func(*Pass) ([]Finding, error) { return nil, nil }}},
		table{},
		nil,
	)
}
