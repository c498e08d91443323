package checks

import (
	"errors"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// RouteReferencesResolve evaluates the references of HTTPRoutes and listeners.
var RouteReferencesResolve = &check.Check{
	Code: "INS0711",
	Name: "route-references-resolve",
	Hop:  hopIngress,
	Doc: `everything the HTTPRoute and its listeners reference exists and may be referenced

Requests for a backend that does not resolve are answered with 500. A cross-namespace reference needs a ReferenceGrant in the
target namespace.`,
	Sources: []string{"https://gateway-api.sigs.k8s.io/api-types/referencegrant/"},
	After:   []*check.Check{RouteIsAttached},
	Needs:   []check.Need{facts.Service, facts.Ingresses, facts.Grants},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, err := facts.Service.Get(p)
		if err != nil {
			return nil, err
		}
		list, routes, err := httpRoutes(p)
		if err != nil {
			return nil, err
		}
		var found findingSet
		if f := ungranted(s, list); f != nil {
			found.add(subject{}, *f)
		}
		var unknown error
		for _, in := range routes {
			for _, parent := range in.Gateway.Parents {
				f, err := unresolvedBackend(p, s, in, parent, list)
				unknown = errors.Join(unknown, err)
				if f != nil {
					c, _ := ingress.Current(parent.Conditions, "ResolvedRefs")
					found.add(subject{target: f.Target, condition: ingress.Condition{Reason: c.Reason}}, *f)
				}
			}
			for _, l := range in.Gateway.Used() {
				if c, bad := ingress.IsFalse(l.Conditions, "ResolvedRefs"); bad {
					f := unresolvedCertificate(in.Gateway, l, c, s, list.Own(in, s))
					found.add(subject{target: f.Target, listener: l.Name}, f)
				}
			}
		}
		return unlessFound(found.list, check.Error, unknown)
	},
}

// unresolvedBackend returns a finding on the backends of the HTTPRoute, else nil. It leaves a missing Service to INS0702.
func unresolvedBackend(
	p *check.Pass, s facts.ServiceInfo, in ingress.Ingress, parent ingress.Parent, list facts.IngressList,
) (*check.Finding, error) {
	c, ok := ingress.Current(parent.Conditions, "ResolvedRefs")
	switch {
	case ok && c.Status == "True":
		return nil, nil
	case !ok && c.Stale:
		return nil, fmt.Errorf("the status of %s is outdated: the controller of Gateway %s has not processed the last change",
			in, in.Gateway.Name)
	case !ok:
		return nil, fmt.Errorf("the status of %s does not say whether its references resolve: controller %s has not reported on it",
			in, in.Gateway.Class.Controller)
	}
	f := &check.Finding{
		Severity: check.Error, Target: in.Ref(),
		Summary: fmt.Sprintf("a reference of %s does not resolve: its controller reports %s", in, c),
		Cause:   "the controller does not find what the HTTPRoute references, or cannot route to it",
		Fixes:   []check.Fix{fix("correct the HTTPRoute", editCommand(in))},
	}
	absent := slices.ContainsFunc(list.Absent, func(b ingress.Backend) bool { return len(in.To(b)) > 0 })
	switch {
	case c.Reason == "BackendNotFound" && absent:
		return nil, nil
	case c.Reason == "RefNotPermitted":
		return missingGrant(p, s, in, list, f)
	case c.Reason == "InvalidKind":
		f.Severity, f.Cause = check.Warning, "another backend is not a Service, and the controller does not know its kind"
	}
	return f, nil
}

// ungranted returns a finding on the HTTPRoutes of other namespaces that no ReferenceGrant lets reference the Service, else nil.
// Anybody may create them, so they are worth knowing and no fault of the Service.
func ungranted(s facts.ServiceInfo, list facts.IngressList) *check.Finding {
	if len(list.Ungranted) == 0 {
		return nil
	}
	first := list.Ungranted[0]
	f := &check.Finding{
		Severity: check.Info, Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
		Summary: fmt.Sprintf("HTTPRoute %s references Service %s of this namespace, but no ReferenceGrant allows it", first, s.Name),
		Cause:   "it routes nothing to the Service, and its other problems were not checked",
		Fixes: []check.Fix{fix("check the HTTPRoute, if it is meant to route to the Service",
			cmdline.Kubectl("insideout", "httproute/"+first.Name, "-n", first.Namespace))},
	}
	if more := len(list.Ungranted) - 1; more > 0 {
		f.Summary += fmt.Sprintf(" (the same for %d more HTTPRoutes)", more)
	}
	if list.GrantsError != "" {
		f.Summary = fmt.Sprintf("HTTPRoutes of other namespaces reference Service %s, such as %s, and were not checked", s.Name, first)
		f.Cause = "whether a ReferenceGrant allows that is unknown: " + list.GrantsError
	}
	return f
}

// missingGrant completes the finding on an HTTPRoute whose reference to another namespace is not permitted. A grant is advised only for
// an HTTPRoute that the user named: others ask for access to the Service by themselves.
func missingGrant(
	p *check.Pass, s facts.ServiceInfo, in ingress.Ingress, list facts.IngressList, f *check.Finding,
) (*check.Finding, error) {
	if in.Namespace != s.Namespace {
		granted, err := facts.Grants.Get(p)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(granted, in.Namespace) {
			f.Summary = fmt.Sprintf("%s of namespace %s may not reference Service %s: no ReferenceGrant allows it", in, in.Namespace, s.Name)
			f.Cause = "a cross-namespace reference needs a ReferenceGrant in the target namespace"
			switch {
			case list.Own(in, s):
				f.Fixes = []check.Fix{referenceGrant(s.Namespace, "HTTPRoute", in.Namespace, "Service", s.Name)}
				return f, nil
			case !list.Serves(in):
				f.Severity = check.Info
			}
			f.Fixes = []check.Fix{fix("check the HTTPRoute, if it is meant to route to the Service",
				cmdline.Kubectl("insideout", "httproute/"+in.Name, "-n", in.Namespace))}
			return f, nil
		}
	}
	f.Severity, f.Cause = check.Warning, "it also references another namespace's Service, and no ReferenceGrant allows that"
	if !list.Own(in, s) {
		f.Severity, f.Fixes = check.Info, nil
	}
	return f, nil
}

// unresolvedCertificate returns a finding on a listener whose reference does not resolve. own reports whether the HTTPRoute that uses
// the listener is the target's own.
func unresolvedCertificate(g *ingress.Gateway, l ingress.Listener, c ingress.Condition, s facts.ServiceInfo, own bool) check.Finding {
	f := check.Finding{
		Severity: check.Error, Target: g.Ref(),
		Summary: fmt.Sprintf("a reference of listener %s of Gateway %s/%s does not resolve: its controller reports %s",
			l.Name, g.Namespace, g.Name, c),
		Cause: "the Secret with its certificate does not exist or is unusable, or another of its references is wrong",
		Fixes: []check.Fix{fix("correct the listener", cmdline.Kubectl("edit", "gateway", g.Name, "-n", g.Namespace))},
	}
	for _, secret := range l.Secrets {
		switch {
		case c.Reason == "RefNotPermitted" && secret.Namespace != g.Namespace:
			f.Cause = fmt.Sprintf("its certificate is in namespace %s, where no ReferenceGrant allows it", secret.Namespace)
			if own && secret.Namespace == s.Namespace {
				f.Fixes = append(f.Fixes, referenceGrant(secret.Namespace, "Gateway", g.Namespace, "Secret", secret.Name))
			} else { // a Gateway may name any Secret: only the Secret's owner knows whether it is meant to
				f.Fixes = append(f.Fixes, fix(fmt.Sprintf("ask the owner of namespace %s for a ReferenceGrant", secret.Namespace)))
			}
		case c.Reason == "InvalidCertificateRef":
			f.Fixes = append([]check.Fix{fix("create the Secret from the certificate and its key",
				cmdline.Kubectl("create", "secret", "tls", secret.Name, "-n", secret.Namespace, "--cert=CERTIFICATE.pem", "--key=KEY.pem"),
			)}, f.Fixes...)
		}
	}
	return f
}

// referenceGrant creates a ReferenceGrant for the object: objects of kind from in namespace of may reference it. kubectl has
// no command that creates one without a file.
func referenceGrant(namespace, from, of, kind, name string) check.Fix {
	manifest := patch(map[string]any{
		"apiVersion": "gateway.networking.k8s.io/v1beta1", "kind": "ReferenceGrant",
		"metadata": map[string]any{"name": name + "-from-" + of, "namespace": namespace},
		"spec": map[string]any{
			"from": []any{map[string]any{"group": "gateway.networking.k8s.io", "kind": from, "namespace": of}},
			"to":   []any{map[string]any{"group": "", "kind": kind, "name": name}},
		},
	})
	f := fix(fmt.Sprintf("allow references from namespace %s by a ReferenceGrant", of), cmdline.Apply(manifest))
	return weakening(f, "for every "+from+" of that namespace")
}
