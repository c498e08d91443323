package facts

import (
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/redact"
)

// Container is one container of a pod with its state.
type Container struct {
	Name     string                    `json:"name"`
	Image    string                    `json:"image"`
	Init     bool                      `json:"init,omitempty"`
	Sidecar  bool                      `json:"sidecar,omitempty"` // an init container that stays
	Ports    []endpoints.ContainerPort `json:"ports,omitempty"`
	Ready    bool                      `json:"ready,omitempty"`
	Started  bool                      `json:"started,omitempty"` // its startup probe passed, if it has one
	Restarts int32                     `json:"restarts,omitempty"`
	State    State                     `json:"state"`
	Last     State                     `json:"last,omitzero"` // how it ended before
	// Probes by kind: readiness, liveness, startup.
	Probes map[string]endpoints.Probe `json:"probes,omitempty"`
}

// State is what a container does.
type State struct {
	Phase    string    `json:"phase,omitempty"` // waiting, running, terminated; empty: not known
	Reason   string    `json:"reason,omitempty"`
	Message  string    `json:"message,omitempty"` // the kubelet's; never the container's own
	ExitCode int32     `json:"exitCode,omitempty"`
	Signal   int32     `json:"signal,omitempty"`
	Since    time.Time `json:"since,omitzero"` // since when it runs, or when it ended
}

// The phases of a container.
const (
	Waiting    = "waiting"
	Running    = "running"
	Terminated = "terminated"
)

func containerOf(c *corev1.Container, init bool, statuses []corev1.ContainerStatus) Container {
	info := Container{Name: c.Name, Image: c.Image, Init: init, Probes: map[string]endpoints.Probe{}}
	info.Sidecar = init && ptr.Deref(c.RestartPolicy, "") == corev1.ContainerRestartPolicyAlways
	for _, p := range c.Ports {
		info.Ports = append(info.Ports, endpoints.ContainerPort{Name: p.Name, Number: p.ContainerPort, Protocol: string(p.Protocol)})
	}
	for kind, probe := range map[string]*corev1.Probe{"readiness": c.ReadinessProbe, "liveness": c.LivenessProbe, "startup": c.StartupProbe} {
		if probe != nil {
			info.Probes[kind] = probeOf(probe)
		}
	}
	for _, s := range statuses {
		if s.Name == c.Name {
			info.Ready, info.Started, info.Restarts = s.Ready, ptr.Deref(s.Started, false), s.RestartCount
			info.State, info.Last = stateOf(s.State), stateOf(s.LastTerminationState)
		}
	}
	return info
}

func stateOf(s corev1.ContainerState) State {
	switch {
	case s.Waiting != nil:
		return State{Phase: Waiting, Reason: s.Waiting.Reason, Message: clean(s.Waiting.Message)}
	case s.Running != nil:
		return State{Phase: Running, Since: s.Running.StartedAt.UTC()}
	case s.Terminated != nil:
		t := s.Terminated
		state := State{Phase: Terminated, Reason: t.Reason, ExitCode: t.ExitCode, Signal: t.Signal, Since: t.FinishedAt.UTC()}
		if t.StartedAt.IsZero() || t.Reason == "StartError" || t.Reason == "ContainerCannotRun" {
			state.Message = clean(t.Message) // else it is what the container itself wrote
		}
		return state
	}
	return State{}
}

func probeOf(p *corev1.Probe) endpoints.Probe {
	probe := endpoints.Probe{TimeoutSeconds: p.TimeoutSeconds, PeriodSeconds: p.PeriodSeconds, FailureThreshold: p.FailureThreshold, InitialDelaySeconds: p.InitialDelaySeconds}
	switch {
	case p.HTTPGet != nil:
		path, _, _ := strings.Cut(p.HTTPGet.Path, "?") // a query may hold a token
		probe.Kind, probe.Port, probe.Path = "http", p.HTTPGet.Port.String(), path
		if p.HTTPGet.Scheme == corev1.URISchemeHTTPS {
			probe.Kind = "https"
		}
	case p.TCPSocket != nil:
		probe.Kind, probe.Port = "tcp", p.TCPSocket.Port.String()
	case p.GRPC != nil:
		probe.Kind, probe.Port = "grpc", strconv.Itoa(int(p.GRPC.Port))
	default:
		probe.Kind = "exec"
	}
	return probe
}

// maxMessage bounds what is kept of one message of the cluster.
const maxMessage = 1024

// clean takes secrets and control characters out of a message of the cluster, and bounds it.
func clean(message string) string {
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "..."
	}
	return redact.Secrets(redact.Line(strings.Join(strings.Fields(message), " ")))
}
