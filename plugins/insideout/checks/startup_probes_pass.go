package checks

import (
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// StartupProbesPass finds containers that the kubelet restarts because of their startup probe.
var StartupProbesPass = &check.Check{
	Code: "INS0111",
	Name: "startup-probes-pass",
	Hop:  hopPod,
	Doc: `the startup probes pass in time

The kubelet restarts a container whose startup probe does not pass within failureThreshold times periodSeconds.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"},
	After:   []*check.Check{InitContainersComplete},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents},
	Run:     func(p *check.Pass) ([]check.Finding, error) { return probeKills(p, "startup") },
}
