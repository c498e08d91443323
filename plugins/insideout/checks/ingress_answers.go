package checks

import (
	"fmt"
	"slices"
	"strings"

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
				fs = append(fs, sameNotFound(s, list.Of(a), a)...)
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

// sameNotFound returns a finding if both the controller and the app answer 404: whether the controller's is the app's is then
// unknown.
func sameNotFound(s facts.ServiceInfo, in ingress.Ingress, a facts.IngressAnswer) []check.Finding {
	if a.Status != 404 {
		return nil
	}
	return []check.Finding{{
		Severity: check.Info, Target: in.Ref(),
		Summary: fmt.Sprintf("request %s%s gets status 404, both through the controller and from Service %s", a.Host, a.Path, s.Name),
		Cause:   "whether the controller's 404 comes from the app is unknown; try a path of the app with --path",
	}}
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

// controllerCause says why the controller does not pass the request on.
func controllerCause(
	s facts.ServiceInfo, in ingress.Ingress, a facts.IngressAnswer, address facts.IngressAddress, controller string,
) (string, []check.Fix) {
	rules := fix("correct the rules", editCommand(in))
	logs := fix("show the controller's log")
	if address.Service != nil {
		logs.Commands = []cmdline.Command{cmdline.Kubectl("logs", "-n", address.Service.Namespace, "-l", address.Selector, "--tail=20")}
	}
	switch {
	case a.ToItself:
		return "the answer redirects to the very URL that was requested, so clients turn in a circle (too many redirects): TLS ends at the " +
				"controller, and the app redirects what reaches it as plain HTTP to https",
			[]check.Fix{fix("make the app trust the header X-Forwarded-Proto of the controller, or leave the redirect to the controller", editCommand(in))}
	case a.Connect != endpoints.Connected:
		to := address.Service
		if to == nil {
			return "the controller does not answer, and no Service of the cluster has its address", []check.Fix{logs}
		}
		return fmt.Sprintf("the controller does not answer behind its Service %s/%s", to.Namespace, to.Name), []check.Fix{
			fix("diagnose the controller's Service", cmdline.Kubectl("insideout", "svc/"+to.Name, "-n", to.Namespace)),
		}
	case !a.Matches:
		return fmt.Sprintf("no rule of %s matches the request; the closest is for %s", in, a.Rule), []check.Fix{rules}
	case a.Direct.Spoken == endpoints.HTTPS && (a.Status == 400 || a.Status == 500 || a.Status == 502 || a.Status == 0):
		return "the app speaks TLS, but the controller speaks plain HTTP to it", backendTLS(s, in, controller)
	case asksForTLS(s, in) != "" && a.Direct.Spoken == endpoints.HTTP && (a.Status == 0 || a.Status >= 500):
		return fmt.Sprintf("the controller speaks TLS (HTTPS) to the app, by %s, but the app speaks plain HTTP", asksForTLS(s, in)),
			[]check.Fix{fix("remove what asks for TLS, or make the app serve it", editCommand(in),
				cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))}
	case a.Rule.Split || a.Rule.ExtraMatches:
		return "the rule has other backends too, or matches headers, a method or a query: something else may have answered", []check.Fix{rules}
	case a.Status == 404:
		return "the controller rejected the " + in.Kind() + " (see its log), prefers another rule, " +
			"or rewrites the path to one that the app does not have", []check.Fix{logs, rules}
	case a.Status == 502, a.Status == 503:
		return "the controller reaches no pod of the Service, although its ClusterIP answers", []check.Fix{policyFix(s, address), logs}
	case a.Status == 504, a.Status == 0:
		return "the app does not answer the controller in time, or something drops the packets to the pods, such as a NetworkPolicy",
			[]check.Fix{policyFix(s, address), logs}
	}
	if a.Status >= 500 {
		return "the controller itself gives this answer: it cannot use the app's, or a middleware fails; its log says why", []check.Fix{logs, rules}
	}
	return "the controller itself gives this answer: by a limit on the request's size, origin or rate, or by a middleware",
		[]check.Fix{rules, logs}
}

// asksForTLS returns by what the controller is asked to speak TLS to the Service; empty: by nothing that is known.
func asksForTLS(s facts.ServiceInfo, in ingress.Ingress) string {
	switch {
	case in.BackendTLS != "":
		return "annotation " + in.BackendTLS + " of " + in.String()
	case s.BackendTLS != "":
		return "annotation " + s.BackendTLS + " of the Service"
	}
	return ""
}

// refusesOnPurpose reports whether the controller may refuse the request because it was told to, such as by its origin or rate.
func refusesOnPurpose(a facts.IngressAnswer) bool {
	return a.Status >= 400 && a.Status < 500 && a.Status != 404 && a.Matches && a.Direct.Spoken != endpoints.HTTPS
}

// refusesExternalName reports whether the answer is of a controller that does not lead to Services of type ExternalName, unless it is
// told to (https://doc.traefik.io/traefik/reference/install-configuration/providers/kubernetes/kubernetes-ingress/).
func refusesExternalName(s facts.ServiceInfo, a facts.IngressAnswer, controller string) bool {
	return s.ExternalName != "" && strings.Contains(controller, "traefik") && (a.Status == 404 || a.Status == 503)
}

func externalNameCause(s facts.ServiceInfo) (string, []check.Fix) {
	return "the Service is an ExternalName, which Traefik refuses to route to unless allowExternalNameServices is set",
		[]check.Fix{
			fix("set providers.kubernetesIngress.allowExternalNameServices in Traefik, if you trust whoever may create Services"),
			fix("or use a Service with an EndpointSlice instead", cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace)),
		}
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
