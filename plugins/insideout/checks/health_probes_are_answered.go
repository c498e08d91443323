package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// HealthProbesAreAnswered asks what the load balancer asks.
var HealthProbesAreAnswered = &check.Check{
	Code: "INS0602",
	Name: "health-probes-are-answered",
	Hop:  hopLoadBalancer,
	Doc: `nodes answer the load balancer's health probes

A load balancer all of whose nodes fail its probe drops every connection, although the app works. An appProtocol of http or
https makes Azure ask for the path / and take nothing but the status 200; without it, it is content with a connection.`,
	Sources: []string{"https://github.com/Azure/AKS/issues/3210", "https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/"},
	After:   []*check.Check{LoadBalancerHasAddress},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.HealthProbes, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := balanced(p)
		if err != nil || !ok {
			return nil, err
		}
		if s.LoadBalancer.Class != "" {
			p.Skip("how a load balancer of class %s asks is not known", s.LoadBalancer.Class)
			return nil, nil
		}
		answers, err := facts.HealthProbes.Get(p)
		switch {
		case err != nil:
			return nil, err
		case answers.Off != "":
			p.Skip("it was not probed: %s", answers.Off)
			return nil, nil
		}
		var (
			fs      []check.Finding
			unknown error
		)
		for _, r := range s.LoadBalancer.Rules {
			if r.Probe == nil {
				continue
			}
			var bad []facts.HealthAnswer
			asked := 0
			for _, a := range answers.Items {
				if a.Port != r.Port {
					continue
				}
				if asked++; !a.Good(*r.Probe) {
					bad = append(bad, a)
				}
			}
			if asked == 0 {
				return nil, fmt.Errorf("no node was asked %s for port %d: none is Ready and gets connections from the load balancer, or the port has no node port", r.Probe, r.Port)
			}
			if len(bad) == 0 {
				continue
			}
			if i := slices.IndexFunc(bad, func(a facts.HealthAnswer) bool { return len(a.Barred) > 0 }); i >= 0 {
				unknown = fmt.Errorf("the health probe could not be tried as the load balancer asks: NetworkPolicy %s does not let the test pod out to node %s; name another namespace with --client",
					strings.Join(bad[i].Barred, ", "), bad[i].Node)
				continue
			}
			if slices.ContainsFunc(bad, func(a facts.HealthAnswer) bool { return a.Lost() }) {
				if err := facts.MayBeMeant(p); err != nil {
					unknown = fmt.Errorf("the health probe of port %d gets %s from node %s: %w", r.Port, gets(bad[0]), bad[0].Node, err)
					continue
				}
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("the load balancer's health probe of port %d, %s, gets %s from node %s (%d of %d asked)",
					r.Port, r.Probe, gets(bad[0]), bad[0].Node, len(bad), asked),
				Cause: fmt.Sprintf("that it asks so is by %s; only the status 200 keeps a node in use", r.Probe.By),
				Fixes: probeFixes(p, s, r),
			}
			if r.Probe.Scheme == "tcp" {
				f.Cause = "the node port does not lead to the app: kube-proxy on the node, or a rule of its packet filter"
			}
			if len(bad) < asked {
				f.Severity = check.Warning
			}
			fs = append(fs, f)
		}
		return unlessFound(fs, check.Warning, unknown)
	},
}

// gets is an answer in words.
func gets(a facts.HealthAnswer) string {
	switch {
	case a.Connect != endpoints.Connected:
		return "no connection (" + a.Connect + ")"
	case a.Status != 0:
		return fmt.Sprintf("the status %d over %s", a.Status, a.Spoken)
	}
	return "an answer that is " + a.Spoken
}

// probeFixes let the load balancer ask what the app answers.
func probeFixes(p *check.Pass, s facts.ServiceInfo, r azurelb.Rule) []check.Fix {
	if r.Probe.Scheme == "tcp" || s.LoadBalancer.Local {
		return []check.Fix{fix("see what the node port leads to", kubectl("get", "endpointslices", "-n", s.Namespace, "-l", "kubernetes.io/service-name="+s.Name))}
	}
	annotate := func(parameter, value string) [][]string {
		return [][]string{kubectl("annotate", "service", s.Name, "-n", s.Namespace, "--overwrite", fmt.Sprintf("%sport_%d_health-probe_%s=%s", azurelb.Prefix, r.Port, parameter, value))}
	}
	fixes := []check.Fix{fix("let it be content with a connection", annotate("protocol", "tcp")...)}
	pods, err := facts.Pods.Get(p)
	if err != nil {
		return fixes
	}
	for _, pod := range pods.Serving(s) {
		for _, c := range pod.Containers {
			if probe, ok := c.Probes["readiness"]; ok && probe.Kind == r.Probe.Scheme && probe.Path != "" && probe.Path != r.Probe.Path {
				return append([]check.Fix{fix("let it ask for the path of the readiness probe, which the app answers", annotate("request-path", probe.Path)...)}, fixes...)
			}
		}
	}
	return fixes
}
