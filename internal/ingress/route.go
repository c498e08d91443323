package ingress

import (
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/redact"
)

// pathPrefix is how an HTTPRoute writes that a path is a prefix.
const pathPrefix = string(gatewayv1.PathMatchPathPrefix)

// maxRules bounds the rules that are read of one HTTPRoute.
const maxRules = 2000

// RouteBy reads an HTTPRoute as the Gateway serves it. The Gateway is nil where it is not there or could not be read, which
// gateway says; of are the labels of the HTTPRoute's namespace, nil where they are not known. A rule is there for each listener,
// host, match and Service; where no listener takes the HTTPRoute, for its own hosts, by no listener. A Service of weight 0 gets
// nothing, and backends that are no Service are left out.
func RouteBy(r *gatewayv1.HTTPRoute, raw *gatewayv1.Gateway, gateway Gateway, of labels.Set) Ingress {
	in := Ingress{Namespace: r.Namespace, Name: r.Name, Created: r.CreationTimestamp.UTC(), Gateway: &gateway}
	if raw != nil {
		for _, a := range raw.Status.Addresses {
			in.Addresses = append(in.Addresses, redact.Line(a.Value))
		}
		for _, ref := range r.Spec.ParentRefs {
			if ParentOf(r, ref) == (Backend{gateway.Namespace, gateway.Name}) {
				gateway.Parents = append(gateway.Parents, gateway.attach(raw, r, ref, of))
			}
		}
	}
	used := gateway.Used()
	for _, l := range used {
		names := hosts(r.Spec.Hostnames, l.Host)
		in.addRoute(r, l.Name, names)
		for _, s := range l.Secrets {
			in.TLS = append(in.TLS, TLS{Hosts: slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" }), Secret: s.Name, Namespace: s.Namespace})
		}
	}
	if len(used) == 0 {
		in.addRoute(r, "", hosts(r.Spec.Hostnames, ""))
	}
	return in
}

func (i *Ingress) addRoute(r *gatewayv1.HTTPRoute, listener string, hosts []string) {
	for _, rule := range r.Spec.Rules {
		matches := rule.Matches
		if len(matches) == 0 {
			matches = []gatewayv1.HTTPRouteMatch{{}}
		}
		for _, b := range rule.BackendRefs {
			if !leads(b) {
				continue
			}
			to := Rule{Service: string(b.Name), Port: strconv.Itoa(int(ptr.Deref(b.Port, 0))), Listener: listener}
			if namespace := string(ptr.Deref(b.Namespace, "")); namespace != i.Namespace {
				to.Namespace = namespace
			}
			to.Split = slices.ContainsFunc(rule.BackendRefs, func(o gatewayv1.HTTPBackendRef) bool {
				return ptr.Deref(o.Weight, 1) != 0 && (o.Name != b.Name || ptr.Deref(o.Namespace, "") != ptr.Deref(b.Namespace, ""))
			})
			for _, m := range matches {
				to := matched(to, m)
				for _, host := range hosts {
					if to.Host = host; len(i.Rules) < maxRules {
						i.Rules = append(i.Rules, to)
					}
				}
			}
		}
	}
}

// matched is the rule for the requests of the match.
func matched(r Rule, m gatewayv1.HTTPRouteMatch) Rule {
	r.Path, r.PathType = "/", pathPrefix
	if m.Path != nil {
		r.Path, r.PathType = ptr.Deref(m.Path.Value, "/"), string(ptr.Deref(m.Path.Type, gatewayv1.PathMatchPathPrefix))
	}
	r.Method = m.Method != nil
	r.Asks = len(m.Headers) > 0 || len(m.QueryParams) > 0 || ptr.Deref(m.Method, gatewayv1.HTTPMethodGet) != gatewayv1.HTTPMethodGet
	return r
}

// leads reports whether requests come to the backend, and whether it is a Service.
func leads(b gatewayv1.HTTPBackendRef) bool {
	return ptr.Deref(b.Group, "") == "" && ptr.Deref(b.Kind, "Service") == "Service" && ptr.Deref(b.Weight, 1) != 0
}

// Leads reports whether the HTTPRoute leads to the Service.
func Leads(r *gatewayv1.HTTPRoute, service Backend) bool {
	return slices.ContainsFunc(r.Spec.Rules, func(rule gatewayv1.HTTPRouteRule) bool {
		return slices.ContainsFunc(rule.BackendRefs, func(b gatewayv1.HTTPBackendRef) bool {
			return leads(b) && string(b.Name) == service.Name && string(ptr.Deref(b.Namespace, gatewayv1.Namespace(r.Namespace))) == service.Namespace
		})
	})
}

// ParentOf is the Gateway that the reference names; the zero value where it names something else, such as a Service of a mesh.
func ParentOf(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference) Backend {
	if ptr.Deref(ref.Group, gatewayv1.GroupName) != gatewayv1.GroupName || ptr.Deref(ref.Kind, "Gateway") != "Gateway" {
		return Backend{}
	}
	return Backend{string(ptr.Deref(ref.Namespace, gatewayv1.Namespace(r.Namespace))), string(ref.Name)}
}

// Gateways returns those that the HTTPRoute wants to be attached to, each once.
func Gateways(r *gatewayv1.HTTPRoute) []Backend {
	var list []Backend
	for _, ref := range r.Spec.ParentRefs {
		if g := ParentOf(r, ref); g != (Backend{}) && !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

// Unfollowed names what the HTTPRoute wants to be attached to and is not read here, a ListenerSet; empty where there is none.
func Unfollowed(r *gatewayv1.HTTPRoute) string {
	for _, ref := range r.Spec.ParentRefs {
		if kind := string(ptr.Deref(ref.Kind, "Gateway")); strings.HasSuffix(kind, "ListenerSet") {
			return kind + " " + string(ref.Name)
		}
	}
	return ""
}
