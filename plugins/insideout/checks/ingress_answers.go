package checks

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// IngressAnswers compares the answers of the controllers with those of the Service.
var IngressAnswers = &check.Check{
	Code: "INS0707",
	Name: "ingress-answers",
	Hop:  hopIngress,
	Doc: `requests reach the app through the controller of the Ingress or Gateway

The test pod sends the same request to the controller, bypassing its load balancer, and to the Service. An answer that only
the controller gives is its own: 404 if no rule matches the request, 502 or 503 if it reaches no pod, 504 if no pod answers in
time.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/load-bal-ingress-c/troubleshoot-app-routing-ingress-502-503",
	},
	After: []*check.Check{IngressClassIsServed, RouteReferencesResolve},
	Needs: []check.Need{
		facts.Service, facts.Ingresses, facts.Controllers, facts.FromIngresses, facts.ControllerPolicies, facts.IngressesFromHere,
		facts.Answers,
	},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, err := serviceRoutes(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		answers, ok, err := probed(p, facts.FromIngresses)
		if err != nil || !ok {
			return nil, err
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var (
			fs      []check.Finding
			unknown error
		)
		for _, a := range answers.Items {
			refused := refusesExternalName(s, a, controllerOf(list.Of(a), all))
			if a.OK() && !refused {
				fs = append(fs, sameNotFound(p, s, list.Of(a), a)...)
				continue
			}
			if a.Connect != endpoints.Connected {
				if ok, err := worksFromHere(p, a, all.Address(a.Address)); err != nil {
					return fs, err
				} else if ok {
					continue
				}
			}
			in := list.Of(a)
			f := check.Finding{
				Severity: check.Error, Target: in.Ref(),
				Summary: fmt.Sprintf("request %s%s gets %s from the controller at %s, but %s from Service %s",
					a.Host, a.Path, outcome(a.Answer), a.At, outcome(a.Direct), s.Name),
			}
			f.Cause, f.Fixes = deniedController(p, s, a)
			if f.Cause == "" && a.Connect == endpoints.Connected && a.Spoken == endpoints.Closed && a.Matches && a.Direct.Spoken != endpoints.HTTPS {
				unknown = fmt.Errorf("the controller at %s closes connections without an answer: "+
					"it may expect the PROXY protocol, or not know the host", a.At)
				continue
			}
			switch {
			case refused:
				f.Summary = fmt.Sprintf("request %s%s gets %s from the controller at %s", a.Host, a.Path, outcome(a.Answer), a.At)
				f.Cause, f.Fixes = externalNameCause(s)
			case f.Cause == "":
				f.Cause, f.Fixes = controllerCause(s, in, a, all.Address(a.Address), controllerOf(in, all))
			}
			switch {
			case refusesOnPurpose(a):
				f.Severity = check.Warning
			case a.Rule.Split || a.Rule.ExtraMatches: // another backend may have answered
				f.Severity = check.Warning
			}
			fs = append(fs, f)
		}
		if answers.Total > len(answers.Items) {
			fs = append(fs, check.Finding{
				Severity: check.Info, Target: check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("only %d of %d requests that match the rules were tried", len(answers.Items), answers.Total),
				Cause:   "the number of requests is limited; --host and --path choose one",
			})
		}
		for _, in := range list.Items {
			if len(in.Addresses) == 0 && !slices.ContainsFunc(fs, func(f check.Finding) bool { return f.Severity == check.Error }) {
				if in.Annotated {
					return nil, fmt.Errorf("%s has no address in its status: whether a controller serves the class %s of its annotation is unknown",
						frontName(in), in.Class)
				}
				return nil, fmt.Errorf("%s has no address in its status, so it is unknown where its controller takes requests", frontName(in))
			}
		}
		return unlessFound(fs, check.Warning, unknown)
	},
}

// sameNotFound returns a finding if the controller answers 404 and the app does too, or is not known to answer otherwise. Whether the
// controller's is the app's is unknown, but for an app that answers / and not the rule's path.
func sameNotFound(p *check.Pass, s facts.ServiceInfo, in ingress.Ingress, a facts.IngressAnswer) []check.Finding {
	if a.Status != 404 {
		return nil
	}
	if a.Direct.Status == 404 && a.Path != "/" && !a.Guessed && servesRoot(p, a, s) {
		return []check.Finding{{
			Severity: check.Warning, Target: in.Ref(),
			Summary: fmt.Sprintf("the app answers 404 to %s%s, the path of the rule, although it serves /", a.Host, a.Path),
			Cause: "most likely the controller passes the path on as it is: nothing strips the prefix or rewrites the path, and the app does not " +
				"know it",
			Fixes: []check.Fix{fix("rewrite the path in the rule (a middleware or filter of the controller), or serve the app below the prefix",
				editCommand(in))},
		}}
	}
	f := check.Finding{
		Severity: check.Info, Target: in.Ref(),
		Summary: fmt.Sprintf("request %s%s gets status 404, both through the controller and from Service %s", a.Host, a.Path, s.Name),
		Cause:   "whether the controller's 404 comes from the app is unknown; try a path of the app with --path",
	}
	if a.Direct.Status != 404 {
		f.Summary = fmt.Sprintf("request %s%s gets status 404 through the controller, and what Service %s answers is unknown",
			a.Host, a.Path, s.Name)
	}
	return []check.Finding{f}
}

// servesRoot reports whether the app answered a request for / with success, on the port to which the request's rule leads.
func servesRoot(p *check.Pass, a facts.IngressAnswer, s facts.ServiceInfo) bool {
	answers, err := facts.Answers.Get(p)
	port, ok := a.Rule.Find(s.Ports)
	return err == nil && ok && slices.ContainsFunc(answers.Items, func(app facts.AppAnswer) bool {
		return app.Service == port && cmp.Or(app.RequestPath, "/") == "/" && app.Status >= 200 && app.Status < 300
	})
}

// worksFromHere reports whether this client gets a good answer to a request for which the test pod got no connection. An error
// means that nothing shows whose fault that is.
func worksFromHere(p *check.Pass, a facts.IngressAnswer, address facts.IngressAddress) (ok bool, err error) {
	if here, err := facts.IngressesFromHere.Get(p); err == nil {
		for _, h := range here.Items {
			if h.Ingress == a.Ingress && h.Namespace == a.Namespace && h.Gateway == a.Gateway && h.Request == a.Request && h.OK() {
				return true, nil
			}
		}
	}
	if address.Service == nil {
		return false, fmt.Errorf("neither the test pod nor this client can connect to %s, which is no Service's address: "+
			"it may be unreachable for both", a.At)
	}
	if passages, err := facts.ControllerPolicies.Get(p); err == nil {
		for _, result := range passages {
			if result.Address == a.Address && !result.ToController.Allows() {
				return false, fmt.Errorf("%s denies the test pod egress to the controller, so its answers are unknown: "+
					"name a namespace with such egress with --client", policyNames("", "", result.ToController.Policies))
			}
		}
	}
	return false, nil
}

// outcome describes an answer for a sentence.
func outcome(a endpoints.Answer) string {
	switch {
	case a.Connect == "":
		return "an unknown answer (no request was sent)"
	case a.Connect != endpoints.Connected:
		return "no connection (" + a.Connect + ")"
	case a.Status != 0:
		return fmt.Sprintf("status %d", a.Status)
	case a.Spoken == endpoints.Nothing:
		return "no answer in time"
	case a.Spoken == endpoints.Closed:
		return "a closed connection"
	}
	return "no HTTP answer"
}

// deniedController names the NetworkPolicies that deny the controller's connections to the pods; empty if none is known to.
func deniedController(p *check.Pass, s facts.ServiceInfo, a facts.IngressAnswer) (string, []check.Fix) {
	if a.Connect != endpoints.Connected || a.Status != 0 && a.Status < 500 {
		return "", nil
	}
	passages, err := facts.ControllerPolicies.Get(p)
	if err != nil {
		return "", nil // then the cause names NetworkPolicies as a possibility
	}
	for _, result := range passages {
		switch {
		case result.Address != a.Address || !routesToPort(a, s, result):
		case !result.In.Allows():
			return fmt.Sprintf("%s %s not allow ingress from the controller (namespace %s) on port %s",
					policyNames(s.Namespace, s.Namespace, result.In.Policies), does(len(result.In.Policies)), result.Namespace, result.Port),
				[]check.Fix{addRule(s.Namespace, netpolicy.Ingress, result.In, result.Namespace, s.Namespace, result.Port)}
		case !result.Out.Allows():
			return fmt.Sprintf("%s %s not allow egress from the controller to namespace %s on port %s",
					policyNames(result.Namespace, s.Namespace, result.Out.Policies), does(len(result.Out.Policies)), s.Namespace, result.Port),
				[]check.Fix{addRule(result.Namespace, netpolicy.Egress, result.Out, result.Namespace, s.Namespace, result.Port)}
		}
	}
	return "", nil
}

// routesToPort reports whether the request's rule routes to the Service's port that the result is for.
func routesToPort(a facts.IngressAnswer, s facts.ServiceInfo, result facts.ControllerPolicyResult) bool {
	p, ok := a.Rule.Find(s.Ports)
	return ok && result.For(p)
}

// policyFix looks for NetworkPolicies between the controller and the pods.
func policyFix(s facts.ServiceInfo, address facts.IngressAddress) check.Fix {
	f := fix("look for a NetworkPolicy that denies the controller", cmdline.Kubectl("get", "networkpolicies", "-n", s.Namespace))
	if address.Service != nil {
		f.Commands = []cmdline.Command{cmdline.Kubectl("insideout", "svc/"+s.Name, "-n", s.Namespace, "--client", address.Service.Namespace)}
	}
	return f
}

// controllerOf returns the name of the class's controller; empty if it is unknown.
func controllerOf(in ingress.Ingress, all facts.ControllerList) string {
	class, _ := all.Class(in)
	return class.Controller
}
