package facts

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// maxRoutes bounds how many HTTPRoutes and Gateways are read.
const maxRoutes = 20

// routeList holds HTTPRoutes; partial is why they are those of one namespace only.
type routeList struct {
	all     []*gatewayv1.HTTPRoute
	partial string
}

// httpRoutes returns the HTTPRoutes of the cluster, since one of any namespace may route to the Service. Without permission to
// list them all, it returns those of the namespace, and why.
func httpRoutes(ctx context.Context, e *Env, namespace string) (routes []*gatewayv1.HTTPRoute, partial string, err error) {
	found, err := fact.Cached(e.Shared, "HTTPRoutes for "+namespace, func() (routeList, error) {
		all, err := e.Clients.HTTPRoutes(ctx, metav1.NamespaceAll, metav1.ListOptions{})
		if !apierrors.IsForbidden(err) {
			return routeList{all: all}, err
		}
		own, errOwn := e.Clients.HTTPRoutes(ctx, namespace, metav1.ListOptions{})
		if errOwn != nil {
			return routeList{}, err
		}
		return routeList{own, kube.NameDenied(err).Error()}, nil
	})
	return found.all, found.partial, err
}

// addRoutes adds the HTTPRoutes that route to the Service. It records in the list what could not be read: Ingresses can be
// evaluated without.
func (l *IngressList) addRoutes(ctx context.Context, e *Env, s ServiceInfo) []check.Evidence {
	routes, partial, err := httpRoutes(ctx, e, s.Namespace)
	if err != nil {
		l.RoutesError = redact.Message(kube.NameDenied(err).Error())
		return []check.Evidence{{Source: cmdline.Kubectl("get", "httproutes", "-A")}}
	}
	l.At, l.OtherRoutesError = time.Now().UTC(), redact.Message(partial)
	l.Named, l.Serving = e.Request.Routes, e.Request.Serving
	own, foreign := referring(routes, s, slices.Concat(l.Named, l.Serving))
	granted := l.granted(ctx, e, foreign)
	var seen []check.Evidence
	for _, r := range slices.Concat(own, granted) {
		seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "httproute", r.Name, "-n", r.Namespace, "-o", "yaml")})
		if other := ingress.UnsupportedParent(r); other != "" {
			l.RoutesError = fmt.Sprintf("HTTPRoute %s/%s references %s, which is not checked", r.Namespace, r.Name, other)
		}
		for _, g := range ingress.ParentGateways(r) {
			if len(l.Items) >= maxRoutes {
				more := fmt.Sprintf("more than %d HTTPRoutes and Gateways route to the Service, and only the first were read", maxRoutes)
				if slices.Contains(own, r) {
					l.RoutesError = more
				} else {
					l.OtherRoutesError = more
				}
				return seen
			}
			l.Items = append(l.Items, routeBy(ctx, e, r, g))
			seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "gateway", g.Name, "-n", g.Namespace, "-o", "yaml")})
		}
	}
	return seen
}

// referring returns the HTTPRoutes that reference the Service: its namespace's own, followed by those that the user asked about, and
// all others.
func referring(routes []*gatewayv1.HTTPRoute, s ServiceInfo, asked []ingress.Backend) (own, foreign []*gatewayv1.HTTPRoute) {
	var wanted []*gatewayv1.HTTPRoute
	for _, r := range routes {
		switch {
		case !ingress.RoutesTo(r, s.Backend()):
		case r.Namespace == s.Namespace:
			own = append(own, r)
		case slices.Contains(asked, ingress.Backend{Namespace: r.Namespace, Name: r.Name}):
			wanted = append(wanted, r)
		default:
			foreign = append(foreign, r)
		}
	}
	return append(own, wanted...), foreign
}

// granted returns the HTTPRoutes that a ReferenceGrant lets reference the Service, and adds the others to Ungranted.
func (l *IngressList) granted(ctx context.Context, e *Env, foreign []*gatewayv1.HTTPRoute) (granted []*gatewayv1.HTTPRoute) {
	if len(foreign) == 0 {
		return nil
	}
	namespaces, err := Grants.From(ctx, e)
	if err != nil {
		l.GrantsError = redact.Message(kube.NameDenied(err).Error())
	}
	for _, r := range foreign {
		switch {
		case slices.Contains(namespaces, r.Namespace):
			granted = append(granted, r)
		case len(l.Ungranted) < maxRoutes:
			l.Ungranted = append(l.Ungranted, ingress.Backend{Namespace: r.Namespace, Name: r.Name})
		}
	}
	return granted
}

// routeBy returns the HTTPRoute as the Gateway serves it.
func routeBy(ctx context.Context, e *Env, r *gatewayv1.HTTPRoute, of ingress.Backend) ingress.Ingress {
	raw, gateway := readGateway(ctx, e, of)
	if raw == nil {
		return ingress.FromRoute(r, nil, gateway, nil)
	}
	readClass(ctx, e, &gateway.Class)
	var own labels.Set
	if ingress.SelectsNamespaces(raw) {
		var err error
		own, err = fact.Cached(e.Shared, "labels of "+r.Namespace, func() (labels.Set, error) { return namespaceLabels(ctx, e, r.Namespace) })
		if err != nil {
			gateway.Unread = redact.Message(kube.NameDenied(err).Error())
		}
	}
	return ingress.FromRoute(r, raw, gateway, own)
}

// readGateway reads the Gateway. raw is nil if it does not exist or could not be read; g says which.
func readGateway(ctx context.Context, e *Env, of ingress.Backend) (raw *gatewayv1.Gateway, g ingress.Gateway) {
	raw, err := fact.Cached(e.Shared, "Gateway "+of.String(), func() (*gatewayv1.Gateway, error) {
		g := &gatewayv1.Gateway{}
		return g, e.Clients.GetGateway(ctx, "gateways", of.Namespace, of.Name, g)
	})
	if err == nil {
		return raw, ingress.FromGateway(raw)
	}
	g = ingress.Gateway{Namespace: of.Namespace, Name: of.Name, Missing: apierrors.IsNotFound(err)}
	if !g.Missing {
		g.Unread = redact.Message(kube.NameDenied(err).Error())
	}
	return nil, g
}

// readClass fills in the class with that name.
func readClass(ctx context.Context, e *Env, c *ingress.GatewayClass) {
	class, err := fact.Cached(e.Shared, "GatewayClass "+c.Name, func() (*gatewayv1.GatewayClass, error) {
		class := &gatewayv1.GatewayClass{}
		return class, e.Clients.GetGateway(ctx, "gatewayclasses", metav1.NamespaceNone, c.Name, class)
	})
	switch {
	case apierrors.IsNotFound(err):
		c.Missing = true
	case err != nil:
		c.Unread = redact.Message(kube.NameDenied(err).Error())
	default:
		c.Controller, c.Created = string(class.Spec.ControllerName), class.CreationTimestamp.UTC()
		c.Conditions = ingress.Conditions(class.Status.Conditions, class.Generation)
	}
}
