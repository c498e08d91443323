package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// EndpointsMatchPods compares the EndpointSlices with the Ready pods.
var EndpointsMatchPods = &check.Check{
	Code: "INS0305",
	Name: "endpoints-match-pods",
	Hop:  hopService,
	Doc: `the EndpointSlices list the Ready pods and nothing else

The EndpointSlice controller writes them, and kube-proxy follows them. They lag by seconds at most, so a difference is
checked twice.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/"},
	After:   appChecks,
	Needs:   []check.Need{facts.Service, facts.Pods, facts.Slices, facts.Recheck},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, pods, ok, err := selectedPods(p)
		if err != nil || !ok {
			return nil, err
		}
		all, err := facts.Slices.Get(p)
		if err != nil {
			return nil, err
		}
		if len(endpointDifferences(s, pods, all)) == 0 {
			return nil, nil
		}
		later, err := facts.Recheck.Get(p)
		if err != nil {
			return nil, err
		}
		return endpointDifferences(s, later.Pods, later.Slices), nil
	},
}

// endpointDifferences returns a finding for each port whose EndpointSlices differ from the Ready pods.
func endpointDifferences(s facts.ServiceInfo, pods facts.PodList, all []endpoints.Slice) []check.Finding {
	var fs []check.Finding
	for _, port := range s.Ports {
		var want []endpoints.Address
		known := map[string]bool{} // addresses of pods that come or go: for a while both are right
		for _, pod := range pods.Items {
			if target, ok := port.Target(pod.Ports()); ok && s.SendsTo(pod) {
				want = append(want, endpoints.Address{Host: pod.IP, Port: target})
			}
			for _, ip := range pod.IPs {
				known[ip] = s.SendsTo(pod) && ip != pod.IP || pod.Deleting
			}
		}
		have := endpoints.Addresses(port, all)
		missing, foreign := endpoints.DiffAddresses(want, have)
		foreign = slices.DeleteFunc(foreign, func(a endpoints.Address) bool { return known[a.Host] })
		if len(missing)+len(foreign) == 0 {
			continue
		}
		f := check.Finding{
			Severity: check.Warning,
			Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
			Fixes: []check.Fix{fix("find out who wrote the EndpointSlices, and whether the controller manager works",
				getSlices(s, "-o", "yaml"),
			)},
		}
		if len(missing) == len(want) && len(want) > 0 {
			f.Severity = check.Error
		}
		var parts, addresses []string
		if len(missing) > 0 {
			parts = append(parts, fmt.Sprintf("lack %d of %d Ready pods", len(missing), len(want)))
			addresses = append(addresses, "missing: "+firstAddresses(missing))
		}
		if len(foreign) > 0 {
			parts = append(parts, fmt.Sprintf("list %d addresses that belong to no Ready pod", len(foreign)))
			addresses = append(addresses, "to remove: "+firstAddresses(foreign))
		}
		f.Summary = fmt.Sprintf("the EndpointSlices for port %s %s", port, strings.Join(parts, " and "))
		f.Cause = "the EndpointSlice controller is not running or far behind"
		if by := foreignAuthor(all, foreign); by != "" {
			f.Cause = by
		}
		f.Cause += fmt.Sprintf(" (%s)", strings.Join(addresses, "; "))
		fs = append(fs, f)
	}
	return fs
}

// firstAddresses lists up to three addresses for a sentence.
func firstAddresses(addresses []endpoints.Address) string {
	var names []string
	for _, a := range addresses[:min(3, len(addresses))] {
		names = append(names, fmt.Sprintf("%s:%d", a.Host, a.Port))
	}
	if len(addresses) > len(names) {
		names = append(names, "...")
	}
	return strings.Join(names, ", ")
}

// foreignAuthor names the EndpointSlice that adds foreign addresses, if the EndpointSlice controller does not manage it.
func foreignAuthor(all []endpoints.Slice, foreign []endpoints.Address) string {
	for _, s := range all {
		if s.ManagedBy == "endpointslice-controller.k8s.io" {
			continue
		}
		for _, e := range s.Endpoints {
			for _, a := range foreign {
				if e.Address == a.Host {
					return fmt.Sprintf("EndpointSlice %s adds %s; it is managed by %s, not by the EndpointSlice controller",
						s.Name, a.Host, or(s.ManagedBy, "nobody"))
				}
			}
		}
	}
	return ""
}
