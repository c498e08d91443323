package checks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// GatewayIsProgrammed evaluates the Gateways and those of their listeners that the HTTPRoutes use.
var GatewayIsProgrammed = &check.Check{
	Code: "INS0709",
	Name: "gateway-is-programmed",
	Hop:  hopIngress,
	Doc: `the HTTPRoute's Gateway exists, is accepted and programmed, and has an address

The controller reports this in the status of the Gateway and of each listener. INS0711 evaluates what the listeners
reference.`,
	Sources: []string{"https://gateway-api.sigs.k8s.io/api-types/gateway/#gateway-status"},
	After:   []*check.Check{GatewayClassIsAccepted},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, routes, err := httpRoutes(p)
		if err != nil {
			return nil, err
		}
		var found findingSet
		var unknown error
		for _, in := range routes {
			f, listener, err := unprogrammed(in, list)
			if f != nil {
				found.add(subject{target: f.Target, gateway: in.Gateway.Ref(), listener: listener}, *f)
			}
			unknown = errors.Join(unknown, err)
		}
		return unlessFound(found.list, check.Error, unknown)
	},
}

// unprogrammed returns a finding on the HTTPRoute's Gateway, or on one of its listeners, which it then names; nil if there is
// none.
func unprogrammed(in ingress.Ingress, list facts.IngressList) (f *check.Finding, listener string, err error) {
	g := in.Gateway
	f = &check.Finding{Severity: check.Error, Target: g.Ref(), Fixes: []check.Fix{fix("show the Gateway's status, and correct the Gateway",
		cmdline.Kubectl("describe", "gateway", g.Name, "-n", g.Namespace), cmdline.Kubectl("edit", "gateway", g.Name, "-n", g.Namespace),
	)}}
	switch {
	case g.Unread != "":
		return nil, "", fmt.Errorf("the Gateway %s/%s could not be read: %s", g.Namespace, g.Name, g.Unread)
	case g.Missing:
		f.Target = in.Ref()
		f.Summary = fmt.Sprintf("%s references Gateway %s/%s, which does not exist", in, g.Namespace, g.Name)
		f.Cause = "the Gateway was deleted or renamed, or is in another namespace, which the HTTPRoute must name"
		f.Fixes = []check.Fix{fix("choose an existing Gateway", cmdline.Kubectl("get", "gateways", "-A"), editCommand(in))}
		return f, "", nil
	}
	for _, l := range g.Used() {
		if c, bad := ingress.IsFalse(l.Conditions, "Accepted"); bad {
			f.Summary = fmt.Sprintf("listener %s of Gateway %s/%s is not accepted", l.Name, g.Namespace, g.Name)
			f.Cause = c.String()
			return f, l.Name, nil
		}
		if c, ok := ingress.Current(l.Conditions, "Conflicted"); ok && c.Status == "True" {
			f.Summary = fmt.Sprintf("listener %s of Gateway %s/%s conflicts with another listener", l.Name, g.Namespace, g.Name)
			f.Cause = c.String()
			return f, l.Name, nil
		}
		if c, bad := ingress.IsFalse(l.Conditions, "Programmed"); bad && !unresolved(l) {
			f.Summary = fmt.Sprintf("listener %s of Gateway %s/%s is not programmed", l.Name, g.Namespace, g.Name)
			f.Cause = c.String()
			return f, l.Name, nil
		}
	}
	for _, of := range []string{"Accepted", "Programmed"} {
		c, known := ingress.Current(g.Conditions, of)
		switch {
		case known && c.Status == "True":
		case hasBroken(g) && (!known || c.Reason == "ListenersNotValid" || c.Reason == "Invalid"):
			return nil, "", nil // the listeners in use are evaluated one by one: above, and by their references
		case known:
			f.Summary = fmt.Sprintf("Gateway %s/%s is not %s", g.Namespace, g.Name, strings.ToLower(of))
			f.Cause = c.String()
			return f, "", nil
		case c.Stale:
			return nil, "", fmt.Errorf("the status of Gateway %s is outdated: its controller has not processed the last change", g.Name)
		case isNew(g.Created, list):
			return nil, "", fmt.Errorf("the Gateway %s is new, and its status does not say yet whether it is %s: try again",
				g.Name, strings.ToLower(of))
		default:
			return nil, "", fmt.Errorf("the status of Gateway %s does not say whether it is %s: its controller is not running, or ignores it (%s)",
				g.Name, strings.ToLower(of), or(c.String(), "no condition"))
		}
	}
	if len(in.Addresses) == 0 {
		return nil, "", fmt.Errorf("the Gateway %s has no address in its status, so it is unknown where it takes requests", g.Name)
	}
	return nil, "", nil
}

// unresolved reports whether a reference of the listener does not resolve.
func unresolved(l ingress.Listener) bool {
	_, bad := ingress.IsFalse(l.Conditions, "ResolvedRefs")
	return bad
}

// hasBroken reports whether the controller rejects a listener: it may then not report on the whole.
func hasBroken(g *ingress.Gateway) bool {
	for _, l := range g.Listeners {
		for _, of := range []string{"Accepted", "ResolvedRefs", "Programmed"} {
			if _, bad := ingress.IsFalse(l.Conditions, of); bad {
				return true
			}
		}
	}
	return false
}
