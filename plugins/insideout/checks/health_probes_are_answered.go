package checks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// HealthProbesAreAnswered evaluates the answers of nodes to the load balancer's health probes.
var HealthProbesAreAnswered = &check.Check{
	Code: "INS0602",
	Name: "health-probes-are-answered",
	Hop:  hopLoadBalancer,
	Doc: `nodes answer the load balancer's health probes

A load balancer whose nodes all fail its probe drops every connection, even if the app works. By default a TCP connection is
enough. With appProtocol http or https, Azure requests the path / and expects status 200. externalTrafficPolicy Local and
annotations change the probe.`,
	Sources: []string{"https://github.com/Azure/AKS/issues/3210", "https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/"},
	After:   []*check.Check{LoadBalancerHasAddress},
	Needs:   []check.Need{facts.Service, facts.Pods, facts.HealthProbes, facts.Policies, facts.OtherPolicies},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, ok, err := loadBalanced(p)
		if err != nil || !ok {
			return nil, err
		}
		if s.LoadBalancer.Class != "" {
			p.Skip("how a load balancer of class %s probes is unknown", s.LoadBalancer.Class)
			return nil, nil
		}
		answers, ok, err := probed(p, facts.HealthProbes)
		if err != nil || !ok {
			return nil, err
		}
		var (
			fs      []check.Finding
			unknown error
		)
		for _, r := range s.LoadBalancer.Rules {
			if r.Probe == nil {
				continue
			}
			if r.Probe.Port == 0 {
				fs = append(fs, noNodePort(s, r))
				continue
			}
			var bad []facts.HealthAnswer
			total := 0
			for _, a := range answers.Items {
				if a.Port != r.Port {
					continue
				}
				total++
				if !a.OK(*r.Probe) {
					bad = append(bad, a)
				}
			}
			if total == 0 {
				return nil, fmt.Errorf("no node was probed with %s for port %d: no Ready node gets connections from the load balancer",
					r.Probe, r.Port)
			}
			if len(bad) == 0 {
				continue
			}
			if i := slices.IndexFunc(bad, func(a facts.HealthAnswer) bool { return len(a.DeniedBy) > 0 }); i >= 0 {
				unknown = fmt.Errorf("the health probe could not be tried: NetworkPolicy %s does not allow egress from the test pod to node %s; "+
					"name another namespace with --client", strings.Join(bad[i].DeniedBy, ", "), bad[i].Node)
				continue
			}
			if slices.ContainsFunc(bad, func(a facts.HealthAnswer) bool { return a.NoResponse() }) {
				if err := facts.MayBeMeant(p); err != nil {
					unknown = fmt.Errorf("the health probe of port %d gets %s from node %s: %w",
						r.Port, healthOutcome(bad[0]), bad[0].Node, err)
					continue
				}
			}
			f := check.Finding{
				Severity: check.Error,
				Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
				Summary: fmt.Sprintf("the health probe of port %d (%s) gets %s from node %s (%d of %d nodes)",
					r.Port, r.Probe, healthOutcome(bad[0]), bad[0].Node, len(bad), total),
				Cause: fmt.Sprintf("the probe is set by %s; the load balancer uses only nodes that answer it with status 200", r.Probe.By),
				Fixes: probeFixes(p, s, r),
			}
			switch denying := deniesOutside(p); {
			case r.Probe.PortBy != "" && r.Probe.Port != r.NodePort:
				f.Cause = fmt.Sprintf("%s sends the probe to port %d of the nodes, which is not the node port of this port (%d)",
					r.Probe.PortBy, r.Probe.Port, r.NodePort)
				f.Fixes = []check.Fix{ownNodePort(s, r)}
			case denying != "" && slices.ContainsFunc(bad, facts.HealthAnswer.NoResponse):
				f.Cause = denying + " lets nothing in from outside the cluster: neither the load balancer's health probes (168.63.129.16) " +
					"nor its clients"
				f.Fixes = []check.Fix{weakening(fix("let the clients' addresses and 168.63.129.16 in by an ipBlock of the policy",
					cmdline.Kubectl("get", "networkpolicies", "-n", s.Namespace)), "for those addresses")}
			case r.Probe.Scheme == "tcp":
				f.Cause = "the node port does not reach the app: see kube-proxy and the firewall on the node"
			}
			if len(bad) < total {
				f.Severity = check.Warning
			}
			fs = append(fs, f)
		}
		return unlessFound(fs, check.Warning, unknown)
	},
}

// deniesOutside names the NetworkPolicies that deny all pods ingress from outside the cluster; empty: none do, or they are unknown.
func deniesOutside(p *check.Pass) string {
	policies, err := facts.Policies.Get(p)
	if err != nil || len(policies.Items) == 0 {
		return ""
	}
	for _, r := range policies.Items {
		if r.Outside.Allows() {
			return ""
		}
	}
	return policyNames("", "", policies.Items[0].Outside.Policies)
}

// ownNodePort makes the load balancer probe the port's own node port again.
func ownNodePort(s facts.ServiceInfo, r azurelb.Rule) check.Fix {
	return fix("remove the annotation, so that the port's own node port is probed",
		cmdline.Kubectl("annotate", "service", s.Name, "-n", s.Namespace, strings.TrimPrefix(r.Probe.PortBy, "annotation ")+"-"))
}

// noNodePort is the finding on a port that has no node port to probe.
func noNodePort(s facts.ServiceInfo, r azurelb.Rule) check.Finding {
	f := check.Finding{
		Severity: check.Error,
		Target:   check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name},
		Summary:  fmt.Sprintf("port %d has no node port, so the load balancer cannot probe any node and sends it nothing", r.Port),
		Cause:    "the Service has allocateLoadBalancerNodePorts false",
		Fixes: []check.Fix{fix("let Kubernetes allocate node ports", cmdline.Kubectl(
			"patch", "service", s.Name, "-n", s.Namespace, "-p",
			patch(map[string]any{"spec": map[string]any{"allocateLoadBalancerNodePorts": true}}),
		))},
	}
	if r.Probe.PortBy != "" && r.NodePort != 0 {
		f.Summary = fmt.Sprintf("no node port is probed for port %d, so the load balancer sends it nothing", r.Port)
		f.Cause, f.Fixes = r.Probe.PortBy+" names a port that the Service does not have", []check.Fix{ownNodePort(s, r)}
	}
	return f
}

// healthOutcome describes an answer for a sentence.
func healthOutcome(a facts.HealthAnswer) string {
	switch {
	case a.Connect != endpoints.Connected:
		return "no connection (" + a.Connect + ")"
	case a.Status != 0:
		return fmt.Sprintf("status %d over %s", a.Status, strings.ToUpper(a.Spoken))
	}
	return "no HTTP status (" + a.Spoken + ")"
}

// probeFixes make the load balancer send a probe that the app answers.
func probeFixes(p *check.Pass, s facts.ServiceInfo, r azurelb.Rule) []check.Fix {
	if r.Probe.Scheme == "tcp" || s.LoadBalancer.Local {
		return []check.Fix{fix("show the endpoints behind the node port", getSlices(s))}
	}
	annotate := func(parameter, value string) cmdline.Command {
		annotation := fmt.Sprintf("%sport_%d_health-probe_%s=%s", azurelb.Prefix, r.Port, parameter, value)
		return cmdline.Kubectl("annotate", "service", s.Name, "-n", s.Namespace, "--overwrite", annotation)
	}
	fixes := []check.Fix{fix("use a TCP health probe", annotate("protocol", "tcp"))}
	pods, err := facts.Pods.Get(p)
	if err != nil {
		return fixes
	}
	for _, pod := range pods.Serving(s) {
		for _, c := range pod.Containers {
			probe, ok := c.Probes["readiness"]
			if ok && probe.Kind == r.Probe.Scheme && probe.Path != "" && probe.Path != r.Probe.Path {
				path := fix("request the readiness probe's path, which the app answers", annotate("request-path", probe.Path))
				return append([]check.Fix{path}, fixes...)
			}
		}
	}
	return fixes
}
