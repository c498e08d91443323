package facts

import (
	"cmp"
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/testpod"
)

// OnwardPassage is what NetworkPolicies make of connections from the pod to the destination.
type OnwardPassage struct {
	// Known says that the destination has an address that is known; without, only DNS is judged.
	Known bool `json:"known,omitempty"`
	// To is the pod behind the address, nil where it leads out of the cluster; Service is the Service that has the address.
	To      *check.Ref     `json:"to,omitempty"`
	Service *check.Ref     `json:"service,omitempty"`
	Address string         `json:"address,omitempty"`
	Port    netpolicy.Port `json:"port,omitzero"` // of the pod, or of the address
	Pod     Way            `json:"pod"`
	TestPod Way            `json:"testPod"` // of the test pod, which has other labels
	// DNS is what they make of the pod's questions to the cluster's DNS.
	DNS netpolicy.Judgement `json:"dns"`
}

// OnwardPolicies are judged for the pod, not for the test pod from which is tried.
var OnwardPolicies = &Fact[OnwardPassage]{
	Name:  "onward-policies",
	Needs: []check.Need{Origin, OnwardNames},
	Access: []rbacv1.PolicyRule{
		rule("networking.k8s.io", "networkpolicies", "list"), rule("", "pods", "get", "list"), rule("", "namespaces", "get"),
		rule("", "services", "list"), rule("discovery.k8s.io", "endpointslices", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (OnwardPassage, []check.Evidence, error) {
		var p OnwardPassage
		o, err := Origin.From(ctx, e)
		if err != nil {
			return p, nil, err
		}
		origin, err := originEnd(ctx, e)
		if err != nil {
			return p, nil, err
		}
		if o.Pod.HostNetwork { // policies are not for it
			origin.Namespace = ""
		}
		origin.Address, _ = netip.ParseAddr(o.Pod.IP)
		to, err := destination(ctx, e, o.To)
		if err != nil {
			return p, nil, err
		}
		far := netpolicy.End{}
		p.Port = netpolicy.Port{Protocol: "TCP", Number: o.To.Port}
		if p.Known = to != ""; p.Known {
			if far, err = p.behind(ctx, e, to); err != nil {
				return p, nil, err
			}
		}
		policies, seen, err := policiesIn(ctx, e, e.Target.Namespace, cmp.Or(far.Namespace, e.Target.Namespace))
		if err != nil {
			return p, seen, err
		}
		j := judge{policies: policies}
		test := netpolicy.End{Namespace: origin.Namespace, NamespaceLabels: origin.NamespaceLabels, Labels: testpod.Labels()}
		p.Pod, p.TestPod = j.way(origin, far, p.Port), j.way(test, far, p.Port)
		p.DNS = netpolicy.Judge(netpolicy.Selecting(policies, netpolicy.Out, origin), netpolicy.Out, origin, dnsPod, DNSPort)
		return p, seen, nil
	},
}

// behind returns what the address leads to: a pod, directly or through a Service, or what is out of the cluster.
func (p *OnwardPassage) behind(ctx context.Context, e *Env, to string) (netpolicy.End, error) {
	p.Address = to
	out := netpolicy.End{}
	out.Address, _ = netip.ParseAddr(to)
	services, err := e.Clients.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.clusterIP", to).String()})
	if err != nil {
		return out, err
	}
	if len(services.Items) > 0 {
		return p.throughService(ctx, e, &services.Items[0], out)
	}
	pods, err := e.Clients.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("status.podIP", to).String(), Limit: 1})
	if err != nil || len(pods.Items) == 0 || pods.Items[0].Spec.HostNetwork {
		return out, err
	}
	pod := &pods.Items[0]
	p.To = &check.Ref{Kind: "pod", Namespace: pod.Namespace, Name: pod.Name}
	return podEnd(ctx, e, pod)
}

// throughService returns the first pod to which the Service leads on the port: policies see what kube-proxy makes of the address.
func (p *OnwardPassage) throughService(ctx context.Context, e *Env, s *corev1.Service, out netpolicy.End) (netpolicy.End, error) {
	p.Service = &check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
	list, err := e.Clients.DiscoveryV1().EndpointSlices(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + s.Name})
	if err != nil {
		return out, err
	}
	name := ""
	for _, port := range s.Spec.Ports {
		if port.Port == p.Port.Number {
			name = port.Name
		}
	}
	for _, slice := range list.Items {
		for _, port := range slice.Ports {
			if port.Port == nil || port.Name == nil || *port.Name != name {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if len(endpoint.Addresses) == 0 {
					continue
				}
				p.Port.Number = *port.Port
				out.Address, _ = netip.ParseAddr(endpoint.Addresses[0])
				if endpoint.TargetRef == nil || endpoint.TargetRef.Kind != "Pod" {
					return out, nil
				}
				pod, err := e.Clients.CoreV1().Pods(s.Namespace).Get(ctx, endpoint.TargetRef.Name, metav1.GetOptions{})
				if err != nil {
					return out, err
				}
				p.To = &check.Ref{Kind: "pod", Namespace: pod.Namespace, Name: pod.Name}
				return podEnd(ctx, e, pod)
			}
		}
	}
	return out, nil
}
