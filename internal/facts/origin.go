package facts

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
)

// Destination is what a pod connects to.
type Destination struct {
	Host string `json:"host"` // a name or an address
	Port int32  `json:"port"`
}

// OriginPod is the pod that is the target, from which connections go out.
type OriginPod struct {
	Exists    bool        `json:"exists"`
	Namespace string      `json:"namespace"`
	Pod       Pod         `json:"pod"`
	To        Destination `json:"to"`
	// DNSPolicy is how the pod gets its name servers.
	DNSPolicy string `json:"dnsPolicy,omitempty"`
}

// Ref is the pod as the target of findings.
func (o OriginPod) Ref() check.Ref {
	return check.Ref{Kind: "pod", Namespace: o.Namespace, Name: o.Pod.Name}
}

// Origin is the pod from which connections go out.
var Origin = &Fact[OriginPod]{
	Name:   "origin",
	Access: []rbacv1.PolicyRule{rule("", "pods", "get")},
	Gather: func(ctx context.Context, e *Env) (OriginPod, []check.Evidence, error) {
		o := OriginPod{Namespace: e.Target.Namespace, To: e.To}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "pod", e.Target.Name, "-n", e.Target.Namespace, "-o", "wide"}}}
		pod, err := e.Clients.CoreV1().Pods(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return o, seen, nil
		}
		if err != nil {
			return o, seen, err
		}
		o.Exists, o.Pod, o.DNSPolicy = true, podOf(pod), string(pod.Spec.DNSPolicy)
		return o, seen, nil
	},
}

// originEnd is the pod as policies see it.
func originEnd(ctx context.Context, e *Env) (netpolicy.End, error) {
	pod, err := e.Clients.Metadata("v1", "pods").Namespace(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
	if err != nil {
		return netpolicy.End{}, err
	}
	labels, err := namespaceLabels(ctx, e, e.Target.Namespace)
	return netpolicy.End{Namespace: e.Target.Namespace, NamespaceLabels: labels, Labels: pod.Labels}, err
}

func namespaceLabels(ctx context.Context, e *Env, name string) (map[string]string, error) {
	namespace, err := e.Clients.Metadata("v1", "namespaces").Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return namespace.Labels, nil
}

// podEnd is a pod as policies see it.
func podEnd(ctx context.Context, e *Env, p *corev1.Pod) (netpolicy.End, error) {
	end := netpolicy.End{Labels: p.Labels}
	end.Address, _ = netip.ParseAddr(p.Status.PodIP)
	if p.Spec.HostNetwork { // no policy is for it, and to others it is an address
		return end, nil
	}
	end.Namespace = p.Namespace
	for _, c := range p.Spec.Containers {
		for _, port := range c.Ports {
			end.Ports = append(end.Ports, netpolicy.Named{Name: port.Name, Port: netpolicy.Port{Protocol: string(port.Protocol), Number: port.ContainerPort}})
		}
	}
	var err error
	end.NamespaceLabels, err = namespaceLabels(ctx, e, p.Namespace)
	return end, err
}
