package facts

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

// OnwardPolicyResult is what NetworkPolicies decide about connections from the pod to the destination.
type OnwardPolicyResult struct {
	Destination OnwardTarget  `json:"destination"`
	Pod         PolicyVerdict `json:"pod"`
	TestPod     PolicyVerdict `json:"testPod"` // for the test pod, which has other labels
	// DNS is the verdict on egress from the pod to the cluster's DNS, TestDNS that on egress from the test pod.
	DNS     netpolicy.Verdict `json:"dns"`
	TestDNS netpolicy.Verdict `json:"testDNS"`
	// DNSElsewhere reports whether pods query an address of their node, such as LocalDNS's, and not CoreDNS itself. Whether
	// policies allow that depends on the engine.
	DNSElsewhere bool `json:"dnsElsewhere,omitempty"`
	// Engine is a pod of the engine that enforces policies, such as Azure NPM, Calico or Cilium; empty: none was found.
	Engine string `json:"engine,omitempty"`
}

// OnwardPolicies are evaluated for the pod, and for the test pod that makes the connection.
var OnwardPolicies = &Fact[OnwardPolicyResult]{
	Name:  "onward-policies",
	Needs: []check.Need{Origin, OnwardNames},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "get", "list"), fact.Rule("", "namespaces", "get"),
		fact.Rule("", "services", "list"), fact.Rule("discovery.k8s.io", "endpointslices", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (OnwardPolicyResult, []check.Evidence, error) {
		var p OnwardPolicyResult
		o, err := Origin.From(ctx, e)
		if err != nil {
			return p, nil, err
		}
		origin, err := originEnd(ctx, e, o)
		if err != nil {
			return p, nil, err
		}
		to, _ := destination(ctx, e, o) // the policies for DNS are evaluated without it too
		far := netpolicy.End{}
		p.Destination.Port = netpolicy.Port{Protocol: "TCP", Number: o.To.Port}
		if to != "" {
			far, err = p.Destination.resolve(ctx, e, to)
			if err != nil {
				return p, nil, err
			}
		}
		policies, seen, err := policiesIn(ctx, e, e.Target.Namespace, cmp.Or(far.Namespace, e.Target.Namespace))
		if err != nil {
			return p, seen, err
		}
		dns, err := cluster.DNSEnd(ctx, e.Clients)
		if err != nil {
			return p, seen, err
		}
		v := evaluator{policies: policies}
		test := netpolicy.End{Namespace: e.Target.Namespace, NamespaceLabels: origin.NamespaceLabels, Labels: testpod.Labels()}
		p.Pod, p.TestPod = v.verdict(origin, far, p.Destination.Port), v.verdict(test, far, p.Destination.Port)
		if o.Pod.HostNetwork && o.Pod.Node == p.Destination.Node { // a pod's own node is always allowed
			p.Pod.In = netpolicy.Verdict{}
		}
		p.DNS = netpolicy.Evaluate(netpolicy.Selecting(policies, netpolicy.Egress, origin), netpolicy.Egress, origin, dns, netpolicy.DNSPort())
		p.TestDNS = netpolicy.Evaluate(netpolicy.Selecting(policies, netpolicy.Egress, test), netpolicy.Egress, test, dns, netpolicy.DNSPort())
		if names, err := OnwardNames.From(ctx, e); err == nil {
			p.DNSElsewhere = slices.ContainsFunc(names.Servers, func(server string) bool {
				ip, err := netip.ParseAddr(server)
				return err == nil && ip.IsLinkLocalUnicast()
			})
		}
		if len(policies) > 0 {
			p.Engine, err = cluster.PolicyEngine(ctx, e.Clients)
		}
		return p, seen, err
	},
}

// originEnd returns the pod as policies see it.
func originEnd(ctx context.Context, e *Env, o OriginPod) (netpolicy.End, error) {
	pod, err := e.Clients.Metadata("v1", "pods").Namespace(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
	if err != nil {
		return netpolicy.End{}, err
	}
	labels, err := namespaceLabels(ctx, e, e.Target.Namespace)
	end := netpolicy.End{Namespace: e.Target.Namespace, NamespaceLabels: labels, Labels: pod.Labels}
	end.Address, _ = netip.ParseAddr(o.Pod.IP)
	if o.Pod.HostNetwork { // no policy selects it, and to others it is an address
		end.Namespace = ""
	}
	return end, err
}
