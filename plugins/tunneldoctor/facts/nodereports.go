package facts

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// NodeReport is what one node itself shows. It comes back by a pod's termination message, so also without the tunnel.
type NodeReport struct {
	Node  string `json:"node"`
	Agent string `json:"agent,omitempty"` // the agent's pod from whose place connections were made
	// AgentIP is that pod's address; zero where connections were made from the node's own.
	AgentIP   netip.Addr       `json:"agentIP,omitzero"`
	Report    nodecheck.Result `json:"report"`
	Truncated bool             `json:"cut,omitempty"`   // the end of the report did not come through
	Error     string           `json:"error,omitempty"` // why there is no report

	agent *nodecheck.Agent // to ask from its place again
}

// NodeReports is what nodes show, in the order of their names.
type NodeReports struct {
	Off string `json:"off,omitempty"` // why no node was asked although it could be
	// Egress are the servers outside the cluster that each node was asked to try; empty: that was not wanted.
	Egress []string     `json:"egress,omitempty"`
	Items  []NodeReport `json:"items"`
}

// Find returns what the node shows, or nil.
func (s NodeReports) Find(node string) *NodeReport {
	if i := slices.IndexFunc(s.Items, func(n NodeReport) bool { return n.Node == node }); i >= 0 {
		return &s.Items[i]
	}
	return nil
}

const (
	maxAgentNodes   = 6 // the autoscaler's ladder goes to 10 with 5,000 nodes
	maxStandIns     = 2
	maxKubeletNodes = 8
	maxReached      = 50 // kubelets that one node tries to reach, all at once
	// nodeCheckTimeout is how long a node may take to look at itself.
	nodeCheckTimeout = 15 * time.Second
)

// AgentNodeReports are what the nodes with agents show, of the agents, of their way to the API server and of their way to each
// chosen node's kubelet. Where there are no agents, other nodes stand in.
var AgentNodeReports = &Fact[NodeReports]{
	Name:   "agent-sides",
	Needs:  []check.Need{Tunnel, Agents, ClusterNodes},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get"), fact.Rule("", "pods", "list")},
	Create: kube.Rules(nodepod.Rights("", false)),
	Gather: func(ctx context.Context, e *Env) (NodeReports, []check.Evidence, error) {
		if e.NodeProber == nil {
			return NodeReports{Off: "--no-create"}, nil, nil
		}
		t, err := Tunnel.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		agents, err := Agents.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		var egress []string
		if e.Egress {
			egress = requiredServers(nodes)
		}
		reports, err := checkNodes(ctx, e, agentInputs(t, agents, nodes, egress))
		reports.Egress = egress
		return reports, nil, err
	},
}

// nodeInput is what to check on a node, and the report to fill in.
type nodeInput struct {
	NodeReport
	nodecheck.Input
}

func agentInputs(t TunnelInfo, agents AgentList, nodes NodeList, egress []string) []nodeInput {
	var reach []netip.Addr
	for _, n := range nodes.Items {
		if n.Chosen && !n.Simulated && n.IP.IsValid() && len(reach) < maxReached {
			reach = append(reach, n.IP)
		}
	}
	var api *nodecheck.Endpoint
	if t.Endpoint.Host != "" {
		api = &t.Endpoint
	}
	var list []nodeInput
	ask := func(n podhealth.Node, a *Agent) {
		input := nodeInput{NodeReport: NodeReport{Node: n.Name}, Input: nodecheck.Input{
			API: api, Reach: reach, Egress: egress, Kubelet: n.IP, Firewall: slices.Concat(reach, agents.addresses()),
		}}
		if a != nil {
			input.agent = &nodecheck.Agent{UID: a.UID, Name: a.Name, HealthPort: t.HealthPort}
			input.NodeReport.Agent, input.Input.Agent = a.Name, input.agent
			if ip, err := netip.ParseAddr(a.IP); err == nil && !a.HostNetwork {
				input.AgentIP = ip
			}
		}
		list = append(list, input)
	}
	checked := map[string]bool{}
	for _, a := range agents.Alive() {
		n := nodes.Find(a.Node)
		if n == nil || checked[n.Name] || !nodes.Usable(*n) || len(list) == maxAgentNodes || !isWord(a.UID) || !isWord(a.Name) {
			continue
		}
		checked[n.Name] = true
		ask(*n, &a)
	}
	for _, n := range nodes.Items {
		if len(list) == 0 || len(checked) > 0 && len(list) < maxStandIns && len(agents.Alive()) == 0 {
			if nodes.Usable(n) && !checked[n.Name] {
				checked[n.Name] = true
				ask(n, nil)
			}
		}
	}
	return list
}

// KubeletNodeReports are what the nodes show whose kubelets are not reached, or whose logs could not be read. What AgentNodeReports has
// of a node is not asked again.
var KubeletNodeReports = &Fact[NodeReports]{
	Name:   "kubelet-sides",
	Needs:  []check.Need{ClusterNodes, LogAttempts, AgentNodeReports},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get"), fact.Rule("", "pods", "list")},
	Create: kube.Rules(nodepod.Rights("", false)),
	Gather: func(ctx context.Context, e *Env) (NodeReports, []check.Evidence, error) {
		if e.NodeProber == nil {
			return NodeReports{Off: "--no-create"}, nil, nil
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		logs, _ := LogAttempts.From(ctx, e)
		reports, err := AgentNodeReports.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		var from []netip.Addr // from where the node is reached
		for _, s := range reports.Items {
			if s.AgentIP.IsValid() {
				from = append(from, s.AgentIP)
			}
			if n := nodes.Find(s.Node); n != nil && n.IP.IsValid() {
				from = append(from, n.IP)
			}
		}
		var known NodeReports
		var list []nodeInput
		for _, n := range nodes.Items {
			if !n.Chosen || !nodes.Usable(n) || !suspect(n, logs, reports) {
				continue
			}
			if report := reports.Find(n.Name); report != nil && report.Report.Kubelet != nil {
				known.Items = append(known.Items, *report)
				continue
			}
			if len(list) < maxKubeletNodes {
				list = append(list, nodeInput{NodeReport: NodeReport{Node: n.Name}, Input: nodecheck.Input{Kubelet: n.IP, Firewall: append(from[:len(from):len(from)], n.IP)}})
			}
		}
		checked, err := checkNodes(ctx, e, list)
		checked.Items = append(checked.Items, known.Items...)
		return checked, nil, err
	},
}

// suspect says whether something on the way to the node's kubelet is broken.
func suspect(n podhealth.Node, logs []Attempts, reports NodeReports) bool {
	if slices.ContainsFunc(logs, func(t Attempts) bool { return t.Node == n.Name && len(t.Errors) > 0 }) {
		return true
	}
	return slices.ContainsFunc(reports.Items, func(s NodeReport) bool {
		r, ok := s.Report.Reach[n.IP.String()]
		return ok && !r.OK()
	})
}

// askNodes runs the questions on their nodes at once. A node that gives no report has an Error; only where all lack the same
// right is that an error.
func checkNodes(ctx context.Context, e *Env, list []nodeInput) (NodeReports, error) {
	reports := NodeReports{Items: make([]NodeReport, len(list))}
	errs := make([]error, len(list))
	fact.Concurrently(len(list), func(i int) {
		input := list[i]
		reports.Items[i] = input.NodeReport
		report := &reports.Items[i]
		out, runErr := e.NodeProber.Run(ctx, input.Node, noderun.Command{Argv: input.Argv(), Timeout: nodeCheckTimeout})
		if runErr != nil && len(out.Stdout) == 0 {
			errs[i] = kube.NameDenied(runErr)
			report.Error = redact.Message(errs[i].Error())
			return
		}
		// what a node told that did not come to the end is cut
		var err error
		report.Report, err = nodecheck.Parse(string(out.Stdout))
		report.Truncated = errors.Is(err, nodecheck.ErrCut) || out.Truncated
		if a := report.Report.Agent; a != nil {
			for i, line := range a.Log {
				a.Log[i] = redact.Secrets(redact.Line(line))
			}
			if !e.Logs { // they would be in the bundle
				a.Log = nil
			}
		}
		if err != nil && !report.Truncated {
			report.Error = redact.Message(cmp.Or(runErr, err).Error())
		}
	})
	if len(list) > 0 && !slices.Contains(errs, nil) {
		return reports, errs[0]
	}
	return reports, nil
}
