package checks

import (
	"errors"
	"fmt"
	"slices"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// RouteIsAttached compares the HTTPRoutes with the listeners of their Gateways.
var RouteIsAttached = &check.Check{
	Code: "INS0710",
	Name: "route-is-attached",
	Hop:  hopIngress,
	Doc: `the HTTPRoute is attached to a listener of its Gateway

A listener accepts routes that reference its Gateway (and the listener, if they name one) from its allowed namespaces, for
hosts that both serve. The controller reports in the HTTPRoute's status whether it accepts it.`,
	Sources: []string{"https://gateway-api.sigs.k8s.io/concepts/api-overview/#attaching-routes-to-gateways"},
	After:   []*check.Check{GatewayIsProgrammed},
	Needs:   []check.Need{facts.Service, facts.Ingresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		list, routes, err := httpRoutes(p)
		if err != nil || len(routes) == 0 {
			return nil, err
		}
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		var found findingSet
		if list.OtherRoutesError != "" {
			found.add(subject{}, check.Finding{
				Severity: check.Info, Target: routes[0].Ref(),
				Summary: "not all HTTPRoutes of other namespaces were checked", Cause: list.OtherRoutesError,
			})
		}
		var unknown error
		for _, in := range routes {
			for _, parent := range in.Gateway.Parents {
				f, err := unattached(in, parent, list.Own(in, s))
				unknown = errors.Join(unknown, err)
				if f != nil {
					if f.Severity == check.Error && otherwiseAttached(routes, in) {
						f.Severity = check.Warning
					}
					about := subject{target: f.Target, gateway: in.Gateway.Ref()}
					if c, ok := ingress.Current(parent.Conditions, "Accepted"); ok {
						about.condition = c
					}
					found.add(about, *f)
				}
			}
		}
		return unlessFound(found.list, check.Error, unknown)
	},
}

// otherwiseAttached reports whether a controller has accepted the HTTPRoute by another of its references.
func otherwiseAttached(routes []ingress.Ingress, in ingress.Ingress) bool {
	return slices.ContainsFunc(routes, func(o ingress.Ingress) bool {
		return o.Ref() == in.Ref() && slices.ContainsFunc(o.Gateway.Parents, func(p ingress.Parent) bool {
			c, ok := ingress.Current(p.Conditions, "Accepted")
			return ok && c.Status == "True"
		})
	})
}

// unattached returns a finding if the HTTPRoute is not attached by the reference, else nil. own reports whether the HTTPRoute is the
// target's own: which other namespaces may attach HTTPRoutes to a Gateway is up to the Gateway's owner, and no fault of the Service.
func unattached(in ingress.Ingress, parent ingress.Parent, own bool) (*check.Finding, error) {
	g := in.Gateway
	c, ok := ingress.Current(parent.Conditions, "Accepted")
	pending := func(l ingress.Listener) bool { return slices.Contains(parent.Listeners, l.Name) && unresolved(l) }
	switch {
	case ok && c.Status == "True":
		return nil, nil
	case parent.Reason == "" && slices.ContainsFunc(g.Used(), pending):
		return nil, nil // it waits for its listener, which the next check evaluates
	case !ok && parent.Reason == "" && c.Stale:
		return nil, fmt.Errorf("the status of %s is outdated: the controller of Gateway %s has not processed the last change", in, g.Name)
	case !ok && parent.Reason == "":
		return nil, fmt.Errorf("the status of %s does not say whether Gateway %s accepts it: controller %s has not reported on it",
			in, g.Name, g.Class.Controller)
	}
	f := &check.Finding{
		Severity: check.Error, Target: in.Ref(),
		Summary: fmt.Sprintf("%s is not attached to Gateway %s/%s", in, g.Namespace, g.Name),
		Cause:   or(parent.Reason, "the specs of the two fit each other, so only the controller knows why"),
		Fixes: []check.Fix{fix("correct the HTTPRoute or the listener",
			editCommand(in), cmdline.Kubectl("edit", "gateway", g.Name, "-n", g.Namespace),
		)},
	}
	if said := c.String(); ok && said != "" {
		f.Summary += ": its controller reports " + said
	}
	if !own && (len(parent.NotAllowed) > 0 || c.Reason == string(gatewayv1.RouteReasonNotAllowedByListeners)) {
		f.Severity, f.Fixes = check.Info, nil
		return f, nil
	}
	if i := slices.IndexFunc(parent.NotAllowed, func(l int) bool { return l >= 0 && l < len(g.Listeners) }); i >= 0 {
		f.Fixes = append(f.Fixes, allowNamespace(in, parent.NotAllowed[i]))
	}
	return f, nil
}

// allowNamespace makes the listener accept routes of the HTTPRoute's namespace, besides those of its own.
func allowNamespace(in ingress.Ingress, listener int) check.Fix {
	g := in.Gateway
	names := []string{g.Namespace, in.Namespace}
	if g.Namespace == in.Namespace {
		names = names[:1]
	}
	path := fmt.Sprintf("/spec/listeners/%d/allowedRoutes/namespaces", listener)
	title := fmt.Sprintf("allow routes of namespace %s in the listener", in.Namespace)
	if g.Listeners[listener].From == "Selector" {
		title += " instead of those it selects, or label the namespace to match"
	}
	f := fix(title, cmdline.Kubectl("patch", "gateway", g.Name, "-n", g.Namespace, "--type=json", "-p", patch([]any{map[string]any{
		"op": "replace", "path": path, "value": map[string]any{"from": "Selector", "selector": map[string]any{"matchExpressions": []any{
			map[string]any{"key": "kubernetes.io/metadata.name", "operator": "In", "values": names},
		}}},
	}})))
	return weakening(f, "for every HTTPRoute of that namespace")
}
