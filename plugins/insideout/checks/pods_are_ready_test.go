package checks

import (
	"testing"
	"time"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
)

func TestStarting(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	before := func(seconds int) time.Time { return now.Add(-time.Duration(seconds) * time.Second) }
	running := func(since int, probes map[string]endpoints.Probe) []podhealth.Container {
		return []podhealth.Container{{State: podhealth.State{Phase: podhealth.Running, Since: before(since)}, Probes: probes}}
	}
	pulls := []podhealth.Container{{State: podhealth.State{Phase: podhealth.Waiting, Reason: "ContainerCreating"}}}
	startup := map[string]endpoints.Probe{"startup": {Kind: "http", PeriodSeconds: 10, FailureThreshold: 30}}
	for name, try := range map[string]struct {
		pod  podhealth.Pod
		want bool
	}{
		"just made":               {podhealth.Pod{Created: before(5)}, true},
		"pulls":                   {podhealth.Pod{Created: before(200), Containers: pulls}, true},
		"pulls for long":          {podhealth.Pod{Created: before(400), Containers: pulls}, false},
		"startup probe":           {podhealth.Pod{Created: before(200), Containers: running(190, startup)}, true},
		"startup probe, too long": {podhealth.Pod{Created: before(400), Containers: running(390, startup)}, false},
		"delay": {podhealth.Pod{Created: before(60), Containers: running(50, map[string]endpoints.Probe{
			"readiness": {InitialDelaySeconds: 60, PeriodSeconds: 10, FailureThreshold: 3},
		})}, true},
		"runs without a probe": {podhealth.Pod{Created: before(60), Containers: running(50, nil)}, false},
	} {
		if got := starting(try.pod, now); got != try.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestHistoryIsLeftOut(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	last := podhealth.State{Phase: podhealth.Terminated, ExitCode: 1}
	p := podhealth.Pod{Containers: []podhealth.Container{
		{State: podhealth.State{Phase: podhealth.Running, Since: now.Add(-time.Hour)}, Last: last},
		{State: podhealth.State{Phase: podhealth.Running, Since: now.Add(-time.Minute)}, Last: last},
		{State: podhealth.State{Phase: podhealth.Waiting, Reason: "CrashLoopBackOff"}, Last: last},
	}}
	got := withoutHistory(p, now).Containers
	if got[0].Last != (podhealth.State{}) || got[1].Last != last || got[2].Last != last || p.Containers[0].Last != last {
		t.Errorf("%+v", got)
	}
}

func TestSoon(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for days, want := range map[int]time.Duration{90: 7 * 24 * time.Hour, 5: 24 * time.Hour} {
		if got := renewalWindow(endpoints.Certificate{NotBefore: now, NotAfter: now.AddDate(0, 0, days)}); got != want {
			t.Errorf("%d days: %s", days, got)
		}
	}
	if got := renewalWindow(endpoints.Certificate{NotAfter: now}); got != 7*24*time.Hour {
		t.Error(got)
	}
}
