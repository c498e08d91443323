// Package ingress is what an Ingress, or an HTTPRoute with its Gateway, says: which requests it leads to a Service, and with which
// certificate. All of it is pure.
// Sources: https://kubernetes.io/docs/concepts/services-networking/ingress/, https://gateway-api.sigs.k8s.io/api-types/httproute/
package ingress

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
)

// Ingress is an Ingress, or an HTTPRoute as one Gateway serves it, reduced to what is judged of it.
type Ingress struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Class     string `json:"class,omitempty"` // of the IngressClass; empty: the default one
	// Annotated says that the class is by the annotation, which needs no IngressClass: a controller may know it by itself.
	Annotated bool      `json:"annotated,omitempty"`
	Canary    bool      `json:"canary,omitempty"` // of ingress-nginx: it shares hosts and paths with another Ingress on purpose
	Created   time.Time `json:"created,omitzero"`
	Addresses []string  `json:"addresses,omitempty"` // by its status: addresses or host names
	Rules     []Rule    `json:"rules,omitempty"`
	TLS       []TLS     `json:"tls,omitempty"`
	// Gateway is nil for an Ingress. Class, Annotated and Canary are an Ingress's only; Addresses are those of the Gateway.
	Gateway *Gateway `json:"gateway,omitempty"`
}

// Rule leads the requests for a path of a host to a port of a Service.
type Rule struct {
	Host     string `json:"host,omitempty"` // empty: every host that has no rule; it may begin with *.
	Path     string `json:"path,omitempty"`
	PathType string `json:"pathType,omitempty"` // empty: the default backend, for what has no other rule
	Service  string `json:"service"`
	Port     string `json:"port"` // its name or number
	// What follows is an HTTPRoute's only.
	Namespace string `json:"namespace,omitempty"` // of the Service, where it is not the HTTPRoute's own
	Listener  string `json:"listener,omitempty"`  // of the Gateway, by which requests come in; empty: by none
	Method    bool   `json:"method,omitempty"`    // it is for one method
	Asks      bool   `json:"asks,omitempty"`      // for headers, a method or a query too: a plain request may not come to it
	Split     bool   `json:"split,omitempty"`     // its requests come to other Services too
}

// TLS names the Secret with the certificate for hosts.
type TLS struct {
	Hosts     []string `json:"hosts,omitempty"` // empty: every host of the Ingress
	Secret    string   `json:"secret,omitempty"`
	Namespace string   `json:"namespace,omitempty"` // of the Secret; empty: the Ingress's
}

// Backend is what rules or listeners lead to: a Service, or a Secret.
type Backend struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// deprecated is the annotation that named the class before spec.ingressClassName did.
const deprecated = "kubernetes.io/ingress.class"

// canary is the annotation of https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary.
const canary = "nginx.ingress.kubernetes.io/canary"

// Of reads an Ingress. Backends that are no Service are left out.
func Of(i *networkingv1.Ingress) Ingress {
	in := Ingress{Namespace: i.Namespace, Name: i.Name, Created: i.CreationTimestamp.UTC(), Class: ptr.Deref(i.Spec.IngressClassName, "")}
	if annotated := i.Annotations[deprecated]; in.Class == "" && annotated != "" {
		in.Class, in.Annotated = annotated, true
	}
	in.Canary = i.Annotations[canary] == "true"
	for _, a := range i.Status.LoadBalancer.Ingress {
		if address := cmp.Or(a.IP, a.Hostname); address != "" {
			in.Addresses = append(in.Addresses, address)
		}
	}
	for _, r := range i.Spec.Rules {
		if r.HTTP == nil {
			continue
		}
		for _, p := range r.HTTP.Paths {
			in.add(&p.Backend, Rule{Host: r.Host, Path: p.Path, PathType: string(ptr.Deref(p.PathType, networkingv1.PathTypeImplementationSpecific))})
		}
	}
	in.add(i.Spec.DefaultBackend, Rule{})
	for _, t := range i.Spec.TLS {
		in.TLS = append(in.TLS, TLS{Hosts: t.Hosts, Secret: t.SecretName})
	}
	return in
}

func (i *Ingress) add(to *networkingv1.IngressBackend, r Rule) {
	if to == nil || to.Service == nil {
		return
	}
	r.Service, r.Port = to.Service.Name, to.Service.Port.Name
	if r.Port == "" {
		r.Port = strconv.Itoa(int(to.Service.Port.Number))
	}
	i.Rules = append(i.Rules, r)
}

// Address returns the address to ask: the first one of IPv4, which every client has, else the first; empty where there is none.
func (i Ingress) Address() string {
	for _, a := range i.Addresses {
		if ip, err := netip.ParseAddr(a); err == nil && ip.Is4() {
			return a
		}
	}
	if len(i.Addresses) == 0 {
		return ""
	}
	return i.Addresses[0]
}

// Kind is the word for what it is.
func (i Ingress) Kind() string {
	if i.Gateway != nil {
		return "HTTPRoute"
	}
	return "Ingress"
}

// String is the kind and the name, as in a sentence.
func (i Ingress) String() string { return i.Kind() + " " + i.Name }

// Ref names the Ingress, or the HTTPRoute.
func (i Ingress) Ref() check.Ref {
	return check.Ref{Kind: strings.ToLower(i.Kind()), Namespace: i.Namespace, Name: i.Name}
}

// To returns the rules that lead to the Service.
func (i Ingress) To(service Backend) []Rule {
	return slices.DeleteFunc(slices.Clone(i.Rules), func(r Rule) bool { return i.Backend(r) != service })
}

// Backend is the Service to which the rule leads.
func (i Ingress) Backend(r Rule) Backend { return Backend{cmp.Or(r.Namespace, i.Namespace), r.Service} }

// Certificate is the Secret that t names.
func (i Ingress) Certificate(t TLS) Backend {
	return Backend{cmp.Or(t.Namespace, i.Namespace), t.Secret}
}

// Services returns the Services that the rules lead to, each once.
func (i Ingress) Services() []Backend {
	var services []Backend
	for _, r := range i.Rules {
		if b := i.Backend(r); !slices.Contains(services, b) {
			services = append(services, b)
		}
	}
	return services
}

// String is the name, with its namespace before it.
func (b Backend) String() string { return b.Namespace + "/" + b.Name }

// Find returns the port of the Service that the rule names; ok is false where the Service has none of that name or number.
func (r Rule) Find(ports []endpoints.Port) (port endpoints.Port, ok bool) {
	for _, p := range ports {
		if p.Name == r.Port || strconv.Itoa(int(p.Number)) == r.Port {
			return p, true
		}
	}
	return endpoints.Port{}, false
}

// Secured returns what gives the host its certificate, nil where requests for it come without TLS.
func (i Ingress) Secured(host string) *TLS {
	for n, t := range i.TLS {
		if len(t.Hosts) == 0 || slices.ContainsFunc(t.Hosts, func(of string) bool { return Covers(of, host) }) {
			return &i.TLS[n]
		}
	}
	return nil
}
