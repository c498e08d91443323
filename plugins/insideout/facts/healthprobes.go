package facts

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/dial"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/testpod"
)

// HealthAnswers holds what nodes answer to the load balancer's health probes, sent by the test pod.
type HealthAnswers struct {
	Probes
	From  string         `json:"from,omitempty"`
	Items []HealthAnswer `json:"items"`
}

// HealthAnswer is what one node answers to one port's probe.
type HealthAnswer struct {
	Node string `json:"node"`
	Port int32  `json:"port"` // of the Service
	endpoints.Answer
	// DeniedBy are the NetworkPolicies that deny the test pod egress to the node, if it did not connect. The load balancer's
	// own probe may get through.
	DeniedBy []string `json:"barred,omitempty"`
}

// NoResponse reports whether the packets to the node, or back, were lost.
func (a HealthAnswer) NoResponse() bool {
	return a.Connect == endpoints.TimedOut || a.Connect == endpoints.Unreachable
}

// OK reports whether the load balancer would send traffic to the node.
func (a HealthAnswer) OK(p azurelb.Probe) bool {
	if p.Scheme == "tcp" {
		return a.Connect == endpoints.Connected
	}
	return a.Spoken == p.Scheme && a.Status == 200
}

// A load balancer takes a node out only after some failed probes in a row, and kube-proxy needs a moment until it answers as the pods are:
// a probe that fails is repeated after the pause (https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview).
const (
	probeRepeats = 2
	probePause   = 2 * time.Second
)

// maxProbedNodes bounds how many nodes are probed: a wrong probe mostly fails on all of them.
const maxProbedNodes = 4

// HealthProbes sends the load balancer's health probes to nodes that should get its traffic: with externalTrafficPolicy Local,
// the nodes of the Service's pods.
var HealthProbes = &Fact[HealthAnswers]{
	Name:   "health-probes",
	Needs:  []check.Need{Service, Pods, Answers},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "get", "list"), fact.Rule("networking.k8s.io", "networkpolicies", "list")},
	Create: testpod.Rules(),
	Gather: func(ctx context.Context, e *Env) (HealthAnswers, []check.Evidence, error) {
		all := HealthAnswers{Items: []HealthAnswer{}}
		s, err := Service.From(ctx, e)
		if err != nil || s.LoadBalancer == nil {
			return all, nil, err
		}
		if all.disabled(e) {
			return all, nil, nil
		}
		nodes, seen, err := balancedNodes(ctx, e, s)
		if err != nil {
			return all, seen, err
		}
		pod, err := e.clientPod(ctx)
		if err != nil {
			return all, seen, err
		}
		all.From = pod.Node
		if err := all.probe(ctx, e, pod.Dialer(), s.LoadBalancer, nodes); err != nil {
			return all, seen, err
		}
		policies, err := all.checkPolicies(ctx, e, s.LoadBalancer, nodes)
		return all, append(seen, policies...), err
	},
}

func (l *HealthAnswers) probe(ctx context.Context, e *Env, from dial.Dialer, lb *azurelb.LoadBalancer, nodes []podhealth.Node) error {
	var requests []testpod.Request
	var probes []azurelb.Probe
	for _, r := range lb.Rules {
		if r.Probe == nil || r.Probe.Port == 0 {
			continue
		}
		for _, n := range nodes {
			at := address(n.IP.String(), r.Probe.Port)
			l.Items = append(l.Items, HealthAnswer{Node: n.Name, Port: r.Port})
			probes = append(probes, *r.Probe)
			requests = append(requests, testpod.Request{Address: at, Protocol: r.Probe.Scheme, Host: at, Path: r.Probe.Path, Timeout: e.Timeout})
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	for i := range requests {
		g.Go(func() error { return l.Items[i].probe(ctx, from, requests[i], probes[i]) })
	}
	return g.Wait()
}

// probe sends the probe, and repeats it while the node answers unhealthy.
func (a *HealthAnswer) probe(ctx context.Context, from dial.Dialer, r testpod.Request, p azurelb.Probe) (err error) {
	for try := 0; ; try++ {
		if a.Answer, err = testpod.Do(ctx, from, r); err != nil {
			return err
		}
		if a.OK(p) || a.NoResponse() || try == probeRepeats {
			return nil
		}
		select {
		case <-time.After(probePause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// checkPolicies sets DeniedBy where NetworkPolicies deny the test pod's lost connections.
func (l *HealthAnswers) checkPolicies(
	ctx context.Context, e *Env, lb *azurelb.LoadBalancer, nodes []podhealth.Node,
) ([]check.Evidence, error) {
	if !slices.ContainsFunc(l.Items, HealthAnswer.NoResponse) {
		return nil, nil
	}
	policies, seen, err := policiesIn(ctx, e, e.clientNamespace())
	if err != nil {
		return seen, err
	}
	from := netpolicy.End{Namespace: e.clientNamespace(), Labels: testpod.Labels()}
	selecting := netpolicy.Selecting(policies, netpolicy.Egress, from)
	for i := range l.Items {
		a := &l.Items[i]
		rule := slices.IndexFunc(lb.Rules, func(r azurelb.Rule) bool { return r.Port == a.Port && r.Probe != nil })
		node := slices.IndexFunc(nodes, func(n podhealth.Node) bool { return n.Name == a.Node })
		if !a.NoResponse() || rule < 0 || node < 0 {
			continue
		}
		to := netpolicy.End{Address: nodes[node].IP}
		port := netpolicy.Port{Protocol: "TCP", Number: lb.Rules[rule].Probe.Port}
		if verdict := netpolicy.Evaluate(selecting, netpolicy.Egress, from, to, port); !verdict.Allows() {
			a.DeniedBy = verdict.Policies
		}
	}
	return seen, nil
}

// internalIPv6 is the node's internal IPv6 address, invalid if it has none.
func internalIPv6(n *corev1.Node) netip.Addr {
	for _, a := range n.Status.Addresses {
		if ip, err := netip.ParseAddr(a.Address); err == nil && ip.Is6() && ip.Zone() == "" && a.Type == corev1.NodeInternalIP {
			return ip
		}
	}
	return netip.Addr{}
}

// balancedNodes returns Ready nodes to which the load balancer sends traffic.
func balancedNodes(ctx context.Context, e *Env, s ServiceInfo) ([]podhealth.Node, []check.Evidence, error) {
	var nodes []podhealth.Node
	add := func(n *corev1.Node) {
		node := cluster.NodeOf(n)
		if s.IPv6 {
			node.IP = internalIPv6(n)
		}
		if node.Ready.Status == string(corev1.ConditionTrue) && !node.Leaving && node.IP.IsValid() && len(nodes) < maxProbedNodes {
			nodes = append(nodes, node)
		}
	}
	if !s.LoadBalancer.Local {
		o := metav1.ListOptions{LabelSelector: "!" + corev1.LabelNodeExcludeBalancers, Limit: 5 * maxProbedNodes}
		list, err := e.Clients.CoreV1().Nodes().List(ctx, o)
		if err != nil {
			return nil, nil, err
		}
		for i := range list.Items {
			add(&list.Items[i])
		}
		return nodes, []check.Evidence{{Source: cmdline.Kubectl("get", "nodes", "-l", o.LabelSelector, "-o", "wide")}}, nil
	}
	pods, err := Pods.From(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	for _, p := range pods.Serving(s) {
		if !slices.Contains(names, p.Node) && len(names) < maxProbedNodes {
			names = append(names, p.Node)
		}
	}
	for _, name := range names {
		n, err := e.Clients.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		} else if err != nil {
			return nil, nil, err
		}
		add(n)
	}
	return nodes, []check.Evidence{{Source: cmdline.Kubectl("get", "nodes", "-o", "wide").With(names...)}}, nil
}
