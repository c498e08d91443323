package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

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
	case a.ToItself && !a.Direct.ToItself && (a.Direct.Status < 300 || a.Direct.Status > 399):
		return "the answer redirects to the very URL that was requested, so clients turn in a circle (too many redirects): a rule of " +
			in.String() + " redirects requests that came over TLS already", []check.Fix{fix("redirect only plain HTTP", editCommand(in))}
	case a.ToItself:
		return "the answer redirects to the very URL that was requested, so clients turn in a circle (too many redirects): TLS ends at the " +
				"controller, and the app redirects what reaches it as plain HTTP to https",
			[]check.Fix{fix("make the app trust the header X-Forwarded-Proto of the controller, or leave the redirect to the controller",
				editCommand(in))}
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
	case emptyRule(in, a) != "":
		return fmt.Sprintf("a rule of %s that takes the request has no backend: %s", in, emptyRule(in, a)),
			[]check.Fix{fix("give the rule a backend, or make one rule of the two (a stray dash begins a new one)", editCommand(in))}
	case a.Rule.Split || a.Rule.ExtraMatches:
		return "the rule has other backends too, or matches headers, a method or a query: something else may have answered",
			[]check.Fix{rules}
	case a.Status == 404 && len(in.References) > 0:
		return fmt.Sprintf("the controller drops a rule whose annotation names what does not exist: see %s of %s, and the controller's log",
				strings.Join(in.References, ", "), in),
			[]check.Fix{logs, fix("correct the annotation, such as NAMESPACE-NAME@kubernetescrd for a middleware", editCommand(in))}
	case a.Status == 404 && s.Reference != "" && strings.Contains(controller, "traefik"):
		return fmt.Sprintf("Traefik drops a rule to a Service whose annotation names what does not exist: see %s of the Service, and the "+
				"controller's log", s.Reference),
			[]check.Fix{logs, fix("correct the annotation: NAMESPACE-NAME@kubernetescrd",
				cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace))}
	case a.Status == 404:
		return "the controller rejected the " + in.Kind() + " (see its log), prefers another rule, " +
			"or rewrites the path to one that the app does not have", []check.Fix{logs, rules}
	case a.Status == 502, a.Status == 503:
		return "the controller reaches no pod of the Service, although its ClusterIP answers", []check.Fix{policyFix(s, address), logs}
	case (a.Status == 504 || a.Spoken == endpoints.Nothing) && a.Direct.Millis >= slowAnswer:
		return fmt.Sprintf(
				"the controller's time ran out: it waits less long than the app takes to answer, which was %.1f s for the same request",
				float64(a.Direct.Millis)/1000,
			),
			[]check.Fix{fix("make the app answer sooner, or the controller wait longer", editCommand(in)), logs}
	case a.Status == 504, a.Status == 0:
		return "the app does not answer the controller in time, or something drops the packets to the pods, such as a NetworkPolicy",
			[]check.Fix{policyFix(s, address), logs}
	}
	if a.Status >= 500 {
		return "the controller itself gives this answer: it cannot use the app's, or a middleware fails; its log says why",
			[]check.Fix{logs, rules}
	}
	return "the controller itself gives this answer: by a limit on the request's size, origin or rate, or by a middleware",
		[]check.Fix{rules, logs}
}

// emptyRule returns the rule without a backend that takes the request of the answer; empty: none does.
func emptyRule(in ingress.Ingress, a facts.IngressAnswer) string {
	if empty, ok := in.Preceding(a.Rule, a.Host, a.Path); ok && a.Status >= 400 {
		return empty.String()
	}
	return ""
}

// slowAnswer is from when on an answer of the app counts as slow, in milliseconds: a controller that gives up before it waits for it.
const slowAnswer = 1000

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
			fix("use a Service with an EndpointSlice instead", cmdline.Kubectl("edit", "service", s.Name, "-n", s.Namespace)),
		}
}
