// Package azurelb computes what Azure's cloud provider configures for a Service of type LoadBalancer: the health probes of
// its nodes, the allowed sources, and its DNS names. It is pure.
// Source: https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/
package azurelb

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// LoadBalancer is what a Service's spec and annotations configure, and its status.
type LoadBalancer struct {
	Class     string   `json:"class,omitempty"` // loadBalancerClass; if set, the load balancer is not Azure's
	Internal  bool     `json:"internal,omitempty"`
	Local     bool     `json:"local,omitempty"`     // externalTrafficPolicy Local: only nodes with a pod of the Service get traffic
	Addresses []string `json:"addresses,omitempty"` // from the status: addresses or host names
	Sources   []string `json:"sources,omitempty"`   // allowed address ranges and service tags; none: all
	DNSLabel  string   `json:"dnsLabel,omitempty"`  // of the public address, in the region's zone
	// Translates means that packets reach the nodes with a node's address and node port, rather than with the load balancer's own.
	Translates bool `json:"translates,omitempty"`
	// HostNames are the names that external-dns is to resolve to the addresses; *.DOMAIN is every name in it.
	HostNames []string `json:"hostNames,omitempty"`
	Names     []string `json:"-"` // all names that external-dns is to publish, whatever they resolve to
	Rules     []Rule   `json:"rules,omitempty"`
}

// Rule is the load-balancing rule of one port of the Service.
type Rule struct {
	Port     int32  `json:"port"`
	Protocol string `json:"protocol"`
	NodePort int32  `json:"nodePort,omitempty"` // 0: none is allocated
	// Probe is the health probe of the nodes, nil if there is none: then all nodes get traffic.
	Probe *Probe `json:"probe,omitempty"`
}

// Probe is a health probe of the load balancer. For HTTP and HTTPS, only the status 200 is healthy
// (https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview).
type Probe struct {
	Scheme string `json:"scheme"` // tcp, http or https
	Port   int32  `json:"port"`   // of the node
	Path   string `json:"path,omitempty"`
	By     string `json:"by"` // what determines the scheme, for a sentence
	// PortBy is the annotation that sets Port; empty: it is the port's own node port.
	PortBy string `json:"portBy,omitempty"`
}

// String returns the probe as it is written in a sentence.
func (p Probe) String() string {
	if p.Scheme == "tcp" {
		return fmt.Sprintf("a TCP connection to node port %d", p.Port)
	}
	return fmt.Sprintf("%s GET %s on node port %d", strings.ToUpper(p.Scheme), p.Path, p.Port)
}

// Prefix is the prefix of the annotations of Azure's cloud provider.
const Prefix = "service.beta.kubernetes.io/"

// externalDNS is the prefix of the annotations of external-dns
// (https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/).
const externalDNS = "external-dns.alpha.kubernetes.io/"

// Zone returns the domain of the DNS labels of public addresses in the region, which depends on the region's cloud
// (https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses#domain-name-label).
func Zone(region string) string {
	switch {
	case strings.HasPrefix(region, "china"):
		return region + ".cloudapp.chinacloudapi.cn"
	case strings.HasPrefix(region, "usgov"), strings.HasPrefix(region, "usdod"):
		return region + ".cloudapp.usgovcloudapi.net"
	}
	return region + ".cloudapp.azure.com"
}

// FromService converts a Service. It returns nil if the type is not LoadBalancer.
func FromService(s *corev1.Service) *LoadBalancer {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return nil
	}
	a := annotations(s.Annotations)
	lb := &LoadBalancer{
		Class: ptr.Deref(s.Spec.LoadBalancerClass, ""), Internal: a.isTrue("azure-load-balancer-internal"),
		Local:    s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
		DNSLabel: a[Prefix+"azure-dns-label-name"], Translates: a.isTrue("azure-disable-load-balancer-floating-ip"),
	}
	for _, in := range s.Status.LoadBalancer.Ingress {
		if address := in.IP + in.Hostname; address != "" {
			lb.Addresses = append(lb.Addresses, address)
		}
	}
	for _, r := range s.Spec.LoadBalancerSourceRanges {
		lb.Sources = append(lb.Sources, strings.TrimSpace(r))
	}
	if len(lb.Sources) == 0 {
		lb.Sources = words(a[corev1.AnnotationLoadBalancerSourceRangesKey])
	}
	for _, name := range []string{"azure-allowed-ip-ranges", "azure-allowed-service-tags"} {
		lb.Sources = append(lb.Sources, words(a[Prefix+name])...)
	}
	lb.Names = words(a[externalDNS+"hostname"])
	if a[externalDNS+"target"] == "" && a[externalDNS+"cloudflare-proxied"] != "true" { // otherwise they resolve elsewhere on purpose
		lb.HostNames = lb.Names
	}
	for _, p := range s.Spec.Ports {
		if !a.isTrueOfPort(p.Port, "no_lb_rule") {
			rule := Rule{Port: p.Port, Protocol: string(p.Protocol), NodePort: p.NodePort, Probe: probe(s, a, p)}
			lb.Rules = append(lb.Rules, rule)
		}
	}
	return lb
}

// InvalidSources returns those of the Sources that are no address ranges, such as a range with bits of a host: with one of them, the cloud
// provider closes the Service to all clients
// (https://github.com/kubernetes-sigs/cloud-provider-azure/blob/v1.36.5/pkg/provider/loadbalancer/accesscontrol.go).
func (lb *LoadBalancer) InvalidSources() (invalid []string) {
	for _, s := range lb.Sources {
		p, err := netip.ParsePrefix(s)
		tag := s != "" && !strings.Contains(s, "/") && (s[0] >= 'A' && s[0] <= 'Z' || s[0] >= 'a' && s[0] <= 'z') && !strings.Contains(s, ":")
		if !tag && (err != nil || p != p.Masked()) {
			invalid = append(invalid, s)
		}
	}
	return invalid
}

// words splits a comma-separated list and removes duplicates and empty words.
func words(text string) []string {
	var list []string
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}
