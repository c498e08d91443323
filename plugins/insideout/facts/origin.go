package facts

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/podhealth"
)

// Destination is what a pod connects to.
type Destination struct {
	Host string `json:"host"` // a name or an address
	Port int32  `json:"port"`
}

// OriginPod is the target pod, from which connections are made.
type OriginPod struct {
	Exists    bool          `json:"exists"`
	Namespace string        `json:"namespace"`
	Pod       podhealth.Pod `json:"pod"`
	To        Destination   `json:"to"`
	// ClusterDNS reports whether the pod's name servers are the cluster's. CustomDNS reports whether it has its own search
	// domains, options or host names.
	ClusterDNS bool `json:"clusterDNS,omitempty"`
	CustomDNS  bool `json:"ownNames,omitempty"`
	// DNSPolicy is the pod's dnsPolicy.
	DNSPolicy string `json:"dnsPolicy,omitempty"`
}

// Ref is the pod as the target of findings.
func (o OriginPod) Ref() check.Ref {
	return check.Ref{Kind: "pod", Namespace: o.Namespace, Name: o.Pod.Name}
}

// Origin is the pod from which connections are made.
var Origin = &Fact[OriginPod]{
	Name:   "origin",
	Access: []rbacv1.PolicyRule{fact.Rule("", "pods", "get")},
	Gather: func(ctx context.Context, e *Env) (OriginPod, []check.Evidence, error) {
		o := OriginPod{Namespace: e.Target.Namespace, To: e.To}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "pod", e.Target.Name, "-n", e.Target.Namespace, "-o", "wide")}}
		pod, err := e.Clients.CoreV1().Pods(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return o, seen, nil
		}
		if err != nil {
			return o, seen, err
		}
		o.Exists, o.Pod = true, cluster.PodOf(pod)
		o.ClusterDNS = pod.Spec.DNSPolicy == corev1.DNSClusterFirstWithHostNet ||
			pod.Spec.DNSPolicy == corev1.DNSClusterFirst && !pod.Spec.HostNetwork
		o.DNSPolicy = string(pod.Spec.DNSPolicy)
		o.CustomDNS = pod.Spec.DNSConfig != nil || len(pod.Spec.HostAliases) > 0
		return o, seen, nil
	},
}

func namespaceLabels(ctx context.Context, e *Env, name string) (map[string]string, error) {
	namespace, err := e.Clients.Metadata("v1", "namespaces").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return namespace.Labels, nil
}

// podEnd returns a pod as policies see it.
func podEnd(ctx context.Context, e *Env, p *corev1.Pod) (netpolicy.End, error) {
	end := netpolicy.End{Labels: p.Labels}
	end.Address, _ = netip.ParseAddr(p.Status.PodIP)
	if p.Spec.HostNetwork { // no policy selects it, and to others it is an address
		return end, nil
	}
	end.Namespace = p.Namespace
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			number := netpolicy.Port{Protocol: string(port.Protocol), Number: port.ContainerPort}
			end.Ports = append(end.Ports, netpolicy.NamedPort{Name: port.Name, Port: number})
		}
	}
	var err error
	end.NamespaceLabels, err = namespaceLabels(ctx, e, p.Namespace)
	return end, err
}
