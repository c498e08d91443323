package checks

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// ServicesAreReached finds Services that some of the tunnel agents do not reach, or none by the cluster IP.
var ServicesAreReached = &check.Check{
	Code: "TUN0706",
	Name: "services-are-reached",
	Hop:  hopServices,
	Doc: `every tunnel agent reaches the Services of webhooks and aggregated APIs

The API server calls them through any of the agents, and keeps connections that work: a dry run may go well while calls through another
agent fail. So each agent's node connects to the cluster IP, and to the pods behind it. A node that reaches the pods and not the cluster
IP has outdated rules of kube-proxy; with internalTrafficPolicy Local, a node reaches only the pods that it runs; and a Service with
publishNotReadyAddresses leads to pods that do not listen yet.`,
	Sources: []string{
		"https://kubernetes.io/docs/concepts/services-networking/service-traffic-policy",
		"https://kubernetes.io/docs/tasks/debug/debug-application/debug-service/#is-the-kube-proxy-working",
	},
	After: append(tunnelChecks(), WebhooksHaveEndpoints),
	Needs: []check.Need{facts.Tunnel, facts.Agents, facts.CalledServices, facts.AgentNodeReports},
	Run: func(p *check.Pass) ([]check.Finding, error) {
		_, agents, ok, err := tunnelAgents(p)
		if !ok || err != nil {
			return nil, err
		}
		called, err := facts.CalledServices.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("%v", err)
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if len(called) == 0 {
			p.Skip("the API server calls no Service")
			return nil, nil
		}
		reports, _ := facts.AgentNodeReports.Get(p) // without them, what the Services say remains
		var fs []check.Finding
		some := false
		for _, s := range called {
			tried := triesOf(s, reports)
			some = some || len(tried) > 0
			if f, found := nodeLocal(s, agents, tried); found {
				fs = append(fs, f)
			} else if f, found := unevenly(s, tried); found {
				fs = append(fs, f)
			}
		}
		if len(fs) == 0 && !some {
			p.Skip("no Service could be tried from an agent's node")
		}
		return limited(fs, "Service"), nil
	},
}

// try is how an agent's node reached a Service and the pods behind it.
type try struct {
	node     string
	client   netip.Addr // the agent's address
	services map[string]nodecheck.Outcome
	ipsec    *nodecheck.IPsec // of the node
	report   facts.NodeReport
}

// triesOf returns the nodes from which the Service was tried in an agent's network namespace.
func triesOf(s facts.CalledService, reports facts.NodeReports) []try {
	var list []try
	for _, r := range reports.Items {
		if r.Report.FromAgent && r.Report.Services[s.At.String()] != "" {
			list = append(list, try{r.Node, r.AgentIP, r.Report.Services, r.Report.IPsec, r})
		}
	}
	return list
}

// reaches reports whether the node reached the address, known whether it was tried.
func (t try) reaches(at fmt.Stringer) (ok, known bool) {
	o := t.services[at.String()]
	return o == nodecheck.Connected, o != ""
}

// nodeLocal is the finding on a Service with internalTrafficPolicy Local and agents on nodes that run none of its pods.
func nodeLocal(s facts.CalledService, agents facts.AgentList, tried []try) (check.Finding, bool) {
	if !s.NodeLocal || s.More {
		return check.Finding{}, false
	}
	var without []string
	for _, a := range agents.Alive() {
		local := a.Node == "" || slices.ContainsFunc(s.Endpoints, func(e facts.CalledEndpoint) bool { return e.Node == a.Node })
		reached := slices.ContainsFunc(tried, func(t try) bool { ok, _ := t.reaches(s.At); return t.node == a.Node && ok })
		if !local && !reached && !slices.Contains(without, a.Node) {
			without = append(without, a.Node)
		}
	}
	if len(without) == 0 {
		return check.Finding{}, false
	}
	f := calledFinding(s, fmt.Sprintf("calls of %s through the agent on node %s fail: its Service is for the pods of the same node only",
		s.Of, joinNames(without)))
	f.Cause = fmt.Sprintf("Service %s/%s has internalTrafficPolicy Local, and no ready pod of it is on that node", s.Service.Namespace,
		s.Service.Name)
	patch := `{"spec":{"internalTrafficPolicy":"Cluster"}}`
	f.Fixes = []check.Fix{fix("let every node lead to all of its pods",
		cmdline.Kubectl("patch", "service", s.Service.Name, "-n", s.Service.Namespace, "-p", patch))}
	f.Evidence = append(f.Evidence, check.Evidence{
		Source: cmdline.Kubectl("get", "endpointslices", "-n", s.Service.Namespace, "-l", "kubernetes.io/service-name="+s.Service.Name),
	})
	return f, true
}

// unevenly is the finding on a Service that some agents' nodes reach and others do not, or whose pods are not all reached.
func unevenly(s facts.CalledService, tried []try) (check.Finding, bool) {
	good := slices.IndexFunc(tried, func(t try) bool { ok, _ := t.reaches(s.At); return ok })
	bad := slices.IndexFunc(tried, func(t try) bool { ok, _ := t.reaches(s.At); return !ok })
	switch {
	case good < 0:
		return onlyClusterIP(s, tried) // or calls fail everywhere, which others tell
	case bad < 0:
		return somePods(s, tried)
	}
	t := tried[bad]
	f := calledFinding(s, fmt.Sprintf("calls of %s through the agent on node %s fail: %s: %s", s.Of, t.node, s.At, t.services[s.At.String()]))
	f.Also = append(f.Also, nodeRef(t.node))
	f.Evidence = []check.Evidence{connection(t.node, s.At)}
	for _, e := range s.Endpoints {
		if ok, known := t.reaches(e.At); ok || !known {
			continue
		}
		if !reachedByAny(tried, e) {
			return deadPod(s, e, t), true
		}
		f.Cause, f.Fixes, f.Evidence = lostOnTheWay(e, t, tried, f.Evidence)
		return f, true
	}
	if len(s.Endpoints) == 0 || s.More {
		f.Cause = "other agents' nodes reach it: the rules of kube-proxy on this node are outdated, or the network between it and the pods"
	} else {
		f.Cause = fmt.Sprintf("the node reaches every pod of Service %s/%s, and not its cluster IP: the rules of kube-proxy on this node are "+
			"outdated. It hangs, or cannot reach the API server", s.Service.Namespace, s.Service.Name)
	}
	f.Fixes = []check.Fix{fix("restart kube-proxy on the node", cmdline.Kubectl("delete", "pod", "-n", system, "-l", "component=kube-proxy",
		"--field-selector", "spec.nodeName="+t.node))}
	return f, true
}

// onlyClusterIP is the finding on a Service whose cluster IP no agent's node reaches, although one reaches each of its pods. Connections
// that the API server has kept may still work.
func onlyClusterIP(s facts.CalledService, tried []try) (check.Finding, bool) {
	for _, t := range tried {
		missed := func(e facts.CalledEndpoint) bool { ok, _ := t.reaches(e.At); return !ok }
		if len(s.Endpoints) == 0 || s.More || slices.ContainsFunc(s.Endpoints, missed) {
			continue
		}
		f := calledFinding(s, fmt.Sprintf("new calls of %s fail: no agent's node reaches %s: %s", s.Of, s.At, t.services[s.At.String()]))
		f.Also = append(f.Also, nodeRef(t.node))
		f.Cause = fmt.Sprintf("node %s reaches every pod of Service %s/%s, and not its cluster IP: the rules of kube-proxy are outdated, or "+
			"others come before them, such as those that a former kube-proxy left in iptables-legacy", t.node, s.Service.Namespace, s.Service.Name)
		f.Evidence = append(f.Evidence, connection(t.node, s.At))
		f.Fixes = []check.Fix{{
			Title: "look for rules of the cluster IP in both backends",
			Commands: []cmdline.Command{
				noTunnel(t.node, cmdline.Program("iptables-legacy", "-t", "nat", "-S")),
				noTunnel(t.node, cmdline.Program("iptables", "-t", "nat", "-S")),
			},
		}}
		return f, true
	}
	return check.Finding{}, false
}

func calledFinding(s facts.CalledService, summary string) check.Finding {
	f := check.Finding{Severity: check.Error, Target: s.Service, Summary: summary}
	if s.Ignorable {
		f.Severity = check.Warning
	}
	f.Evidence = []check.Evidence{{Source: cmdline.Kubectl("get", "service", s.Service.Name, "-n", s.Service.Namespace, "-o", "yaml")}}
	return f
}
