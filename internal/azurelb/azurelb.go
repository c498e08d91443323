// Package azurelb is what Azure's cloud provider makes of a Service of type LoadBalancer: by which question its load balancer
// decides whether a node serves, whom it lets in, and by which names it is known. All of it is pure.
// Source: https://cloud-provider-azure.sigs.k8s.io/topics/loadbalancer/
package azurelb

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// LoadBalancer is what a Service asks for and what it was given.
type LoadBalancer struct {
	Class     string   `json:"class,omitempty"` // another program's than Azure's where it is set
	Internal  bool     `json:"internal,omitempty"`
	Local     bool     `json:"local,omitempty"`     // externalTrafficPolicy Local: nodes without a pod of the Service get nothing
	Addresses []string `json:"addresses,omitempty"` // by its status: addresses or host names
	Sources   []string `json:"sources,omitempty"`   // the address ranges and service tags that are let in; none: everybody
	DNSLabel  string   `json:"dnsLabel,omitempty"`  // of the public address, below the region's zone
	HostNames []string `json:"hostNames,omitempty"` // that external-dns is asked to lead to the addresses; *.DOMAIN is every name of it
	Names     []string `json:"-"`                   // that external-dns is asked to publish, wherever they lead
	Rules     []Rule   `json:"rules,omitempty"`
}

// Rule is what the load balancer does for one port of the Service.
type Rule struct {
	Port     int32  `json:"port"`
	Protocol string `json:"protocol"`
	NodePort int32  `json:"nodePort,omitempty"` // 0: none is allocated
	// Probe is the question to the nodes, nil where none is asked and every node is taken.
	Probe *Probe `json:"probe,omitempty"`
}

// Probe is the question by which the load balancer finds out whether a node serves. Of HTTP and HTTPS only the status 200 is a
// good answer (https://learn.microsoft.com/azure/load-balancer/load-balancer-custom-probe-overview).
type Probe struct {
	Scheme string `json:"scheme"` // tcp, http or https
	Port   int32  `json:"port"`   // of the node
	Path   string `json:"path,omitempty"`
	By     string `json:"by"` // what decides that it is this one, in words
}

// String is the question in words.
func (p Probe) String() string {
	if p.Scheme == "tcp" {
		return fmt.Sprintf("a TCP connection to node port %d", p.Port)
	}
	return fmt.Sprintf("%s GET %s on node port %d", strings.ToUpper(p.Scheme), p.Path, p.Port)
}

// Prefix begins the annotations of Azure's cloud provider.
const Prefix = "service.beta.kubernetes.io/"

// externalDNS begins the annotations of external-dns (https://kubernetes-sigs.github.io/external-dns/latest/docs/annotations/annotations/).
const externalDNS = "external-dns.alpha.kubernetes.io/"

// Zone is the domain below which the DNS labels of public addresses in the region are, by the region's cloud
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

// Of reads a Service; nil where its type is another than LoadBalancer.
func Of(s *corev1.Service) *LoadBalancer {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return nil
	}
	a := annotations(s.Annotations)
	lb := &LoadBalancer{
		Class: ptr.Deref(s.Spec.LoadBalancerClass, ""), Internal: a.isTrue("azure-load-balancer-internal"),
		Local:    s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal,
		DNSLabel: a[Prefix+"azure-dns-label-name"],
	}
	for _, in := range s.Status.LoadBalancer.Ingress {
		if address := in.IP + in.Hostname; address != "" {
			lb.Addresses = append(lb.Addresses, address)
		}
	}
	for _, r := range s.Spec.LoadBalancerSourceRanges {
		lb.Sources = append(lb.Sources, strings.TrimSpace(r))
	}
	for _, name := range []string{"azure-allowed-ip-ranges", "azure-allowed-service-tags"} {
		lb.Sources = append(lb.Sources, words(a[Prefix+name])...)
	}
	lb.Names = words(a[externalDNS+"hostname"])
	if a[externalDNS+"target"] == "" && a[externalDNS+"cloudflare-proxied"] != "true" { // else the names lead elsewhere on purpose
		lb.HostNames = lb.Names
	}
	for _, p := range s.Spec.Ports {
		if !a.isTrue(fmt.Sprintf("port_%d_no_lb_rule", p.Port)) {
			lb.Rules = append(lb.Rules, Rule{Port: p.Port, Protocol: string(p.Protocol), NodePort: p.NodePort, Probe: probe(s, a, p)})
		}
	}
	return lb
}

// words are those between commas.
func words(text string) []string {
	var list []string
	for w := range strings.SplitSeq(text, ",") {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(list, w) {
			list = append(list, w)
		}
	}
	return list
}
