package checks

import (
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TargetPortNameExists evaluates targetPorts that are names.
var TargetPortNameExists = &check.Check{
	Code: "INS0302",
	Name: "target-port-name-exists",
	Hop:  hopService,
	Doc: `the containers declare a port with targetPort's name

A pod that declares no port of that name and of the Service's protocol is not an endpoint of the Service's port. Kubernetes
reports no error.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#field-spec-ports"},
	After:   appChecks,
	Needs:   []check.Need{facts.Service, facts.Pods},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		var fs []check.Finding
		for _, port := range s.Ports {
			if !port.Named() {
				continue
			}
			serving := pods.Serving(s)
			var without []podhealth.Pod
			for _, pod := range serving {
				if _, ok := port.Target(pod.Ports()); !ok && !port.OtherProtocol(pod.Ports()) {
					without = append(without, pod)
				}
			}
			if len(without) == 0 {
				continue
			}
			declared := without[0].Ports()
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("port %s has targetPort %q, but %d of %d pods declare no port of that name",
					port, port.TargetPort, len(without), len(serving)),
				Cause: fmt.Sprintf("pod %s declares: %s", without[0].Name, or(endpoints.FormatPorts(declared), "no ports")),
			}
			if len(without) < len(serving) {
				f.Severity = check.Warning
			}
			for _, c := range declared {
				if c.Protocol == port.Protocol {
					f.Fixes = []check.Fix{fix(fmt.Sprintf("set targetPort to %d", c.Number), targetPortPatch(s, port, c.Number))}
					break
				}
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// targetPortPatch sets the targetPort of one port. kubectl merges ports by number alone, so if two have the same number, the
// patch uses the index.
func targetPortPatch(s facts.ServiceInfo, port endpoints.Port, target int32) cmdline.Command {
	same := func(p endpoints.Port) bool { return p.Number == port.Number && p.Protocol != port.Protocol }
	if i := slices.Index(s.Ports, port); i >= 0 && slices.ContainsFunc(s.Ports, same) {
		at := fmt.Sprintf("/spec/ports/%d", i)
		return cmdline.Kubectl("patch", "service", s.Name, "-n", s.Namespace, "--type=json", "-p", patch([]map[string]any{
			{"op": "test", "path": at + "/protocol", "value": port.Protocol}, {"op": "replace", "path": at + "/targetPort", "value": target},
		}))
	}
	return cmdline.Kubectl("patch", "service", s.Name, "-n", s.Namespace, "-p", patch(map[string]any{"spec": map[string]any{
		"ports": []map[string]any{{"port": port.Number, "protocol": port.Protocol, "targetPort": target}},
	}}))
}
