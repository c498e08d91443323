package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressClassIsServed evaluates the controllers of the Ingresses and Gateways.
var IngressClassIsServed = &check.Check{
	Code: "INS0703",
	Name: "ingress-class-is-served",
	Hop:  hopIngress,
	Doc: `the Ingress's class exists, and the controller of the Ingress or Gateway runs

An Ingress is only data: nothing happens unless a controller serves its class. The default class serves an Ingress that names
none.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class"},
	After:   []*check.Check{IngressLeadsToPort},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.Controllers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, in := range list.Items {
			if f := unservedClass(in, all); f != nil {
				f.Target = in.Ref()
				fs = append(fs, *f)
			}
		}
		return fs, nil
	},
}

// frontName names what has the address that takes requests.
func frontName(in ingress.Ingress) string {
	if in.Gateway != nil {
		return "Gateway " + in.Gateway.Name
	}
	return in.String()
}

// unservedClass returns a finding if no controller serves the Ingress, as far as its class shows, else nil.
func unservedClass(in ingress.Ingress, all facts.ControllerList) *check.Finding {
	class, ok := all.Class(in)
	see := fix("choose an existing class", cmdline.Kubectl("get", "ingressclasses"), editCommand(in))
	address := all.Address(in.Address())
	switch {
	case address.Service != nil && address.Selector != "" && address.Ready == 0:
		return &check.Finding{
			Severity: check.Error,
			Summary: fmt.Sprintf("Service %s/%s, which has the address %s of %s, has no ready pod (0 of %d)",
				address.Service.Namespace, address.Service.Name, address.Address, frontName(in), address.Pods),
			Cause: "the controller is down or scaled to 0, so nothing serves requests",
			Fixes: []check.Fix{fix("show its pods, and scale its workload up",
				cmdline.Kubectl("get", "pods,deployments,daemonsets", "-n", address.Service.Namespace, "-o", "wide"),
			)},
		}
	case in.Gateway != nil:
		return nil // other checks evaluate its class
	case !ok && len(in.Addresses) == 0:
		return &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("Ingress %s names no class, and no IngressClass is the default", in.Name),
			Cause:    "most controllers ignore an Ingress that does not name their class", Fixes: []check.Fix{see},
		}
	case !ok:
		return nil // some controller serves it: it set an address
	case !class.Exists && !in.Annotated:
		return &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("Ingress %s names IngressClass %s, which does not exist", in.Name, class.Name),
			Cause:    "no controller serves a class that does not exist", Fixes: []check.Fix{see},
		}
	case address.Service == nil && class.Selector != "" && class.Ready == 0:
		f := &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("controller %s, which serves class %s, has no ready pod (0 of %d)", class.Controller, class.Name, class.Pods),
			Cause:    "the controller is down, so nothing serves the Ingress",
			Fixes: []check.Fix{fix("find out why its pods are not ready",
				cmdline.Kubectl("get", "pods", "-A", "-l", class.Selector, "-o", "wide"))},
		}
		if len(in.Addresses) > 0 { // the controller may be outside the cluster, such as an Application Gateway, or have other labels
			f.Severity, f.Cause = check.Warning, "the Ingress has an address and may still be served, but its changes may have no effect"
		}
		if class.Pods == 0 && len(in.Addresses) == 0 {
			f.Summary = fmt.Sprintf("controller %s, which serves class %s, has no pods", class.Controller, class.Name)
			f.Cause = "the controller is scaled to 0 or not installed, so nothing serves the Ingress"
			f.Fixes = []check.Fix{fix("scale its workload up, or install it",
				cmdline.Kubectl("get", "deployments,daemonsets", "-A", "-l", class.Selector))}
		}
		return f
	}
	return nil
}
