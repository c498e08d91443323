package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// EndpointsExist evaluates Services without selector.
var EndpointsExist = &check.Check{
	Code: "INS0304",
	Name: "endpoints-exist",
	Hop:  hopService,
	Doc: `a Service without selector has EndpointSlices

Kubernetes creates no endpoints for such a Service. Its owner must create an EndpointSlice with the label
kubernetes.io/service-name whose ports have the names of the Service's ports.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#services-without-selectors"},
	After:   appChecks,
	Needs:   []check.Need{facts.Service, facts.Slices},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		if len(s.Selector) > 0 || s.ExternalName != "" {
			p.Skip("the Service has a selector, or is an ExternalName")
			return nil, nil
		}
		all, err := facts.Slices.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, port := range s.Ports {
			if len(endpoints.Addresses(port, all)) > 0 {
				continue
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary:  fmt.Sprintf("port %s has no endpoints: the Service has no selector, and no EndpointSlice has a ready address", port),
				Cause:    "the Service has no EndpointSlice at all",
				Fixes: []check.Fix{fix("add a selector, or create an EndpointSlice for the Service",
					cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace), cmdline.Kubectl("explain", "endpointslice"),
				)},
			}
			if len(all) > 0 {
				f.Cause = fmt.Sprintf("its %d EndpointSlices have no ready address for port name %q, protocol %s", len(all), port.Name, port.Protocol)
			}
			fs = append(fs, f)
		}
		return fs, nil
	},
}
