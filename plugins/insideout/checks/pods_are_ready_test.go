package checks

import (
	"testing"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/testpod"
)

func TestStarting(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	before := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	running := func(since int, probes map[string]endpoints.Probe) []facts.Container {
		return []facts.Container{{State: facts.State{Phase: facts.Running, Since: before(since)}, Probes: probes}}
	}
	pulls := []facts.Container{{State: facts.State{Phase: facts.Waiting, Reason: "ContainerCreating"}}}
	startup := map[string]endpoints.Probe{"startup": {Kind: "http", PeriodSeconds: 10, FailureThreshold: 30}}
	for name, try := range map[string]struct {
		pod  facts.Pod
		want bool
	}{
		"just made":               {facts.Pod{Created: before(5)}, true},
		"pulls":                   {facts.Pod{Created: before(200), Containers: pulls}, true},
		"pulls for long":          {facts.Pod{Created: before(400), Containers: pulls}, false},
		"startup probe":           {facts.Pod{Created: before(200), Containers: running(190, startup)}, true},
		"startup probe, too long": {facts.Pod{Created: before(400), Containers: running(390, startup)}, false},
		"delay": {facts.Pod{Created: before(60), Containers: running(50, map[string]endpoints.Probe{
			"readiness": {InitialDelaySeconds: 60, PeriodSeconds: 10, FailureThreshold: 3},
		})}, true},
		"runs without a probe": {facts.Pod{Created: before(60), Containers: running(50, nil)}, false},
	} {
		if got := starting(try.pod, now); got != try.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestHistoryIsLeftOut(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	last := facts.State{Phase: facts.Terminated, ExitCode: 1}
	p := facts.Pod{Containers: []facts.Container{
		{State: facts.State{Phase: facts.Running, Since: now.Add(-time.Hour)}, Last: last},
		{State: facts.State{Phase: facts.Running, Since: now.Add(-time.Minute)}, Last: last},
		{State: facts.State{Phase: facts.Waiting, Reason: "CrashLoopBackOff"}, Last: last},
	}}
	got := withoutHistory(p, now).Containers
	if got[0].Last != (facts.State{}) || got[1].Last != last || got[2].Last != last || p.Containers[0].Last != last {
		t.Errorf("%+v", got)
	}
}

func TestSoon(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for days, want := range map[int]time.Duration{90: 7 * 24 * time.Hour, 5: 24 * time.Hour} {
		if got := soon(testpod.Certificate{NotBefore: now, NotAfter: now.AddDate(0, 0, days)}); got != want {
			t.Errorf("%d days: %s", days, got)
		}
	}
	if got := soon(testpod.Certificate{NotAfter: now}); got != 7*24*time.Hour {
		t.Error(got)
	}
}
