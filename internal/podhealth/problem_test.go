package podhealth

import (
	"testing"
	"time"
)

// TestInitializing holds which init containers keep a pod from starting.
func TestInitializing(t *testing.T) {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		container Container
		want      bool
	}{
		"for long":            {Container{Init: true, State: State{Phase: Running, Since: at.Add(-3 * time.Minute)}}, true},
		"just started":        {Container{Init: true, State: State{Phase: Running, Since: at.Add(-time.Minute)}}, false},
		"a sidecar":           {Container{Init: true, Sidecar: true, State: State{Phase: Running, Since: at.Add(-3 * time.Minute)}}, false},
		"finished":            {Container{Init: true, State: State{Phase: Terminated, Since: at.Add(-3 * time.Minute)}}, false},
		"a container of apps": {Container{State: State{Phase: Running, Since: at.Add(-3 * time.Minute)}}, false},
	} {
		if summary, _ := Initializing(at, 2*time.Minute)(c.container); (summary != "") != c.want {
			t.Errorf("%s: %q", name, summary)
		}
	}
}
