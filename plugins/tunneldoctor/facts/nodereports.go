package facts

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/nodecheck"
	"github.com/akstools/akstools/internal/nodepod"
	"github.com/akstools/akstools/internal/noderun"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/redact"
)

// NodeReport is what a node reports about its own network, as package nodecheck checks it. It is returned by a pod's termination
// message, so no tunnel is needed.
type NodeReport struct {
	Node  string `json:"node"`
	Agent string `json:"agent,omitempty"` // the tunnel agent on the node; empty for a node without one
	// AgentIP is the agent's own address; zero if it uses the host network.
	AgentIP   netip.Addr       `json:"agentIP,omitzero"`
	Report    nodecheck.Result `json:"report"`
	Truncated bool             `json:"cut,omitempty"`   // the end of the report is missing
	Error     string           `json:"error,omitempty"` // why there is no report

	agent *nodecheck.Agent // for a further check from the agent's network namespace; not in bundles
}

// LosesAPI reports whether connections from the node to the agents' endpoint get no answer.
func (r NodeReport) LosesAPI() bool {
	api, agent := r.Report.API, r.Report.Agent
	if api == nil {
		return false
	}
	return api.TCP == nodecheck.TimedOut || api.UDP != nodecheck.Answered && agent != nil && agent.Unanswered()
}

// NodeReports are the reports of several nodes.
type NodeReports struct {
	Off string `json:"off,omitempty"` // why no node was checked; empty if nodes were to be checked
	// Egress are the servers outside the cluster that each node was to connect to; empty without --egress.
	Egress []string     `json:"egress,omitempty"`
	Items  []NodeReport `json:"items"`
}

// Find returns the report of the node, or nil.
func (s NodeReports) Find(node string) *NodeReport {
	if i := slices.IndexFunc(s.Items, func(n NodeReport) bool { return n.Node == node }); i >= 0 {
		return &s.Items[i]
	}
	return nil
}

// Kubelet returns the node's report if it covers the node's kubelet, or nil.
func (s NodeReports) Kubelet(node string) *NodeReport {
	if r := s.Find(node); r != nil && r.Report.Kubelet != nil {
		return r
	}
	return nil
}

const (
	maxAgentNodes   = 6 // the autoscaler's ladder goes up to 10 agents, with 5,000 nodes
	maxStandIns     = 2
	maxKubeletNodes = 8
	maxReached      = 50 // the kubelets that one node connects to, all at once
	// nodesTimeout limits the checks of all nodes: with --via azure each takes some run commands.
	nodesTimeout = 5 * time.Minute
	// nodeCheckTimeout limits the check of one node.
	nodeCheckTimeout = 15 * time.Second
)

// AgentNodeReports are the reports of the agents' nodes about the agents, their connections to the API server and those to the
// kubelet of each chosen node, or of maxReached of them, and to the Services that the API server calls. If there are no agents, other
// nodes stand in.
var AgentNodeReports = &Fact[NodeReports]{
	Name:     "agent-sides",
	Timeout:  nodesTimeout,
	Needs:    []check.Need{Tunnel, Agents, ClusterNodes, LogAttempts, CalledServices},
	Access:   []rbacv1.PolicyRule{fact.Rule("", "nodes", "get")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list")}},
	Create:   nodepod.Rules(),
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
		reach := reached(nodes, func() []Attempts {
			logs, _ := LogAttempts.From(ctx, e) // without them, any nodes will do
			return logs
		})
		inputs := agentInputs(t, agents, nodes, egress, reach)
		if called, err := CalledServices.From(ctx, e); err == nil { // without them, they are not tried
			for i := range inputs {
				if inputs[i].agent != nil {
					inputs[i].Services = addressesOf(called)
				}
			}
		}
		reports, err := checkNodes(ctx, e, inputs)
		reports.Egress = egress
		return reports, nil, err
	},
}

// nodeInput is what to check on a node, and the report to fill.
type nodeInput struct {
	NodeReport
	nodecheck.Input
}

// reached returns the addresses of the kubelets that the agents' nodes connect to: of the chosen nodes, or, if there are more than
// maxReached, first of those whose logs cannot be read: only then it calls logs.
func reached(nodes NodeList, logs func() []Attempts) []netip.Addr {
	var names []string
	var all []netip.Addr
	for _, n := range nodes.Items {
		if n.Chosen && !n.Simulated && n.IP.IsValid() {
			names, all = append(names, n.Name), append(all, n.IP)
		}
	}
	if len(all) <= maxReached {
		return all
	}
	fails := map[string]bool{}
	for _, t := range logs() {
		fails[t.Node] = len(t.Errors) > 0
	}
	var failing, others []netip.Addr
	for i, ip := range all {
		if fails[names[i]] {
			failing = append(failing, ip)
		} else {
			others = append(others, ip)
		}
	}
	failing = spread(failing, maxReached)
	return slices.Concat(failing, spread(others, maxReached-len(failing)))
}

// agentInputs returns what to check on the agents' nodes, or on those that stand in for them.
func agentInputs(t TunnelInfo, agents AgentList, nodes NodeList, egress []string, reach []netip.Addr) []nodeInput {
	var api *nodecheck.Endpoint
	if t.Endpoint.Host != "" {
		api = &t.Endpoint
	}
	var list []nodeInput
	add := func(n podhealth.Node, a *Agent) {
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
	alive := agents.Alive()
	for _, a := range alive {
		n := nodes.Find(a.Node)
		if n == nil || checked[n.Name] || !nodes.Usable(*n) || len(list) == maxAgentNodes || !isWord(a.UID) || !isWord(a.Name) {
			continue
		}
		checked[n.Name] = true
		add(*n, &a)
	}
	for _, n := range nodes.Items {
		if len(list) == 0 || len(checked) > 0 && len(list) < maxStandIns && len(alive) == 0 {
			if nodes.Usable(n) && !checked[n.Name] {
				checked[n.Name] = true
				add(n, nil)
			}
		}
	}
	return list
}

// KubeletNodeReports are the reports about their own kubelets of the nodes to which a path is broken, without those that
// AgentNodeReports holds: readers look there first, and need this fact only for other nodes.
var KubeletNodeReports = &Fact[NodeReports]{
	Name:     "kubelet-sides",
	Timeout:  nodesTimeout,
	Needs:    []check.Need{Tunnel, ClusterNodes, LogAttempts, AgentNodeReports},
	Access:   []rbacv1.PolicyRule{fact.Rule("", "nodes", "get")},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {fact.Rule("", "pods", "list")}},
	Create:   nodepod.Rules(),
	Gather: func(ctx context.Context, e *Env) (NodeReports, []check.Evidence, error) {
		if e.NodeProber == nil {
			return NodeReports{Off: "--no-create"}, nil, nil
		}
		nodes, err := ClusterNodes.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		reports, err := AgentNodeReports.From(ctx, e)
		if err != nil {
			return NodeReports{}, nil, err
		}
		broken := e.brokenPaths(ctx, nodes, reports)
		checked, err := checkNodes(ctx, e, kubeletInputs(nodes, broken, reports))
		return checked, nil, err
	},
}

// kubeletInputs returns what to check on the kubelets' nodes of the broken paths.
func kubeletInputs(nodes NodeList, broken []BrokenPath, reports NodeReports) []nodeInput {
	var clients []netip.Addr // the addresses from which agents connect
	for _, s := range reports.Items {
		if s.AgentIP.IsValid() {
			clients = append(clients, s.AgentIP)
		}
		if n := nodes.Find(s.Node); n != nil && n.IP.IsValid() {
			clients = append(clients, n.IP)
		}
	}
	var list []nodeInput
	for _, n := range Targets(broken) {
		if !nodes.Usable(n) || reports.Kubelet(n.Name) != nil || len(list) == maxKubeletNodes {
			continue
		}
		firewall := append(slices.Clone(clients), n.IP)
		list = append(list, nodeInput{NodeReport{Node: n.Name}, nodecheck.Input{Kubelet: n.IP, Firewall: firewall}})
	}
	return list
}

// checkNodes checks the nodes concurrently. A node without a report has an Error instead. checkNodes itself returns an error only
// if no node could be checked.
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
		var err error
		report.Report, err = nodecheck.Parse(string(out.Stdout))
		report.Truncated = errors.Is(err, nodecheck.ErrCut) || out.Truncated
		if a := report.Report.Agent; a != nil && !e.Logs { // bundles hold them
			a.Log = nil
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
