package podhealth

import (
	"testing"

	"github.com/akstools/akstools/internal/endpoints"
)

func TestWhyUnready(t *testing.T) {
	const (
		ready   = "the readiness probe of container web has not passed "
		started = "the startup probe of container web has not passed (exec)"
		slow    = "; container web has a limit of 5m CPU, probably too little to start or to answer in time"
	)
	readiness := map[string]endpoints.Probe{"readiness": {Kind: "https", Port: "https", Path: "/readyz"}}
	startup := map[string]endpoints.Probe{"readiness": {Kind: "tcp", Port: "80"}, "startup": {Kind: "exec"}}
	running := State{Phase: Running}
	for name, c := range map[string]struct {
		container Container
		want      string
	}{
		"probe":       {Container{State: running, Probes: readiness}, ready + "(https to port https /readyz)"},
		"startup":     {Container{State: running, Probes: startup}, started},
		"started":     {Container{State: running, Probes: startup, Started: true}, ready + "(tcp to port 80)"},
		"restarted":   {Container{State: running, Probes: startup, Restarts: 2}, started + ", and the container was restarted (2)"},
		"slow":        {Container{State: running, Probes: startup, CPULimit: 5}, started + slow},
		"fast":        {Container{State: running, Probes: startup, CPULimit: 50}, started},
		"ready":       {Container{State: running, Probes: readiness, Ready: true}, ""},
		"waiting":     {Container{State: State{Phase: Waiting}, Probes: readiness}, ""},
		"no probe":    {Container{State: running}, ""},
		"init":        {Container{State: running, Probes: readiness, Init: true}, ""},
		"a sidecar's": {Container{State: running, Probes: startup, Init: true, Sidecar: true}, started},
	} {
		c.container.Name = "web"
		if got := (Pod{Containers: []Container{c.container}}).WhyUnready(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
