package facts

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/podhealth"
)

// ServiceInfo is a Service.
type ServiceInfo struct {
	Namespace            string            `json:"namespace"`
	Name                 string            `json:"name"`
	Type                 string            `json:"type"`
	ClusterIP            string            `json:"clusterIP,omitempty"` // empty: headless, or an ExternalName
	Headless             bool              `json:"headless,omitempty"`
	ExternalName         string            `json:"externalName,omitempty"`
	Selector             map[string]string `json:"selector,omitempty"` // empty: its EndpointSlices are created by hand
	Ports                []endpoints.Port  `json:"ports,omitempty"`
	PublishNotReady      bool              `json:"publishNotReady,omitempty"`
	IPv6                 bool              `json:"ipv6,omitempty"` // its first IP family, which is that of ClusterIP, is IPv6
	InternalTrafficLocal bool              `json:"internalTrafficLocal,omitempty"`
	// ProxyName is another program than kube-proxy to which the Service is left, by its label ServiceProxyLabel; empty: none.
	ProxyName string `json:"proxyName,omitempty"`
	// BackendTLS is the annotation by which a controller is to speak TLS to the Service; empty: none.
	BackendTLS string `json:"backendTLS,omitempty"`
	// Reference is the annotation by which it names an object that a controller needs for it; empty: none.
	Reference string    `json:"reference,omitempty"`
	Created   time.Time `json:"created,omitzero"`
	// LoadBalancer is nil if the Service is of another type.
	LoadBalancer *azurelb.LoadBalancer `json:"loadBalancer,omitempty"`
}

// ServiceProxyLabel is the label by which kube-proxy leaves a Service to another program
// (https://kubernetes.io/docs/reference/labels-annotations-taints/#servicekubernetesioservice-proxy-name).
const ServiceProxyLabel = "service.kubernetes.io/service-proxy-name"

// Annotations of https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/.
const (
	traefikScheme    = "traefik.ingress.kubernetes.io/service.serversscheme"
	traefikTransport = "traefik.ingress.kubernetes.io/service.serverstransport"
)

// PodSelector is the label selector of the Service's pods, as the API server takes it.
func (s ServiceInfo) PodSelector() string { return labels.SelectorFromSet(s.Selector).String() }

// SendsTo reports whether the Service sends connections to the pod, which it selects.
func (s ServiceInfo) SendsTo(p podhealth.Pod) bool {
	return p.Alive() && p.IP != "" && (p.Ready() || s.PublishNotReady)
}

// Backend returns the Service as rules name it.
func (s ServiceInfo) Backend() ingress.Backend {
	return ingress.Backend{Namespace: s.Namespace, Name: s.Name}
}

// Service is the target Service.
var Service = &Fact[ServiceInfo]{
	Name:   "service",
	Access: []rbacv1.PolicyRule{fact.Rule("", "services", "get")},
	Gather: func(ctx context.Context, e *Env) (ServiceInfo, []check.Evidence, error) {
		s, err := e.Clients.CoreV1().Services(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
		if err != nil {
			return ServiceInfo{}, nil, err
		}
		info, seen := ServiceOf(s)
		return info, seen, nil
	},
}

// ServiceOf returns the parts of a Service that are evaluated.
func ServiceOf(s *corev1.Service) (ServiceInfo, []check.Evidence) {
	info := ServiceInfo{
		Namespace: s.Namespace, Name: s.Name, Type: string(s.Spec.Type), ClusterIP: s.Spec.ClusterIP, ExternalName: s.Spec.ExternalName,
		Selector: s.Spec.Selector, PublishNotReady: s.Spec.PublishNotReadyAddresses,
		InternalTrafficLocal: ptr.Deref(s.Spec.InternalTrafficPolicy, "") == corev1.ServiceInternalTrafficPolicyLocal,
		Created:              s.CreationTimestamp.UTC(), LoadBalancer: azurelb.FromService(s),
		IPv6: len(s.Spec.IPFamilies) > 0 && s.Spec.IPFamilies[0] == corev1.IPv6Protocol,
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		info.Selector, info.ClusterIP = nil, "" // left from an earlier type; nothing uses it
	} else {
		info.ExternalName = ""
	}
	if s.Spec.ClusterIP == corev1.ClusterIPNone {
		info.Headless, info.ClusterIP = true, ""
	}
	for _, p := range s.Spec.Ports {
		info.Ports = append(info.Ports, endpoints.Port{
			Name: p.Name, Protocol: string(p.Protocol), AppProtocol: ptr.Deref(p.AppProtocol, ""), Number: p.Port, TargetPort: p.TargetPort.String(),
		})
	}
	info.ProxyName = s.Labels[ServiceProxyLabel]
	if strings.EqualFold(s.Annotations[traefikScheme], "https") {
		info.BackendTLS = traefikScheme
	}
	if s.Annotations[traefikTransport] != "" {
		info.Reference = traefikTransport
	}
	return info, []check.Evidence{{Source: cmdline.Kubectl("get", "service", s.Name, "-n", s.Namespace, "-o", "yaml")}}
}
