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

// Parent is an HTTPRoute's reference to its Gateway, and what it resolves to.
type Parent struct {
	Section string `json:"section,omitempty"` // the listener's name; empty: any
	Port    int32  `json:"port,omitempty"`    // the listener's port; 0: any
	// Listeners are the listeners to which the HTTPRoute attaches, by the specs of both. If there are none, Reason is why.
	Listeners []string `json:"listeners,omitempty"`
	Reason    string   `json:"not,omitempty"`
	// NotAllowed are the indexes of the listeners that match but do not allow routes from the HTTPRoute's namespace; empty if
	// any listener is attached.
	NotAllowed []int       `json:"barred,omitempty"`
	Conditions []Condition `json:"conditions,omitempty"` // from the HTTPRoute's status, for this reference
}

// attach finds the listeners to which the reference attaches. of are the labels of the HTTPRoute's namespace; nil means
// unknown: then a listener's namespace selector is assumed to match.
func (g *Gateway) attach(raw *gatewayv1.Gateway, r *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference, of labels.Set) Parent {
	p := Parent{Section: string(ptr.Deref(ref.SectionName, "")), Port: ptr.Deref(ref.Port, 0)}
	for _, s := range r.Status.Parents {
		if same(s.ParentRef, ref, r.Namespace) {
			p.Conditions = Conditions(s.Conditions, r.Generation)
		}
	}
	var named, accepting, fitting int // counts of listeners, each a subset of the one before
	for n, l := range g.Listeners {
		switch {
		case p.Section != "" && l.Name != p.Section || p.Port != 0 && l.Port != p.Port:
			continue
		case !l.HTTPRoutes:
			named++
			continue
		}
		named++
		accepting++
		if len(hosts(r.Spec.Hostnames, l.Host)) == 0 {
			continue
		}
		fitting++
		if !allows(raw, n, r.Namespace, of) {
			p.NotAllowed = append(p.NotAllowed, n)
			continue
		}
		p.Listeners = append(p.Listeners, l.Name)
	}
	switch {
	case len(p.Listeners) > 0:
		p.NotAllowed = nil
	case named == 0:
		p.Reason = fmt.Sprintf("the Gateway has no listener%s; it has %s", p.listener(), g.listenerNames())
	case accepting == 0:
		p.Reason = "the listener accepts no HTTPRoutes, because of its protocol or the kinds that it allows"
	case fitting == 0:
		p.Reason = fmt.Sprintf("no listener has a host name that matches the HTTPRoute's, %s: theirs are %s",
			text(r.Spec.Hostnames), g.listenerHosts(p))
	default:
		p.Reason = fmt.Sprintf("the listener does not allow routes from namespace %s", r.Namespace)
	}
	return p
}

// listener returns the listener that the reference names, with a space before it.
func (p Parent) listener() string {
	var words string
	if p.Section != "" {
		words = " " + p.Section
	}
	if p.Port != 0 {
		words += fmt.Sprintf(" on port %d", p.Port)
	}
	return words
}

func (g *Gateway) listenerNames() string {
	var names []string
	for _, l := range g.Listeners {
		names = append(names, fmt.Sprintf("%s on port %d", l.Name, l.Port))
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

func (g *Gateway) listenerHosts(p Parent) string {
	var names []string
	for _, l := range g.Listeners {
		if l.HTTPRoutes && (p.Section == "" || l.Name == p.Section) && !slices.Contains(names, l.Host) {
			names = append(names, l.Host)
		}
	}
	return strings.Join(names, ", ")
}

// allows reports whether the listener of the index allows routes from the namespace, which has the labels.
func allows(g *gatewayv1.Gateway, index int, namespace string, of labels.Set) bool {
	allowed := g.Spec.Listeners[index].AllowedRoutes
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

// SelectsNamespaces reports whether any listener selects the namespaces of its routes by labels.
func SelectsNamespaces(g *gatewayv1.Gateway) bool {
	return slices.ContainsFunc(g.Spec.Listeners, func(l gatewayv1.Listener) bool {
		return l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil &&
			ptr.Deref(l.AllowedRoutes.Namespaces.From, gatewayv1.NamespacesFromSame) == gatewayv1.NamespacesFromSelector
	})
}

// same reports whether a reference in the status of an HTTPRoute in the namespace is the one in its spec.
func same(a, b gatewayv1.ParentReference, namespace string) bool {
	own := gatewayv1.Namespace(namespace)
	return a.Name == b.Name && ptr.Deref(a.Namespace, own) == ptr.Deref(b.Namespace, own) &&
		ptr.Deref(a.SectionName, "") == ptr.Deref(b.SectionName, "") && ptr.Deref(a.Port, 0) == ptr.Deref(b.Port, 0)
}

// hosts returns the host names that both the HTTPRoute and the listener match; an empty one stands for every host.
func hosts(of []gatewayv1.Hostname, listener string) []string {
	if len(of) == 0 {
		return []string{listener}
	}
	var both []string
	for _, h := range of {
		switch host := string(h); {
		case listener == "" || matchesRouteHost(listener, host):
			both = append(both, host)
		case matchesRouteHost(host, listener):
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
