package ingress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Parent is an HTTPRoute's reference to its Gateway, and what became of it.
type Parent struct {
	Section string `json:"section,omitempty"` // the listener's name; empty: any
	Port    int32  `json:"port,omitempty"`    // the listener's; 0: any
	// Listeners are those to which it leads, as far as its own words and theirs go; Not is why it leads to none.
	Listeners []string `json:"listeners,omitempty"`
	Not       string   `json:"not,omitempty"`
	// Barred are the numbers of the listeners that do not let in routes of the HTTPRoute's namespace, where that alone keeps it out.
	Barred     []int       `json:"barred,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"` // by the status of the HTTPRoute, for this reference
}

// attach finds the listeners to which the reference leads. of are the labels of the HTTPRoute's namespace; nil: they are not
// known, and a listener that asks for some is taken to let it in.
func (g *Gateway) attach(raw *gatewayv1.Gateway, r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, of labels.Set) Parent {
	p := Parent{Section: string(ptr.Deref(ref.SectionName, "")), Port: ptr.Deref(ref.Port, 0)}
	for _, s := range r.Status.Parents {
		if same(s.ParentRef, ref, r.Namespace) {
			p.Conditions = Conditions(s.Conditions, r.Generation)
		}
	}
	var named, fitting, web int
	for n, l := range g.Listeners {
		switch {
		case p.Section != "" && l.Name != p.Section || p.Port != 0 && l.Port != p.Port:
			continue
		case !l.Web:
			named++
			continue
		}
		named++
		web++
		if len(hosts(r.Spec.Hostnames, l.Host)) == 0 {
			continue
		}
		fitting++
		if !lets(raw, n, r.Namespace, of) {
			p.Barred = append(p.Barred, n)
			continue
		}
		p.Listeners = append(p.Listeners, l.Name)
	}
	switch {
	case len(p.Listeners) > 0:
		p.Barred = nil
	case named == 0:
		p.Not = fmt.Sprintf("it has no listener%s; it has %s", p.wanted(), g.listenerNames())
	case web == 0:
		p.Not = "the listener takes no HTTPRoutes, by its protocol or the kinds that it allows"
	case fitting == 0:
		p.Not = fmt.Sprintf("no listener is for a host of the HTTPRoute, %s: they are for %s", text(r.Spec.Hostnames), g.listenerHosts(p))
	default:
		p.Not = fmt.Sprintf("the listener lets in no routes of namespace %s", r.Namespace)
	}
	return p
}

// wanted is the listener that the reference names.
func (p Parent) wanted() string {
	var words string
	if p.Section != "" {
		words = " " + p.Section
	}
	if p.Port != 0 {
		words += fmt.Sprintf(" at port %d", p.Port)
	}
	return words
}

func (g *Gateway) listenerNames() string {
	var names []string
	for _, l := range g.Listeners {
		names = append(names, fmt.Sprintf("%s at port %d", l.Name, l.Port))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func (g *Gateway) listenerHosts(p Parent) string {
	var names []string
	for _, l := range g.Listeners {
		if l.Web && (p.Section == "" || l.Name == p.Section) && !slices.Contains(names, l.Host) {
			names = append(names, l.Host)
		}
	}
	return strings.Join(names, ", ")
}

// lets reports whether the listener of the number lets in routes of the namespace.
func lets(g *gatewayv1.Gateway, number int, namespace string, of labels.Set) bool {
	allowed := g.Spec.Listeners[number].AllowedRoutes
	if allowed == nil || allowed.Namespaces == nil {
		return namespace == g.Namespace
	}
	switch ptr.Deref(allowed.Namespaces.From, gatewayv1.NamespacesFromSame) {
	case gatewayv1.NamespacesFromAll:
		return true
	case gatewayv1.NamespacesFromSame:
		return namespace == g.Namespace
	case gatewayv1.NamespacesFromSelector:
		selector, err := metav1.LabelSelectorAsSelector(allowed.Namespaces.Selector)
		return of == nil || err == nil && selector.Matches(of)
	}
	return false
}

// Selects reports whether a listener asks for labels of the namespaces from which it takes routes.
func Selects(g *gatewayv1.Gateway) bool {
	return slices.ContainsFunc(g.Spec.Listeners, func(l gatewayv1.Listener) bool {
		return l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil &&
			ptr.Deref(l.AllowedRoutes.Namespaces.From, gatewayv1.NamespacesFromSame) == gatewayv1.NamespacesFromSelector
	})
}

// same reports whether a reference of the status is that of the spec.
func same(a, b gatewayv1.ParentReference, namespace string) bool {
	own := gatewayv1.Namespace(namespace)
	return a.Name == b.Name && ptr.Deref(a.Namespace, own) == ptr.Deref(b.Namespace, own) &&
		ptr.Deref(a.SectionName, "") == ptr.Deref(b.SectionName, "") && ptr.Deref(a.Port, 0) == ptr.Deref(b.Port, 0)
}

// hosts are those for which both the HTTPRoute and the listener are; one that is empty is for every host.
func hosts(of []gatewayv1.Hostname, listener string) []string {
	if len(of) == 0 {
		return []string{listener}
	}
	var both []string
	for _, h := range of {
		switch host := string(h); {
		case listener == "" || Below(listener, host):
			both = append(both, host)
		case Below(host, listener):
			both = append(both, listener)
		}
	}
	return both
}

func text(hosts []gatewayv1.Hostname) string {
	var names []string
	for _, h := range hosts {
		names = append(names, string(h))
	}
	return strings.Join(names, ", ")
}
