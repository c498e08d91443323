package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressLeadsToPort compares rules with the ports of the Service.
var IngressLeadsToPort = &check.Check{
	Code: "INS0701",
	Name: "ingress-leads-to-port",
	Hop:  hopIngress,
	Doc: `the rules of the Ingress or HTTPRoute name ports that the Service has

A rule names a port of the Service, by name or number, not one of its pods. Controllers answer requests for a port that does
not exist with an error, mostly 503 or 404.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#the-ingress-resource"},
	After:   []*check.Check{ClusterIPAnswers},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		type routePort struct {
			route check.Ref
			port  string
		}
		reported := map[routePort]bool{}
		var fs []check.Finding
		for _, in := range list.Items {
			for _, r := range in.To(s.Backend()) {
				if _, ok := r.Find(s.Ports); ok || s.ExternalName != "" && len(s.Ports) == 0 {
					continue
				}
				key := routePort{in.Ref(), r.Port}
				if in.Gateway != nil && reported[key] {
					continue // already reported, for another listener or Gateway
				}
				reported[key] = true
				fs = append(fs, check.Finding{
					Severity: portSeverity(in, r, s.Ports), Target: in.Ref(),
					Summary: fmt.Sprintf("%s routes %s to port %s, but Service %s has %s", in, r, r.Port, s.Name, portList(s.Ports)),
					Cause:   "a rule must name a port of the Service, not of a container; only ingress-nginx also accepts the Service's targetPort",
					Fixes:   []check.Fix{fix("name one of the Service's ports in the rule", editCommand(in))},
				})
			}
		}
		return fs, nil
	},
}

// portSeverity is the severity of a port that the Service does not have: ingress-nginx also takes a targetPort.
func portSeverity(in ingress.Ingress, r ingress.Rule, ports []endpoints.Port) check.Severity {
	if in.Gateway == nil && slices.ContainsFunc(ports, func(p endpoints.Port) bool { return p.TargetPort == r.Port }) {
		return check.Warning
	}
	return check.Error
}

// serviceRoutes returns the Service, and the Ingresses and HTTPRoutes that route to it. If there are none, the check is
// skipped.
func serviceRoutes(p *check.Pass) (facts.ServiceInfo, facts.IngressList, error) {
	s, err := facts.Service.Get(p)
	if err != nil {
		return s, facts.IngressList{}, err
	}
	list, err := facts.Ingresses.Get(p)
	switch {
	case err != nil || len(list.Items) > 0:
	case list.OtherRoutesError != "":
		p.Skip("no Ingress or HTTPRoute of namespace %s routes to the Service; HTTPRoutes of other namespaces are unknown: %s",
			s.Namespace, list.OtherRoutesError)
	default:
		p.Skip("no Ingress or HTTPRoute routes to the Service")
	}
	return s, list, err
}

// editCommand is the command that edits the Ingress or HTTPRoute.
func editCommand(in ingress.Ingress) cmdline.Command {
	return cmdline.Kubectl("edit", in.Ref().Kind, in.Name, "-n", in.Namespace)
}

func portList(ports []endpoints.Port) string {
	if len(ports) == 0 {
		return "no ports"
	}
	var names []string
	for _, p := range ports {
		names = append(names, p.String())
	}
	return strings.Join(names, ", ")
}
