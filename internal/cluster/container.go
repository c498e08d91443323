package cluster

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

func containerOf(c *corev1.Container, init bool, statuses []corev1.ContainerStatus) podhealth.Container {
	info := podhealth.Container{Name: c.Name, Image: c.Image, Init: init, Probes: map[string]endpoints.Probe{}}
	info.CPULimit = c.Resources.Limits.Cpu().MilliValue()
	info.PostStart = c.Lifecycle != nil && c.Lifecycle.PostStart != nil
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

func stateOf(s corev1.ContainerState) podhealth.State {
	switch {
	case s.Waiting != nil:
		return podhealth.State{Phase: podhealth.Waiting, Reason: s.Waiting.Reason, Message: redact.Message(s.Waiting.Message)}
	case s.Running != nil:
		return podhealth.State{Phase: podhealth.Running, Since: s.Running.StartedAt.UTC()}
	case s.Terminated != nil:
		t := s.Terminated
		state := podhealth.State{Phase: podhealth.Terminated, Reason: t.Reason, ExitCode: t.ExitCode, Signal: t.Signal, Since: t.FinishedAt.UTC()}
		if t.StartedAt.IsZero() || t.Reason == "StartError" || t.Reason == "ContainerCannotRun" {
			state.Message = redact.Message(t.Message) // else it is what the container itself wrote
		}
		return state
	}
	return podhealth.State{}
}

func probeOf(p *corev1.Probe) endpoints.Probe {
	probe := endpoints.Probe{
		TimeoutSeconds:      p.TimeoutSeconds,
		PeriodSeconds:       p.PeriodSeconds,
		FailureThreshold:    p.FailureThreshold,
		InitialDelaySeconds: p.InitialDelaySeconds,
	}
	switch {
	case p.HTTPGet != nil:
		path, _, _ := strings.Cut(p.HTTPGet.Path, "?") // a query may hold a token
		probe.Kind, probe.Port, probe.Path = "http", p.HTTPGet.Port.String(), path
		for _, h := range p.HTTPGet.HTTPHeaders {
			if strings.EqualFold(h.Name, "Host") {
				probe.Host = redact.Line(h.Value)
			}
		}
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
