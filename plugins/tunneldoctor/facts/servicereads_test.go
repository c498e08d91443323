package facts

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/akstools/akstools/internal/check"
)

// Many webhooks have the same Service, which is read once.
func TestEachOnce(t *testing.T) {
	a, b := check.Ref{Kind: "service", Namespace: "policy", Name: "a"}, check.Ref{Kind: "service", Namespace: "policy", Name: "b"}
	var reads atomic.Int32
	got, err := eachOnce([]check.Ref{a, b, a, a, b}, func(s check.Ref) (string, error) {
		reads.Add(1)
		return "of " + s.Name, nil
	})
	if diff := cmp.Diff(map[check.Ref]string{a: "of a", b: "of b"}, got); diff != "" || err != nil || reads.Load() != 2 {
		t.Errorf("%d reads, %v %s", reads.Load(), err, diff)
	}
	if _, err := eachOnce([]check.Ref{a, b}, func(s check.Ref) (int, error) {
		if s == b {
			return 0, errors.New("forbidden")
		}
		return 1, nil
	}); err == nil {
		t.Error("the error of one Service is lost")
	}
}

func TestWorkload(t *testing.T) {
	for pod, want := range map[string]string{
		"hook-5d4f7658bc-x7k2p": "hook", "my-hook-7d9c6b5f4-abcde": "my-hook", "hook-0": "hook", "hook": "hook", "": "",
		"agent-x7k2p": "agent",
	} {
		if got := workload(pod); got != want {
			t.Errorf("%s is of %s", pod, got)
		}
	}
	if mixed(nil) || mixed([]string{"hook-5d4f7658bc-x7k2p", "hook-5d4f7658bc-aaaaa"}) || !mixed([]string{"hook-5d4f7658bc-x7k2p", "web-0"}) {
		t.Error("pods of one workload are told from those of several wrongly")
	}
}
