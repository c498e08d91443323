package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// ProtocolMatches compares the protocols of the Service's ports with those of the containers' ports.
var ProtocolMatches = &check.Check{
	Code: "INS0303",
	Name: "protocol-matches",
	Hop:  hopService,
	Doc: `the Service's ports have the protocols of the containers' ports

A Service forwards one protocol per port: TCP to a port that is served over UDP, or the reverse, reaches nothing. A wrong
declaration in a container does no harm by itself, so it counts only if the port does not answer in the Service's protocol.`,
	Sources: []string{"https://kubernetes.io/docs/reference/networking/service-protocols/"},
	After:   appChecks,
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Answers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		answers, err := facts.Answers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, port := range s.Ports {
			serving := pods.Serving(s)
			if len(serving) == 0 || !port.OtherProtocol(serving[0].Ports()) || accepts(answers, port) {
				continue
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary:  fmt.Sprintf("port %s has targetPort %s, which the containers declare for another protocol", port, port.TargetPort),
				Cause:    fmt.Sprintf("pod %s declares: %s", serving[0].Name, endpoints.FormatPorts(serving[0].Ports())),
				Fixes: []check.Fix{fix("correct the protocol in the Service, or in the container",
					cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace),
				)},
			}
			// a container that serves UDP often declares TCP, the default; without probes that is all that is known
			switch {
			case port.Named(): // a name is looked up with its protocol: there is no endpoint
				f.Cause += fmt.Sprintf("; a port named %s for %s does not exist, so the Service has no endpoint for it", port.TargetPort, port.Protocol)
			case answers.NotProbed() != "" || port.Protocol != "TCP" && !acceptsTCP(s, answers, port) && !refused(answers, port):
				f.Severity = check.Info
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// accepts reports whether a pod accepts connections on the port.
func accepts(answers facts.AppAnswers, port endpoints.Port) bool {
	return slices.ContainsFunc(answers.Items, func(a facts.AppAnswer) bool {
		return a.Service == port && a.Connect != "" && !nothingListens(a)
	})
}

// refused reports whether all pods refuse the port.
func refused(answers facts.AppAnswers, port endpoints.Port) bool {
	tried := false
	for _, a := range answers.Items {
		if a.Service != port {
			continue
		}
		if a.Connect != endpoints.Refused {
			return false
		}
		tried = true
	}
	return tried
}

// acceptsTCP reports whether the port's target accepts TCP although no TCP port of the Service targets it.
func acceptsTCP(s facts.ServiceInfo, answers facts.AppAnswers, port endpoints.Port) bool {
	for _, other := range s.Ports {
		if other.Protocol == "TCP" && other.TargetPort == port.TargetPort {
			return false
		}
	}
	return slices.ContainsFunc(answers.Items, func(a facts.AppAnswer) bool { return a.Service == port && len(a.Others) > 0 })
}
