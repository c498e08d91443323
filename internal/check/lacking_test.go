package check

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

type denied []string

func (denied) Error() string     { return "denied" }
func (d denied) Lacks() []string { return d }

func TestLacks(t *testing.T) {
	err := errors.Join(fmt.Errorf("logs: %w", denied{"get pods/log"}), errors.New("x"), denied{"create pods/exec", "get pods/log"})
	if got := Lacks(err); !slices.Equal(got, []string{"create pods/exec", "get pods/log"}) {
		t.Error(got)
	}
	if got := Lacks(errors.New("x")); got != nil {
		t.Error(got)
	}
	if got := Lacks(nil); got != nil {
		t.Error(got)
	}
}

// TestJudgeNamesAllThatIsLacking holds that an unknown verdict names what other checks lack, too, and nothing twice.
func TestJudgeNamesAllThatIsLacking(t *testing.T) {
	results := []Result{
		{Code: "A", Title: "a", Status: Unknown, Error: "missing permissions: list nodes", Missing: []string{"list nodes"}},
		{Code: "B", Title: "b", Status: Unknown, Missing: []string{"list nodes"}},
		{Code: "C", Title: "c", Status: Unknown, Missing: []string{"create pods/exec"}},
	}
	const want = "missing permissions: list nodes; this user also lacks the permissions create pods/exec"
	if got := Judge(results).Cause; got != want {
		t.Errorf("%q", got)
	}
	for i := range 9 {
		results = append(results, Result{Status: Unknown, Missing: []string{fmt.Sprint("get things-", i)}})
	}
	const most = "missing permissions: list nodes; this user also lacks the permissions get things-8, get things-7, get things-6, " +
		"get things-5, get things-4 and 5 more"
	if got := Judge(results).Cause; got != most {
		t.Errorf("%q", got)
	}
	results = []Result{{Status: Unknown, Error: "timed out"}, {Status: Unknown, Missing: []string{"get pods"}}}
	if got := Judge(results).Cause; got != "timed out; this user lacks the permissions get pods" {
		t.Errorf("%q", got)
	}
}
