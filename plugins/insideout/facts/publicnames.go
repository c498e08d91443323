package facts

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/redact"
)

// PublicName is a DNS name of the Service's load balancer, or a rule's host, as this client resolves it.
type PublicName struct {
	Name      string   `json:"name"`
	By        string   `json:"by"` // what requests the name, for a sentence
	Addresses []string `json:"addresses,omitempty"`
	NotFound  bool     `json:"notFound,omitempty"`
	Error     string   `json:"error,omitempty"` // why the lookup failed, unless the name does not exist
}

// resolveTimeout bounds the lookup of a name.
const resolveTimeout = 5 * time.Second

// PublicNames are the load balancer's names: by its DNS label, and those that external-dns publishes.
var PublicNames = &Fact[[]PublicName]{
	Name:   "public-names",
	Needs:  []check.Need{Service},
	Access: []rbacv1.PolicyRule{fact.Rule("", "nodes", "list")},
	Gather: func(ctx context.Context, e *Env) ([]PublicName, []check.Evidence, error) {
		names := []PublicName{}
		s, err := Service.From(ctx, e)
		if err != nil || s.LoadBalancer == nil {
			return names, nil, err
		}
		if label := s.LoadBalancer.DNSLabel; label != "" && !s.LoadBalancer.Internal {
			in, err := region(ctx, e)
			if err != nil {
				return names, nil, err
			}
			if in != "" {
				by := "annotation service.beta.kubernetes.io/azure-dns-label-name"
				names = append(names, PublicName{Name: label + "." + azurelb.Zone(in), By: by})
			}
		}
		for _, name := range s.LoadBalancer.HostNames {
			if zone, all := strings.CutPrefix(name, "*."); all {
				name = "akstools." + zone
			}
			names = append(names, PublicName{Name: name, By: "annotation external-dns.alpha.kubernetes.io/hostname"})
		}
		names = names[:min(len(names), maxTried)]
		var seen []check.Evidence
		for _, n := range names {
			seen = append(seen, check.Evidence{Source: cmdline.Program("nslookup", n.Name)})
		}
		resolveAll(ctx, e, names)
		return names, seen, nil
	},
}

// resolveAll looks the names up.
func resolveAll(ctx context.Context, e *Env, names []PublicName) {
	var list []string
	for _, n := range names {
		list = append(list, n.Name)
	}
	e.announce("looking up", list)
	fact.Concurrently(len(names), func(i int) { names[i].resolve(ctx) })
}

// resolve looks the name up with this client's name servers.
func (n *PublicName) resolve(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, resolveTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", n.Name)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		n.NotFound = true
	case err != nil:
		n.Error = redact.Message(err.Error())
	}
	for _, ip := range found {
		n.Addresses = append(n.Addresses, ip.Unmap().String())
	}
	slices.Sort(n.Addresses)
}

// region returns the region of the cluster's nodes; empty if they have no such label.
func region(ctx context.Context, e *Env) (string, error) {
	list, err := e.Clients.Metadata("v1", "nodes").List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelTopologyRegion, Limit: 1})
	if err != nil || len(list.Items) == 0 {
		return "", err
	}
	return list.Items[0].Labels[corev1.LabelTopologyRegion], nil
}
