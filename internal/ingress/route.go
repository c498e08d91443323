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

// pathPrefix is an HTTPRoute's path type for a prefix.
const pathPrefix = string(gatewayv1.PathMatchPathPrefix)

// maxRules limits the rules of one HTTPRoute.
const maxRules = 2000

// FromRoute converts an HTTPRoute as the Gateway serves it. raw is nil if the Gateway does not exist or could not be read;
// gateway then has the reason. of are the labels of the HTTPRoute's namespace, nil if unknown. There is one rule for each
// listener, host, match and Service; if the HTTPRoute attaches to no listener, one for each of its own hosts, without a
// listener. Services of weight 0 and backends other than Services are left out.
func FromRoute(r *gatewayv1.HTTPRoute, raw *gatewayv1.Gateway, gateway Gateway, of labels.Set) Ingress {
	in := Ingress{
		Namespace: r.Namespace, Name: r.Name, Created: r.CreationTimestamp.UTC(), Gateway: &gateway, WeightZero: weightZero(r),
	}
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
		named := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "" })
		for _, s := range l.Secrets {
			in.TLS = append(in.TLS, TLS{Hosts: named, Secret: s.Name, Namespace: s.Namespace})
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
		if len(rule.BackendRefs) == 0 && !answers(rule.Filters) {
			for _, m := range matches {
				for _, host := range hosts {
					to := matched(Rule{Host: host, Listener: listener}, m)
					if len(i.Empty) < maxRules && !slices.Contains(i.Empty, to) {
						i.Empty = append(i.Empty, to)
					}
				}
			}
		}
		for _, b := range rule.BackendRefs {
			if !isService(b) {
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
					to.Host = host
					if len(i.Rules) < maxRules {
						i.Rules = append(i.Rules, to)
					}
				}
			}
		}
	}
}

// answers reports whether one of the filters may answer a request by itself: a redirect, or an extension.
func answers(filters []gatewayv1.HTTPRouteFilter) bool {
	return slices.ContainsFunc(filters, func(f gatewayv1.HTTPRouteFilter) bool {
		return f.Type == gatewayv1.HTTPRouteFilterRequestRedirect || f.Type == gatewayv1.HTTPRouteFilterExtensionRef
	})
}

// matched returns r limited to the requests of the match.
func matched(r Rule, m gatewayv1.HTTPRouteMatch) Rule {
	r.Path, r.PathType = "/", pathPrefix
	if m.Path != nil {
		r.Path, r.PathType = ptr.Deref(m.Path.Value, "/"), string(ptr.Deref(m.Path.Type, gatewayv1.PathMatchPathPrefix))
	}
	r.Method = m.Method != nil
	r.ExtraMatches = len(m.Headers) > 0 || len(m.QueryParams) > 0 ||
		ptr.Deref(m.Method, gatewayv1.HTTPMethodGet) != gatewayv1.HTTPMethodGet
	return r
}

// isService reports whether the backend is a Service with a weight other than 0.
func isService(b gatewayv1.HTTPBackendRef) bool {
	return ptr.Deref(b.Group, "") == "" && ptr.Deref(b.Kind, "Service") == "Service" && ptr.Deref(b.Weight, 1) != 0
}

// weightZero returns the Services that the HTTPRoute names only with weight 0.
func weightZero(r *gatewayv1.HTTPRoute) []Backend {
	var list []Backend
	for _, rule := range r.Spec.Rules {
		for _, b := range rule.BackendRefs {
			if ptr.Deref(b.Weight, 1) != 0 {
				continue
			}
			b.Weight = nil
			to := Backend{string(ptr.Deref(b.Namespace, gatewayv1.Namespace(r.Namespace))), string(b.Name)}
			if isService(b) && !RoutesTo(r, to) && !slices.Contains(list, to) {
				list = append(list, to)
			}
		}
	}
	return list
}

// RoutesTo reports whether the HTTPRoute routes to the Service.
func RoutesTo(r *gatewayv1.HTTPRoute, service Backend) bool {
	return slices.ContainsFunc(r.Spec.Rules, func(rule gatewayv1.HTTPRouteRule) bool {
		return slices.ContainsFunc(rule.BackendRefs, func(b gatewayv1.HTTPBackendRef) bool {
			namespace := string(ptr.Deref(b.Namespace, gatewayv1.Namespace(r.Namespace)))
			return isService(b) && Backend{namespace, string(b.Name)} == service
		})
	})
}

// ParentOf returns the Gateway that the reference names; the zero value if it names something else, such as a mesh's Service.
func ParentOf(r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference) Backend {
	if ptr.Deref(ref.Group, gatewayv1.GroupName) != gatewayv1.GroupName || ptr.Deref(ref.Kind, "Gateway") != "Gateway" {
		return Backend{}
	}
	return Backend{string(ptr.Deref(ref.Namespace, gatewayv1.Namespace(r.Namespace))), string(ref.Name)}
}

// ParentGateways returns the Gateways that the HTTPRoute refers to, each once.
func ParentGateways(r *gatewayv1.HTTPRoute) []Backend {
	var list []Backend
	for _, ref := range r.Spec.ParentRefs {
		if g := ParentOf(r, ref); g != (Backend{}) && !slices.Contains(list, g) {
			list = append(list, g)
		}
	}
	return list
}

// UnsupportedParent returns a parent of the HTTPRoute that this package does not support, a ListenerSet; empty if there is
// none.
func UnsupportedParent(r *gatewayv1.HTTPRoute) string {
	for _, ref := range r.Spec.ParentRefs {
		if kind := string(ptr.Deref(ref.Kind, "Gateway")); strings.HasSuffix(kind, "ListenerSet") {
			return kind + " " + string(ref.Name)
		}
	}
	return ""
}
