package checks

import (
	"errors"
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// GatewayClassIsAccepted finds the class of the Gateways.
var GatewayClassIsAccepted = &check.Check{
	Code: "INS0708",
	Name: "gateway-class-is-accepted",
	Hop:  hopIngress,
	Doc: `the Gateway's class is there, and a controller has accepted it

A GatewayClass names its controller, which writes into its status that it serves it. Where nothing is written, no such controller
runs, or it does not take this class.`,
	Sources: []string{"https://gateway-api.sigs.k8s.io/api-types/gatewayclass/"},
	After:   []*check.Check{IngressClassIsServed},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, routes, err := routed(p)
		if err != nil {
			return nil, err
		}
		var found findingSet
		var unknown error
		for _, in := range routes {
			if in.Gateway.Missing || in.Gateway.Unread != "" {
				continue // of it the next check tells
			}
			f, err := unaccepted(in.Gateway, list)
			if f != nil {
				found.add(subject{target: f.Target}, *f)
			}
			unknown = errors.Join(unknown, err)
		}
		return unlessFound(found.list, check.Error, unknown)
	},
}

// unaccepted says why the class of the Gateway is not served; nil where it is.
func unaccepted(g *ingress.Gateway, list facts.IngressList) (*check.Finding, error) {
	class := g.Class
	see := kubectl("get", "gatewayclasses")
	f := &check.Finding{Severity: check.Error, Target: check.Ref{Kind: "gatewayclass", Name: class.Name}}
	switch {
	case class.Unread != "":
		return nil, errors.New(class.Unread)
	case class.Missing:
		f.Target = g.Ref()
		f.Summary = fmt.Sprintf("Gateway %s of namespace %s names the class %s, and there is no such GatewayClass", g.Name, g.Namespace, class.Name)
		f.Cause = "no controller serves a class that is not there"
		f.Fixes = []check.Fix{fix("see the classes that there are, and name one", see, kubectl("edit", "gateway", g.Name, "-n", g.Namespace))}
		return f, nil
	}
	c, ok := ingress.Current(class.Conditions, "Accepted")
	switch {
	case ok && c.Status == "True":
		return nil, nil
	case ok:
		f.Summary = fmt.Sprintf("GatewayClass %s is not accepted by its controller %s", class.Name, class.Controller)
		f.Cause = c.String()
	case young(class.Created, list):
		return nil, fmt.Errorf("GatewayClass %s is new, and no controller %s has said anything of it yet: try again", class.Name, class.Controller)
	default:
		f.Summary = fmt.Sprintf("no controller has accepted GatewayClass %s", class.Name)
		f.Cause = fmt.Sprintf("its controller %s does not run, may not write its status, or does not take this class", class.Controller)
	}
	f.Fixes = []check.Fix{fix("see the classes that are accepted, and let the Gateway name one, or mend the controller",
		see, kubectl("edit", "gateway", g.Name, "-n", g.Namespace),
	)}
	return f, nil
}
