package facts

import (
	"context"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
	"github.com/akstools/akstools/internal/testpod"
)

// PolicyResults holds what NetworkPolicies decide about connections to the Service's pods.
type PolicyResults struct {
	Namespace string         `json:"namespace"` // the client's
	Client    string         `json:"client,omitempty"`
	Items     []PolicyResult `json:"items"`
	// DNS is the verdict on egress from the test pod to the cluster's DNS.
	DNS netpolicy.Verdict `json:"dns"`
}

// PolicyResult is what NetworkPolicies decide about connections to one port of a pod.
type PolicyResult struct {
	Pod  string         `json:"pod"`
	Port netpolicy.Port `json:"port"`
	// TestPod is the verdict for the test pod, Client that for the client; nil if none is named.
	TestPod PolicyVerdict  `json:"testPod"`
	Client  *PolicyVerdict `json:"client,omitempty"`
	// Outside is the verdict on ingress from an address outside the cluster, such as Azure's health probes
	// (https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16); zero for a Service without load balancer.
	Outside netpolicy.Verdict `json:"outside,omitzero"`
	// AllowedPeers are the rules that allow ingress on the port from existing pods, if they deny the test pod. AllowedEgress
	// are the rules that allow egress to the port from some pod of the client's namespace, if they deny the test pod.
	AllowedPeers  []netpolicy.Rule `json:"letIn,omitempty"`
	AllowedEgress []netpolicy.Rule `json:"letOut,omitempty"`
}

// PolicyVerdict is what NetworkPolicies decide about one client's connections.
type PolicyVerdict struct {
	In  netpolicy.Verdict `json:"in"`  // by the policies that select the pod
	Out netpolicy.Verdict `json:"out"` // by the policies that select the client
}

// Allows reports whether NetworkPolicies allow the connections.
func (w PolicyVerdict) Allows() bool { return w.In.Allows() && w.Out.Allows() }

// Policies are read if packets are lost or a client is named. Whether the cluster enforces policies, and what those of Calico
// or Cilium decide, is unknown.
var Policies = &Fact[PolicyResults]{
	Name:  "policy-passages",
	Needs: []check.Need{Service, Pods},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "networkpolicies", "list"),
		fact.Rule("", "pods", "get", "list"), fact.Rule("", "namespaces", "get", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (PolicyResults, []check.Evidence, error) {
		s, err := Service.From(ctx, e)
		if err != nil {
			return PolicyResults{}, nil, err
		}
		all := PolicyResults{Namespace: e.clientNamespace(), Client: e.Client.Pod, Items: []PolicyResult{}}
		policies, seen, err := policiesIn(ctx, e, s.Namespace, all.Namespace)
		if err != nil {
			return all, seen, err
		}
		v := evaluator{e: e, policies: policies}
		if err := v.load(ctx, s); err != nil {
			return all, seen, err
		}
		selecting := netpolicy.Selecting(policies, netpolicy.Egress, v.testPod)
		all.DNS = netpolicy.Evaluate(selecting, netpolicy.Egress, v.testPod, cluster.DNSPod(), netpolicy.DNSPort())
		pods, err := Pods.From(ctx, e)
		if err != nil {
			return all, seen, err
		}
		serving := pods.Serving(s)
		for _, p := range serving[:min(len(serving), maxTried)] {
			for _, port := range s.Ports {
				if n, ok := port.Target(p.Ports()); ok && !p.HostNetwork { // policies do not apply to pods on their node's network
					to := netpolicy.Port{Protocol: port.Protocol, Number: n}
					passage, err := v.result(ctx, p, to)
					if err != nil {
						return all, seen, err
					}
					if s.LoadBalancer != nil {
						passage.Outside = v.verdict(netpolicy.End{Address: healthProbes}, v.serverEnd(p), to).In
					}
					all.Items = append(all.Items, passage)
				}
			}
		}
		return all, seen, nil
	},
}

// policiesIn lists the NetworkPolicies of the namespaces.
func policiesIn(
	ctx context.Context, e *Env, namespaces ...string,
) (policies []*networkingv1.NetworkPolicy, seen []check.Evidence, err error) {
	slices.Sort(namespaces)
	for _, namespace := range slices.Compact(namespaces) {
		seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "networkpolicies", "-n", namespace, "-o", "yaml")})
		list, err := cluster.NetworkPolicies(ctx, e.Clients, namespace)
		if err != nil {
			return nil, seen, err
		}
		policies = append(policies, list...)
	}
	return policies, seen, nil
}

// healthProbes is the source of Azure's health probes.
var healthProbes = netip.AddrFrom4([4]byte{168, 63, 129, 16})

// evaluator evaluates connections to the Service's pods.
type evaluator struct {
	e        *Env
	policies []*networkingv1.NetworkPolicy
	labels   map[string]map[string]string // of the Service's pods, by pod name
	server   netpolicy.End                // what the Service's pods have in common
	testPod  netpolicy.End
	client   *netpolicy.End // nil: none is named
}

// load reads the labels of pods and namespaces.
func (v *evaluator) load(ctx context.Context, s ServiceInfo) error {
	o := metav1.ListOptions{LabelSelector: s.PodSelector(), Limit: 500}
	pods, err := v.e.Clients.Metadata("v1", "pods").Namespace(s.Namespace).List(ctx, o)
	if err != nil {
		return err
	}
	v.labels = map[string]map[string]string{}
	for _, p := range pods.Items {
		v.labels[p.Name] = p.Labels
	}
	v.server, v.testPod = netpolicy.End{Namespace: s.Namespace}, netpolicy.End{Namespace: v.e.clientNamespace(), Labels: testpod.Labels()}
	if len(v.policies) > 0 {
		for _, end := range []*netpolicy.End{&v.server, &v.testPod} {
			namespace, err := v.e.Clients.Metadata("v1", "namespaces").Get(ctx, end.Namespace, metav1.GetOptions{})
			if err != nil {
				return err
			}
			end.NamespaceLabels = namespace.Labels
		}
	}
	if v.e.Client.Pod == "" {
		return nil
	}
	client, err := v.e.Clients.CoreV1().Pods(v.testPod.Namespace).Get(ctx, v.e.Client.Pod, metav1.GetOptions{})
	if err != nil {
		return err
	}
	end := v.testPod
	end.Labels = client.Labels
	end.Address, _ = netip.ParseAddr(client.Status.PodIP)
	if client.Spec.HostNetwork { // no policy selects it, and to others it is an address
		end.Namespace = ""
	}
	v.client = &end
	return nil
}

func (v *evaluator) result(ctx context.Context, p podhealth.Pod, port netpolicy.Port) (PolicyResult, error) {
	server := v.serverEnd(p)
	passage := PolicyResult{Pod: p.Name, Port: port, TestPod: v.verdict(v.testPod, server, port)}
	if v.client != nil {
		way := v.verdict(*v.client, server, port)
		passage.Client = &way
	}
	if !passage.TestPod.In.Allows() {
		for _, r := range passage.TestPod.In.Rules {
			if !r.MatchesPort {
				continue
			}
			matches, err := v.matchesAnyPod(ctx, r)
			if err != nil {
				return passage, err
			}
			if matches {
				passage.AllowedPeers = append(passage.AllowedPeers, r)
			}
		}
	}
	if !passage.TestPod.Out.Allows() {
		of := netpolicy.InNamespace(v.policies, netpolicy.Egress, v.testPod.Namespace)
		for _, r := range netpolicy.Evaluate(of, netpolicy.Egress, v.testPod, server, port).Rules {
			if r.MatchesPort && r.MatchesPeer {
				passage.AllowedEgress = append(passage.AllowedEgress, r)
			}
		}
	}
	return passage, nil
}

// serverEnd returns a pod of the Service as policies see it.
func (v *evaluator) serverEnd(p podhealth.Pod) netpolicy.End {
	server := v.server
	server.Labels = v.labels[p.Name]
	server.Address, _ = netip.ParseAddr(p.IP)
	for _, c := range p.Ports() {
		server.Ports = append(server.Ports, netpolicy.NamedPort{Name: c.Name, Port: netpolicy.Port{Protocol: c.Protocol, Number: c.Number}})
	}
	return server
}

func (v *evaluator) verdict(client, server netpolicy.End, port netpolicy.Port) PolicyVerdict {
	return PolicyVerdict{
		In:  netpolicy.Evaluate(netpolicy.Selecting(v.policies, netpolicy.Ingress, server), netpolicy.Ingress, server, client, port),
		Out: netpolicy.Evaluate(netpolicy.Selecting(v.policies, netpolicy.Egress, client), netpolicy.Egress, client, server, port),
	}
}
