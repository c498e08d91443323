package checks

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ReadinessProbesPass finds containers whose readiness probe fails.
var ReadinessProbesPass = &check.Check{
	Code: "INS0112",
	Name: "readiness-probes-pass",
	Hop:  hopPod,
	Doc: `the readiness probes pass

A pod whose readiness probe fails is removed from its Services. Nothing is restarted.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"},
	After:   []*check.Check{ContainersKeepRunning, ContainersFitInMemory, LivenessProbesPass, StartupProbesPass},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.PodEvents, facts.Logs, facts.DNSPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, err := podFacts(p)
		if err != nil {
			return nil, err
		}
		found := problems(pods, func(pod podhealth.Pod) (podProblem, bool) { return unreadyContainer(pod, pods.At) })
		if len(found) == 0 {
			return nil, nil
		}
		events, err := facts.PodEvents.Get(p)
		last, ok := lastUnhealthy(found[0].pod, events)
		refused := ok && strings.Contains(last.Message, "connection refused") // the app has not opened its port
		for i := range found {
			t := &found[i]
			t.cause = probeText(t.container, "readiness")
			switch e, ok := lastUnhealthy(t.pod, events); {
			case err != nil:
				t.cause += "; its last failure could not be read: " + err.Error()
			case ok:
				t.cause += ": " + e.Message + badRequestHint(t.container.Probes["readiness"], e.Message)
			}
			if s.Headless && !s.PublishNotReady && len(pods.Alive()) > 1 && len(pods.Serving(s)) == 0 &&
				strings.HasPrefix(t.pod.Owner, "statefulset/") {
				t.cause += "; if its pods wait for each other's names, the headless Service has to set publishNotReadyAddresses: " +
					"it publishes only Ready pods"
			}
		}
		fs := podFinding(s, pods, found, fix("make the app answer its readiness probe, or correct the probe",
			cmdline.Kubectl("describe", "pod", found[0].pod.Name, "-n", s.Namespace),
			cmdline.Kubectl("logs", found[0].pod.Name, "-n", s.Namespace, "-c", found[0].container.Name, "--tail=20"),
		))
		addLog(p, &fs[0], found[0])
		if refused {
			fs[0].Cause += hindered(p, found[0].pod)
		}
		if s.PublishNotReady {
			fs[0].Severity = check.Info
		}
		return fs, nil
	},
}

// hindered continues the cause for an app that has not opened its port: what may keep it from what it waits for. Empty: nothing is known.
func hindered(p *check.Pass, pod podhealth.Pod) string {
	if len(pod.NameServers) > 0 && !slices.ContainsFunc(pod.NameServers, inside) {
		return fmt.Sprintf("; by its dnsPolicy None it asks only the name servers %s, which most likely do not know the cluster's Services",
			strings.Join(pod.NameServers, ", "))
	}
	v, err := facts.DNSPolicies.Get(p)
	if err != nil || v.Pod != pod.Name || v.Allows() {
		return "" // the cause is only less certain
	}
	return fmt.Sprintf("; NetworkPolicy %s does not let it reach the cluster's DNS (egress to port 53): it may wait for what it asks by name",
		strings.Join(v.Policies, ", "))
}

// inside reports whether the name server may be one of the cluster.
func inside(server string) bool {
	ip, err := netip.ParseAddr(server)
	return err != nil || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || netip.MustParsePrefix("100.64.0.0/10").Contains(ip)
}

// badRequest is how the kubelet reports that a server rejects its probe's request
// (https://github.com/kubernetes/kubernetes/blob/v1.37.1/pkg/probe/http/http.go).
const badRequest = "HTTP probe failed with statuscode: 400"

// badRequestHint says why a server that works may answer a plain probe with status 400.
func badRequestHint(probe endpoints.Probe, message string) string {
	switch {
	case !strings.Contains(message, badRequest):
		return ""
	case probe.Kind == endpoints.HTTPS || probe.Host != "":
		return "; the app rejects the request itself: its host, path or headers"
	}
	return "; a server that speaks TLS answers plain HTTP so (then set the probe's scheme to HTTPS), and so does one that serves certain " +
		"hosts only (then give the probe a Host header)"
}

// unreadyContainer finds a running container that is not ready although it had the time to become so.
func unreadyContainer(p podhealth.Pod, at time.Time) (podProblem, bool) {
	return containerProblem(p, func(c podhealth.Container) (string, string) {
		probe, ok := c.Probes["readiness"]
		if !ok || c.Ready || c.State.Phase != podhealth.Running || c.Probes["startup"].Kind != "" && !c.Started {
			return "", ""
		}
		if at.Sub(c.State.Since) < max(startGrace, failureWindow(probe)) {
			return "", ""
		}
		return "is running but not ready", ""
	})
}

// failureWindow is how long the probe may fail before that counts.
func failureWindow(probe endpoints.Probe) time.Duration {
	return time.Duration(probe.InitialDelaySeconds+probe.PeriodSeconds*probe.FailureThreshold) * time.Second
}

// lastUnhealthy returns the last event of a failed readiness probe of the pod.
func lastUnhealthy(p podhealth.Pod, events podhealth.Events) (podhealth.Event, bool) {
	all := events["pod/"+p.Name]
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Reason == "Unhealthy" && strings.HasPrefix(all[i].Message, "Readiness") {
			return all[i], true
		}
	}
	return podhealth.Event{}, false
}

// probeText describes the container's probe of the kind, such as "readiness probe (HTTP GET / on port 8080, within 1 s)".
func probeText(c podhealth.Container, kind string) string {
	probe := c.Probes[kind]
	var request string
	switch probe.Kind {
	case "exec":
		request = "a command"
	case "http", "https":
		request = fmt.Sprintf("%s GET %s on port %s", strings.ToUpper(probe.Kind), or(probe.Path, "/"), probe.Port)
	default:
		request = fmt.Sprintf("%s port %s", strings.ToUpper(probe.Kind), probe.Port)
	}
	return fmt.Sprintf("%s probe (%s, within %d s)", kind, request, max(probe.TimeoutSeconds, 1))
}
