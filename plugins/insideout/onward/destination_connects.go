package onward

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// DestinationConnects evaluates a connection from the pod's node and namespace.
var DestinationConnects = &check.Check{
	Code: "INS1004",
	Name: "destination-connects",
	Hop:  hopConnection,
	Doc: `the destination accepts connections from the pod's node

A test pod in the pod's namespace and on its node connects. NetworkPolicies may allow one of the two pods and not the other:
INS1003 evaluates them.`,
	Sources: []string{
		"https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/connectivity/basic-troubleshooting-outbound-connections",
	},
	After: []*check.Check{PoliciesLetPodOut},
	Needs: []check.Need{facts.Origin, facts.Onward, facts.OnwardPolicies, facts.OtherPolicies, facts.NamedService},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		o, err := facts.Origin.Get(p)
		if err != nil {
			return nil, err
		}
		a, err := facts.Onward.Get(p)
		switch {
		case err != nil:
			return nil, err
		case a.NotProbed() != "":
			return nil, fmt.Errorf("no connection was tried: %s", a.NotProbed())
		case a.Connect == "":
			return nil, fmt.Errorf("no connection was tried: the address of %s is unknown", o.To.Host)
		case a.Connect == endpoints.Connected:
			return nil, nil
		}
		policies, err := facts.OnwardPolicies.Get(p)
		if err != nil {
			return nil, err
		}
		switch {
		case o.Pod.HostNetwork:
			return nil, fmt.Errorf(
				"a test pod cannot connect to %s (%s), but the pod is on its node's network, from which no connection was tried",
				a.Address,
				a.Connect,
			)
		case a.From != o.Pod.Node:
			return nil, fmt.Errorf("no connection to %s from node %s, which is not the pod's own: %s", a.Address, a.From, a.Connect)
		case policies.Destination.HasBackend() && !policies.TestPod.Allows():
			return nil, fmt.Errorf(
				"NetworkPolicies allow egress to %s from the pod but not from the test pod, so it could not be tried",
				a.Address,
			)
		}
		asked := serviceAsks(policies.Destination, o.Pod.Node) != ""
		if a.Connect != endpoints.Refused && !asked {
			if err := facts.MayBeMeant(p); err != nil {
				return nil, fmt.Errorf("no connection to %s from node %s (%s): %w", a.Address, a.From, a.Connect, err)
			}
		}
		f := check.Finding{
			Severity: check.Error, Target: o.Ref(),
			Summary: fmt.Sprintf("no connection to %s from node %s: %s", a.Address, a.From, a.Connect),
		}
		if isName(o.To.Host) {
			f.Summary = fmt.Sprintf("no connection to %s (%s) from node %s: %s", o.To.Host, a.Address, a.From, a.Connect)
		}
		if f.Cause, f.Fixes = connectionCause(a.Connect, policies.Destination); asked {
			f.Cause, f.Fixes = serviceAsks(policies.Destination, o.Pod.Node), serviceFixes(policies.Destination)
		}
		if named, err := facts.NamedService.Get(p); err == nil && named.HeadlessPort(o.To.Port) != "" {
			f.Cause = fmt.Sprintf(
				"Service %s/%s is headless: its name leads to the pods themselves, and nothing translates port %d to targetPort %s",
				named.Service.Namespace,
				named.Service.Name,
				o.To.Port,
				named.HeadlessPort(o.To.Port),
			)
			f.Fixes = []check.Fix{fix("let the client use the port of the pods, or give the Service a ClusterIP")}
		}
		return []check.Finding{f}, nil
	},
}

// serviceAsks says what the Service itself asks for so that connections from the node fail; empty: nothing.
func serviceAsks(to facts.OnwardTarget, node string) string {
	switch {
	case to.Service == nil:
		return ""
	case to.ProxyName != "":
		return fmt.Sprintf("by its label %s, kube-proxy leaves Service %s/%s to another proxy, %s", facts.ServiceProxyLabel,
			to.Service.Namespace, to.Service.Name, to.ProxyName)
	case to.LocalTo != nil && !slices.Contains(to.LocalTo, node):
		return fmt.Sprintf("internalTrafficPolicy of Service %s/%s is Local, and node %s has no ready pod of it; its pods are on %s",
			to.Service.Namespace, to.Service.Name, node, cmp.Or(strings.Join(to.LocalTo, ", "), "no node"))
	}
	return ""
}

// serviceFixes change what serviceAsks names.
func serviceFixes(to facts.OnwardTarget) []check.Fix {
	s := to.Service
	if to.ProxyName != "" {
		return []check.Fix{fix("remove the label, if no such proxy is installed",
			cmdline.Kubectl("label", "service", s.Name, "-n", s.Namespace, facts.ServiceProxyLabel+"-"))}
	}
	return []check.Fix{
		fix("let the Service take connections from every node",
			cmdline.Kubectl("patch", "service", s.Name, "-n", s.Namespace, "-p", `{"spec":{"internalTrafficPolicy":"Cluster"}}`)),
		fix("run a pod of it on every node, such as by a DaemonSet"),
	}
}

// connectionCause says why the connection failed.
func connectionCause(outcome string, to facts.OnwardTarget) (string, []check.Fix) {
	if to.Service != nil {
		diagnose := []check.Fix{
			fix("diagnose the Service", cmdline.Kubectl("insideout", "svc/"+to.Service.Name, "-n", to.Service.Namespace)),
		}
		name := fmt.Sprintf("Service %s/%s", to.Service.Namespace, to.Service.Name)
		switch {
		case len(to.Ports) > 0:
			var ports []string
			for _, port := range to.Ports {
				ports = append(ports, port.String())
			}
			return fmt.Sprintf("%s has no such TCP port; it has %s", name, strings.Join(ports, ", ")), diagnose
		case to.NoEndpoint:
			return name + " has no ready endpoints", diagnose
		}
		return "the address belongs to " + name, diagnose
	}
	switch outcome {
	case endpoints.Refused:
		return "the destination, or something in front of it, refuses the connection: nothing listens on the port, or a firewall rejects it", nil
	case endpoints.Unreachable:
		return "the node has no route to the destination", nil
	}
	if to.Pod != nil {
		return "the pod does not answer, or the network between the nodes drops the packets", nil
	}
	return "something drops the packets: a network security group, a firewall or route table on the cluster's outbound path, " +
		"or the destination's own firewall, if it does not allow the cluster's outbound address", nil
}
