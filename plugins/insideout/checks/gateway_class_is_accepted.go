package checks

import (
	"errors"
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// GatewayClassIsAccepted evaluates the Gateways' classes.
var GatewayClassIsAccepted = &check.Check{
	Code: "INS0708",
	Name: "gateway-class-is-accepted",
	Hop:  hopIngress,
	Doc: `the Gateway's class exists, and its controller has accepted it

A GatewayClass names its controller, which reports in the class's status that it serves it. Without such a report no such
controller is running, or it ignores this class.`,
	Sources: []string{"https://gateway-api.sigs.k8s.io/api-types/gatewayclass/"},
	After:   []*check.Check{IngressClassIsServed},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, routes, err := httpRoutes(p)
		if err != nil {
			return nil, err
		}
		var found findingSet
		var unknown error
		for _, in := range routes {
			if in.Gateway.Missing || in.Gateway.Unread != "" {
				continue // the next check reports it
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

// unaccepted returns a finding if no controller has accepted the Gateway's class, else nil.
func unaccepted(g *ingress.Gateway, list facts.IngressList) (*check.Finding, error) {
	class := g.Class
	see := cmdline.Kubectl("get", "gatewayclasses")
	f := &check.Finding{Severity: check.Error, Target: check.Ref{Kind: "gatewayclass", Name: class.Name}}
	switch {
	case class.Unread != "":
		return nil, errors.New(class.Unread)
	case class.Missing:
		f.Target = g.Ref()
		f.Summary = fmt.Sprintf("Gateway %s/%s names GatewayClass %s, which does not exist", g.Namespace, g.Name, class.Name)
		f.Cause = "no controller serves a class that does not exist"
		f.Fixes = []check.Fix{fix("choose an existing class", see, cmdline.Kubectl("edit", "gateway", g.Name, "-n", g.Namespace))}
		return f, nil
	}
	c, ok := ingress.Current(class.Conditions, "Accepted")
	switch {
	case ok && c.Status == "True":
		return nil, nil
	case ok:
		f.Summary = fmt.Sprintf("GatewayClass %s is not accepted by its controller %s", class.Name, class.Controller)
		f.Cause = c.String()
	case isNew(class.Created, list):
		return nil, fmt.Errorf("GatewayClass %s is new, and controller %s has not reported on it yet: try again", class.Name, class.Controller)
	default:
		f.Summary = fmt.Sprintf("no controller has accepted GatewayClass %s", class.Name)
		f.Cause = fmt.Sprintf("its controller %s is not running, cannot write the status, or ignores this class", class.Controller)
	}
	f.Fixes = []check.Fix{fix("name an accepted class in the Gateway, or repair the controller",
		see, cmdline.Kubectl("edit", "gateway", g.Name, "-n", g.Namespace),
	)}
	return f, nil
}
