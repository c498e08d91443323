package checks

import (
	"testing"
	"time"

	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestRejected: what a kubelet turned away never ran; what it stopped later did.
func TestRejected(t *testing.T) {
	at := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	failed := func(phase string) podhealth.Pod {
		return podhealth.Pod{
			Name: "web-1", Phase: "Failed", Reason: "SysctlForbidden", Created: at.Add(-time.Minute),
			Containers: []podhealth.Container{{Name: "app", State: podhealth.State{Phase: phase}}},
		}
	}
	young, old := failed(""), failed("")
	old.Created = at.Add(-time.Hour)
	running := podhealth.Pod{Name: "web-2", Phase: "Running", Created: at}
	for name, c := range map[string]struct {
		pods []podhealth.Pod
		want bool
	}{
		"never ran":            {[]podhealth.Pod{young}, true},
		"evicted after it ran": {[]podhealth.Pod{failed(podhealth.Terminated)}, false},
		"long ago":             {[]podhealth.Pod{old}, false},
		"another one runs":     {[]podhealth.Pod{young, running}, false},
		"none was turned away": {[]podhealth.Pod{running}, false},
	} {
		pods := facts.PodList{At: at, Items: c.pods}
		if pod, got := rejected(pods); got != c.want {
			t.Errorf("%s: %v %s", name, got, pod.Name)
		}
	}
}
