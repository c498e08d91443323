package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressClassIsServed finds the controller of the Ingresses.
var IngressClassIsServed = &check.Check{
	Code: "INS0703",
	Name: "ingress-class-is-served",
	Hop:  hopIngress,
	Doc: `the Ingress's class is there, and the controller of the Ingress or Gateway runs

An Ingress is data: nothing happens unless a controller serves its class. One that names no class is taken by the default one.`,
	Sources: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class"},
	After:   []*check.Check{IngressLeadsToPort},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.Controllers},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, list, err := served(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, in := range list.Items {
			if f := unserved(in, all); f != nil {
				f.Target = in.Ref()
				fs = append(fs, *f)
			}
		}
		return fs, nil
	},
}

// front is what has the address at which requests come in.
func front(in ingress.Ingress) string {
	if in.Gateway != nil {
		return "Gateway " + in.Gateway.Name
	}
	return in.String()
}

// unserved says why no controller serves the Ingress, as far as its class tells; nil where it does not.
func unserved(in ingress.Ingress, all facts.ControllerList) *check.Finding {
	class, ok := all.Class(in)
	see := fix("see the classes that there are, and name one", kubectl("get", "ingressclasses"), edit(in))
	entrance := all.Entrance(in.Address())
	switch {
	case entrance.Service != nil && entrance.Selector != "" && entrance.Ready == 0:
		return &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("none of the %d pods behind Service %s of namespace %s, which has the address %s of %s, is ready", entrance.Pods, entrance.Service.Name, entrance.Service.Namespace, entrance.Address, front(in)),
			Cause:    "nothing serves it: its controller is down or scaled to 0",
			Fixes: []check.Fix{fix("see its pods, and scale its workload up",
				kubectl("get", "pods,deployments,daemonsets", "-n", entrance.Service.Namespace, "-o", "wide"),
			)},
		}
	case in.Gateway != nil:
		return nil // of its class other checks tell
	case !ok && len(in.Addresses) == 0:
		return &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("Ingress %s names no class, and no IngressClass is the default", in.Name),
			Cause:    "most controllers take only what names their class", Fixes: []check.Fix{see},
		}
	case !ok:
		return nil // some controller took it: it gave an address
	case !class.Exists && !in.Annotated:
		return &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("Ingress %s names the class %s, and there is no such IngressClass", in.Name, class.Name),
			Cause:    "no controller serves a class that is not there", Fixes: []check.Fix{see},
		}
	case entrance.Service == nil && class.Selector != "" && class.Ready == 0:
		f := &check.Finding{
			Severity: check.Error,
			Summary:  fmt.Sprintf("none of the %d pods of the controller %s, which serves class %s, is ready", class.Pods, class.Controller, class.Name),
			Cause:    "nothing serves the Ingress: its controller is down",
			Fixes:    []check.Fix{fix("see why they are not ready", kubectl("get", "pods", "-A", "-l", class.Selector, "-o", "wide"))},
		}
		if len(in.Addresses) > 0 { // what serves may be outside of the cluster, as an Application Gateway is, or have other labels
			f.Severity, f.Cause = check.Warning, "the Ingress has an address, and may be served; what changes is not taken in"
		}
		if class.Pods == 0 && len(in.Addresses) == 0 {
			f.Summary = fmt.Sprintf("there is no pod of the controller %s, which serves class %s", class.Controller, class.Name)
			f.Cause = "nothing serves the Ingress: its controller is scaled to 0 or not installed"
			f.Fixes = []check.Fix{fix("find its workload and scale it up, or install it", kubectl("get", "deployments,daemonsets", "-A", "-l", class.Selector))}
		}
		return f
	}
	return nil
}
