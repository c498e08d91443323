package podhealth

import (
	"time"

	"github.com/akstools/akstools/internal/endpoints"
)

// Container is one container of a pod with its state.
type Container struct {
	Name      string                    `json:"name"`
	Image     string                    `json:"image"`
	Init      bool                      `json:"init,omitempty"`
	Sidecar   bool                      `json:"sidecar,omitempty"` // an init container that stays
	Ports     []endpoints.ContainerPort `json:"ports,omitempty"`
	Ready     bool                      `json:"ready,omitempty"`
	Started   bool                      `json:"started,omitempty"` // its startup probe passed, if it has one
	Restarts  int32                     `json:"restarts,omitempty"`
	State     State                     `json:"state"`
	Last      State                     `json:"last,omitzero"`       // of its previous run
	PostStart bool                      `json:"postStart,omitempty"` // it has a hook that runs when it starts
	CPULimit  int64                     `json:"cpuLimit,omitempty"`  // in thousandths of a CPU; zero: none
	// Probes by kind: readiness, liveness, startup.
	Probes map[string]endpoints.Probe `json:"probes,omitempty"`
}

// State is the state of a container.
type State struct {
	Phase    string    `json:"phase,omitempty"` // one of the phases below; empty: unknown
	Reason   string    `json:"reason,omitempty"`
	Message  string    `json:"message,omitempty"` // the kubelet's; never the container's own
	ExitCode int32     `json:"exitCode,omitempty"`
	Signal   int32     `json:"signal,omitempty"`
	Since    time.Time `json:"since,omitzero"` // when it started, if it runs; when it exited, if it is terminated
}

// The phases of a container.
const (
	Waiting    = "waiting"
	Running    = "running"
	Terminated = "terminated"
)

// Exited returns how the container exited last; previous reports whether that was its previous instance. The state's Phase is not
// Terminated if it never exited.
func (c Container) Exited() (previous bool, exit State) {
	if c.State.Phase == Terminated {
		return false, c.State
	}
	return true, c.Last
}
