package checks

import (
	"fmt"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/testpod"
)

// IngressAnswers sends requests through the controllers.
var IngressAnswers = &check.Check{
	Code: "INS0707",
	Name: "ingress-answers",
	Hop:  hopIngress,
	Doc: `requests come through the Ingress's controller to the app

The test pod sends the same request to the controller, past its load balancer, and to the Service. What only the controller
answers is its own: 404 where no rule is for the request, 502 and 503 where it reaches no pod, 504 where none answers it in time.
Source: https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/load-bal-ingress-c/troubleshoot-app-routing-ingress-502-503`,
	After: []*check.Check{IngressClassIsServed},
	Needs: []check.Need{facts.Service, facts.Ingresses, facts.Controllers, facts.FromIngresses},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, err := served(p)
		if err != nil || len(list.Items) == 0 {
			return nil, err
		}
		answers, err := facts.FromIngresses.Get(p)
		switch {
		case err != nil:
			return nil, err
		case answers.Off != "":
			p.Skip("it was not probed: %s", answers.Off)
			return nil, nil
		}
		for _, in := range list.Items {
			if len(in.Addresses) == 0 {
				return nil, fmt.Errorf("the status of Ingress %s has no address, so it is not known where its controller is reached", in.Name)
			}
		}
		all, err := facts.Controllers.Get(p)
		if err != nil {
			return nil, err
		}
		var fs []check.Finding
		for _, a := range answers.Items {
			if a.Good() {
				continue
			}
			f := check.Finding{
				Severity: check.Error, Target: check.Ref{Kind: "ingress", Namespace: s.Namespace, Name: a.Ingress},
				Summary: fmt.Sprintf("the request %s%s gets %s from the controller at %s, and %s from Service %s", a.Host, a.Path, outcome(a.Answer), a.At, outcome(a.Direct), s.Name),
			}
			f.Cause, f.Fixes = notPassedOn(s, a, all.Entrance(a.Address))
			fs = append(fs, f)
		}
		return fs, nil
	},
}

// outcome is an answer in words.
func outcome(a testpod.Answer) string {
	switch {
	case a.Connect == "":
		return "no answer, since it was not asked,"
	case a.Connect != testpod.Connected:
		return "no connection (" + a.Connect + ")"
	case a.Status != 0:
		return fmt.Sprintf("the status %d", a.Status)
	case a.Spoken == testpod.Nothing:
		return "no answer in time"
	case a.Spoken == testpod.Closed:
		return "a closed connection"
	}
	return "no answer in HTTP"
}

// notPassedOn says why the controller does not pass a request on.
func notPassedOn(s facts.ServiceInfo, a facts.IngressAnswer, entrance facts.Entrance) (string, []check.Fix) {
	edit := check.Fix{Title: "correct the rules", Commands: [][]string{kubectl("edit", "ingress", a.Ingress, "-n", s.Namespace)}}
	logs := check.Fix{Title: "see what the controller says"}
	if entrance.Service != nil {
		logs.Commands = [][]string{kubectl("logs", "-n", entrance.Service.Namespace, "-l", entrance.Selector, "--tail=20")}
	}
	switch {
	case a.Connect != testpod.Connected:
		cause := "nothing answers for the controller"
		if entrance.Service == nil {
			return cause + "; no Service of the cluster has its address", []check.Fix{logs}
		}
		return fmt.Sprintf("%s: Service %s of namespace %s does not lead to it", cause, entrance.Service.Name, entrance.Service.Namespace), []check.Fix{
			{Title: "find out why", Commands: [][]string{kubectl("insideout", "svc/"+entrance.Service.Name, "-n", entrance.Service.Namespace)}},
		}
	case !a.Meant:
		return fmt.Sprintf("no rule of Ingress %s is for the request: the nearest is for %s", a.Ingress, a.Rule), []check.Fix{edit}
	case a.Direct.Spoken == testpod.HTTPS:
		return "the app speaks TLS, and the controller plain HTTP to it", backendTLS(s, a)
	case a.Status == 404:
		return "the controller has no such rule: it did not take the Ingress, which its log tells, or another rule comes before it", []check.Fix{logs, edit}
	case a.Status == 502, a.Status == 503:
		return "the controller reaches no pod of the Service, although its ClusterIP answers", []check.Fix{policyFix(s, entrance), logs}
	case a.Status == 504, a.Status == 0:
		return "the controller gets no answer in the time that it gives the app, or its packets to the pods are dropped, as by a NetworkPolicy", []check.Fix{policyFix(s, entrance), logs}
	}
	return "the controller answers so by itself: by its rules for the request's size, origin or rate, or by a middleware", []check.Fix{logs}
}

// policyFix looks for NetworkPolicies between the controller and the pods.
func policyFix(s facts.ServiceInfo, entrance facts.Entrance) check.Fix {
	f := check.Fix{Title: "look for a NetworkPolicy that does not let the controller in", Commands: [][]string{kubectl("get", "networkpolicies", "-n", s.Namespace)}}
	if entrance.Service != nil {
		f.Commands = [][]string{kubectl("insideout", "svc/"+s.Name, "-n", s.Namespace, "--client", entrance.Service.Namespace)}
	}
	return f
}

// backendTLS makes the controller speak TLS to the Service.
func backendTLS(s facts.ServiceInfo, a facts.IngressAnswer) []check.Fix {
	return []check.Fix{
		{Title: "make ingress-nginx speak TLS to the app", Commands: [][]string{
			kubectl("annotate", "ingress", a.Ingress, "-n", s.Namespace, "nginx.ingress.kubernetes.io/backend-protocol=HTTPS"),
		}},
		{Title: "make Traefik speak TLS to the app", Commands: [][]string{
			kubectl("annotate", "service", s.Name, "-n", s.Namespace, "traefik.ingress.kubernetes.io/service.serversscheme=https"),
		}},
	}
}
