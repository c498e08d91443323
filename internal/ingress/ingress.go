// Package ingress evaluates what an Ingress, or an HTTPRoute with its Gateway, specifies: which requests it routes to a
// Service, and with which certificate. It is pure.
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

// Ingress is an Ingress, or an HTTPRoute as one Gateway serves it, reduced to what the checks need.
type Ingress struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Class     string `json:"class,omitempty"` // name of the IngressClass; empty: the default one
	// Annotated reports whether Class comes from the deprecated annotation. Then no IngressClass needs to exist.
	Annotated bool `json:"annotated,omitempty"`
	Canary    bool `json:"canary,omitempty"` // ingress-nginx: it shares hosts and paths with another Ingress on purpose
	// BackendTLS is the annotation by which the controller is to speak TLS to the Services; empty: none.
	BackendTLS string `json:"backendTLS,omitempty"`
	// References are the annotations by which it names objects or settings of its controller; Traefik drops a rule whose names do not exist.
	References []string  `json:"references,omitempty"`
	Created    time.Time `json:"created,omitzero"`
	Addresses  []string  `json:"addresses,omitempty"` // from its status: addresses or host names
	Rules      []Rule    `json:"rules,omitempty"`
	TLS        []TLS     `json:"tls,omitempty"`
	// Empty are the rules of an HTTPRoute that have no backend and no filter that answers: their requests get an error.
	Empty []Rule `json:"empty,omitempty"`
	// WeightZero are the Services that an HTTPRoute names with weight 0, which get no request; without those of Rules.
	WeightZero []Backend `json:"weightZero,omitempty"`
	// Gateway is nil for an Ingress. For an HTTPRoute, Class, Annotated and Canary are zero and Addresses are the Gateway's.
	Gateway *Gateway `json:"gateway,omitempty"`
}

// Rule routes the requests for a path of a host to a port of a Service.
type Rule struct {
	Host     string `json:"host,omitempty"` // empty: every host without a rule of its own; may start with "*."
	Path     string `json:"path,omitempty"`
	PathType string `json:"pathType,omitempty"` // empty: the default backend, for requests that match no other rule
	Service  string `json:"service"`
	Port     string `json:"port"` // name or number
	// The fields below are only set for an HTTPRoute.
	Namespace string `json:"namespace,omitempty"` // the Service's, if it is not the HTTPRoute's own
	Listener  string `json:"listener,omitempty"`  // the Gateway's listener; empty: the HTTPRoute is not attached
	Method    bool   `json:"method,omitempty"`    // it matches a single method
	// ExtraMatches reports whether the rule also matches on headers, the query or a method other than GET, so that a plain
	// request may not match.
	ExtraMatches bool `json:"asks,omitempty"`
	Split        bool `json:"split,omitempty"` // its requests are split between several Services
}

// TLS names the Secret with the certificate for hosts.
type TLS struct {
	Hosts     []string `json:"hosts,omitempty"` // empty: every host of the Ingress
	Secret    string   `json:"secret,omitempty"`
	Namespace string   `json:"namespace,omitempty"` // of the Secret; empty: the Ingress's
}

// Backend is an object that a rule or listener refers to: a Service or a Secret.
type Backend struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// deprecated is the annotation that preceded spec.ingressClassName.
const deprecated = "kubernetes.io/ingress.class"

// canary is the annotation of https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary.
const canary = "nginx.ingress.kubernetes.io/canary"

// protocols are the annotations that say what a controller speaks to the Services
// (https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#backend-protocol,
// https://azure.github.io/application-gateway-kubernetes-ingress/annotations/#backend-protocol).
var protocols = []string{
	"nginx.ingress.kubernetes.io/backend-protocol", "appgw.ingress.kubernetes.io/backend-protocol",
}

// references are the annotations of
// https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/ that name what must exist.
var references = []string{
	"traefik.ingress.kubernetes.io/router.middlewares", "traefik.ingress.kubernetes.io/router.entrypoints",
	"traefik.ingress.kubernetes.io/router.tls.options", "traefik.ingress.kubernetes.io/router.tls.certresolver",
}

// FromIngress converts an Ingress. Backends other than Services are left out.
func FromIngress(i *networkingv1.Ingress) Ingress {
	in := Ingress{
		Namespace: i.Namespace, Name: i.Name, Created: i.CreationTimestamp.UTC(), Class: ptr.Deref(i.Spec.IngressClassName, ""),
	}
	if annotated := i.Annotations[deprecated]; in.Class == "" && annotated != "" {
		in.Class, in.Annotated = annotated, true
	}
	in.Canary = i.Annotations[canary] == "true"
	for _, name := range references {
		if i.Annotations[name] != "" {
			in.References = append(in.References, name)
		}
	}
	for _, name := range protocols {
		if protocol := strings.ToUpper(i.Annotations[name]); protocol == "HTTPS" || protocol == "GRPCS" {
			in.BackendTLS = name
		}
	}
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
			pathType := string(ptr.Deref(p.PathType, networkingv1.PathTypeImplementationSpecific))
			in.add(&p.Backend, Rule{Host: r.Host, Path: p.Path, PathType: pathType})
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

// Address returns the address to connect to: the first IPv4 one, which every client can reach, else the first; empty if
// there is none.
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

// Kind returns the kind as it is written in a sentence.
func (i Ingress) Kind() string {
	if i.Gateway != nil {
		return "HTTPRoute"
	}
	return "Ingress"
}

// String returns the kind and the name, as in a sentence.
func (i Ingress) String() string { return i.Kind() + " " + i.Name }

// Ref returns a reference to the Ingress or HTTPRoute.
func (i Ingress) Ref() check.Ref {
	return check.Ref{Kind: strings.ToLower(i.Kind()), Namespace: i.Namespace, Name: i.Name}
}

// To returns the rules that route to the Service.
func (i Ingress) To(service Backend) []Rule {
	return slices.DeleteFunc(slices.Clone(i.Rules), func(r Rule) bool { return i.Backend(r) != service })
}

// Backend returns the Service to which the rule routes.
func (i Ingress) Backend(r Rule) Backend { return Backend{cmp.Or(r.Namespace, i.Namespace), r.Service} }

// Certificate returns the Secret that t refers to.
func (i Ingress) Certificate(t TLS) Backend {
	return Backend{cmp.Or(t.Namespace, i.Namespace), t.Secret}
}

// Services returns the Services to which the rules route, each once.
func (i Ingress) Services() []Backend {
	var services []Backend
	for _, r := range i.Rules {
		if b := i.Backend(r); !slices.Contains(services, b) {
			services = append(services, b)
		}
	}
	return services
}

// String returns NAMESPACE/NAME.
func (b Backend) String() string { return b.Namespace + "/" + b.Name }

// Find returns the Service's port that the rule refers to by name or number; ok is false if there is none.
func (r Rule) Find(ports []endpoints.Port) (port endpoints.Port, ok bool) {
	for _, p := range ports {
		if p.Name == r.Port || strconv.Itoa(int(p.Number)) == r.Port {
			return p, true
		}
	}
	return endpoints.Port{}, false
}

// Secured returns the TLS entry for the host, nil if requests for it come without TLS.
func (i Ingress) Secured(host string) *TLS {
	for n, t := range i.TLS {
		if len(t.Hosts) == 0 || slices.ContainsFunc(t.Hosts, func(of string) bool { return matchesHost(of, host) }) {
			return &i.TLS[n]
		}
	}
	return nil
}
