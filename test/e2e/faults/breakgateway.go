package faults

import (
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1beta1 "sigs.k8s.io/gateway-api/apis/v1beta1"
)

// The listeners' ports must be those of Traefik's pods, which its Service exposes as 80 and 443.
const (
	webPort       = 8000
	webSecurePort = 8443
)

// Apart returns the case's second namespace, with an HTTPRoute that routes to the Service.
func (c *Case) Apart() string { return c.Namespace + "-b" }

// gateway returns a Gateway of Traefik's class in the namespace, with a listener for HTTP and every host.
func (c *Case) gateway(namespace string) *gatewayv1.Gateway {
	meta := c.meta("gate")
	meta.Namespace = namespace
	return &gatewayv1.Gateway{ObjectMeta: meta, Spec: gatewayv1.GatewaySpec{
		GatewayClassName: "traefik",
		Listeners:        []gatewayv1.Listener{{Name: "web", Port: webPort, Protocol: gatewayv1.HTTPProtocolType}},
	}}
}

// route returns an HTTPRoute in the namespace that routes the public name to the Service.
func (c *Case) route(namespace string) *gatewayv1.HTTPRoute {
	meta := c.meta("front")
	meta.Namespace = namespace
	return &gatewayv1.HTTPRoute{
		ObjectMeta: meta,
		Spec: gatewayv1.HTTPRouteSpec{
			CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{{Name: "gate"}}},
			Hostnames:       []gatewayv1.Hostname{gatewayv1.Hostname(c.publicName())},
			Rules:           []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{c.backendRef(c.Name)}}},
		},
		Status: gatewayv1.HTTPRouteStatus{RouteStatus: gatewayv1.RouteStatus{Parents: []gatewayv1.RouteParentStatus{}}}, // null is invalid
	}
}

func (c *Case) backendRef(service string) gatewayv1.HTTPBackendRef {
	return gatewayv1.HTTPBackendRef{BackendRef: gatewayv1.BackendRef{BackendObjectReference: gatewayv1.BackendObjectReference{
		Name: gatewayv1.ObjectName(service), Port: ptr.To(c.Service.Spec.Ports[0].Port),
	}}}
}

// gated adds a Gateway and an HTTPRoute for all paths, modified by change. If another fault of the case has added them
// already, those are modified.
func (c *Case) gated(change func(*gatewayv1.Gateway, *gatewayv1.HTTPRoute)) {
	at := slices.IndexFunc(c.Extra, func(o runtime.Object) bool { _, ok := o.(*gatewayv1.Gateway); return ok })
	if at < 0 {
		c.Add(c.gateway(c.Namespace), c.route(c.Namespace))
		at = len(c.Extra) - 2
	}
	g, isGateway := c.Extra[at].(*gatewayv1.Gateway)
	if r, ok := c.Extra[at+1].(*gatewayv1.HTTPRoute); ok && isGateway && change != nil {
		change(g, r)
	}
}

// endsTLS makes the listener terminate HTTPS, with the certificate in the Secret cert.
func endsTLS(g *gatewayv1.Gateway, _ *gatewayv1.HTTPRoute) {
	g.Spec.Listeners[0] = gatewayv1.Listener{
		Name: "websecure", Port: webSecurePort, Protocol: gatewayv1.HTTPSProtocolType,
		TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Name: "cert"}}},
	}
}

// apart adds a second namespace.
func (c *Case) apart() {
	c.Add(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: c.Apart(), Labels: map[string]string{"pod-security.kubernetes.io/enforce": "privileged"},
		}},
	)
}

// crossing adds a Gateway and an HTTPRoute in a second namespace, which routes to the Service in the first.
func (c *Case) crossing() {
	c.apart()
	r := c.route(c.Apart())
	r.Spec.Rules[0].BackendRefs[0].Namespace = ptr.To(gatewayv1.Namespace(c.Namespace))
	c.Add(c.gateway(c.Apart()), r)
}

// grant allows HTTPRoutes in the second namespace to route to Services in the first.
func (c *Case) grant() *gatewayv1beta1.ReferenceGrant {
	return &gatewayv1beta1.ReferenceGrant{ObjectMeta: c.meta("front"), Spec: gatewayv1beta1.ReferenceGrantSpec{
		From: []gatewayv1beta1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "HTTPRoute", Namespace: gatewayv1.Namespace(c.Apart())}},
		To:   []gatewayv1beta1.ReferenceGrantTo{{Kind: "Service"}},
	}}
}

// judged reports whether the controller has written the HTTPRoute's status.
func judged(s State) bool { return s.Judged }

// routed makes the public name resolve to the Gateway's address.
func routed(b Broken) Broken {
	b.Shows = both(allReady, judged)
	b.Inject = func(l Lab, c *Case) error {
		at, err := entrance(l, c)
		return errors.Join(err, l.Zone("set", c.publicName(), at))
	}
	b.Clear = func(l Lab, c *Case) error { return l.Zone("remove", c.publicName()) }
	return b
}

// gatewayBreaks are faults between the Service and the Gateway's controller.
func gatewayBreaks() map[string]Broken {
	up := both(allReady, judged)
	gated := func(change func(*gatewayv1.Gateway, *gatewayv1.HTTPRoute)) func(*Case) {
		return func(c *Case) { c.gated(change) }
	}
	return map[string]Broken{
		"route-port-number": {Change: func(c *Case) {
			c.gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
				r.Spec.Rules[0].BackendRefs[0].Port = ptr.To(c.Port + 7)
			})
		}, Shows: allReady},
		"route-backend-missing": routed(Broken{Change: func(c *Case) {
			c.gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
				r.Spec.Rules = append(r.Spec.Rules, gatewayv1.HTTPRouteRule{
					Matches:     []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: ptr.To("/api")}}},
					BackendRefs: []gatewayv1.HTTPBackendRef{c.backendRef("api")},
				})
			})
		}}),
		"route-host-twice": routed(Broken{Change: func(c *Case) {
			other := c.Service.DeepCopy()
			other.Name = c.Name + "-b"
			first := c.route(c.Namespace)
			first.Name = "earlier"
			first.Spec.Rules[0].BackendRefs = []gatewayv1.HTTPBackendRef{c.backendRef(other.Name)}
			c.Add(other, first)
			c.gated(nil)
		}}),
		"gateway-class-unknown": {
			Change: gated(func(g *gatewayv1.Gateway, _ *gatewayv1.HTTPRoute) { g.Spec.GatewayClassName = "internal" }),
			Shows:  allReady,
		},
		"gateway-class-not-accepted": {Change: func(c *Case) {
			name := "alb-" + c.Namespace
			c.Add(
				&gatewayv1.GatewayClass{
					ObjectMeta: metav1.ObjectMeta{Name: name},
					Spec:       gatewayv1.GatewayClassSpec{ControllerName: "alb.networking.azure.io/alb-controller"},
				},
			)
			c.gated(func(g *gatewayv1.Gateway, _ *gatewayv1.HTTPRoute) {
				g.Spec.GatewayClassName = gatewayv1.ObjectName(name)
			})
		}, Shows: allReady},
		"gateway-missing": {
			Change: gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) { r.Spec.ParentRefs[0].Name = "gateway" }),
			Shows:  allReady,
		},
		"gateway-port-unavailable": {
			Change: gated(func(g *gatewayv1.Gateway, _ *gatewayv1.HTTPRoute) { g.Spec.Listeners[0].Port = 80 }),
			Shows:  up,
		},
		"gateway-controller-down": {
			Alone: true, Change: gated(nil), Shows: up,
			Inject: once("condition=Programmed", "gateway/gate",
				once("jsonpath={.status.parents[0].conditions}", "httproute/front", scaleTraefik("0"))),
			Clear: scaleTraefik("1"),
		},
		"route-host-other": {Change: gated(func(g *gatewayv1.Gateway, _ *gatewayv1.HTTPRoute) {
			g.Spec.Listeners[0].Hostname = ptr.To(gatewayv1.Hostname("*.example.org"))
		}), Shows: up},
		"route-section-missing": {Change: gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
			r.Spec.ParentRefs[0].SectionName = ptr.To(gatewayv1.SectionName("https"))
		}), Shows: up},
		"route-namespace-barred": routed(Broken{Heals: true, Fix: 1, Change: func(c *Case) {
			c.apart()
			r := c.route(c.Namespace)
			r.Spec.ParentRefs[0].Namespace = ptr.To(gatewayv1.Namespace(c.Apart()))
			c.Add(c.gateway(c.Apart()), r)
		}}),
		"route-not-granted": routed(Broken{Heals: true, Change: (*Case).crossing, Target: func(c *Case) []string {
			return []string{"httproute/front", "-n", c.Apart()}
		}}),
		"gateway-secret-missing": {Change: gated(endsTLS), Shows: up},
		"gateway-secret-other-host": {Change: func(c *Case) {
			c.gated(endsTLS)
			c.Add(c.certificate("other.example.com", 90*day))
		}, Shows: up},
		"gateway-secret-expired": {Change: func(c *Case) {
			c.gated(endsTLS)
			c.Add(c.certificate(c.publicName(), -2*day))
		}, Shows: up},
		"route-path-exact": {Args: []string{"--path=/shop/cart"}, Change: gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
			r.Spec.Rules[0].Matches = []gatewayv1.HTTPRouteMatch{
				{Path: &gatewayv1.HTTPPathMatch{Type: ptr.To(gatewayv1.PathMatchExact), Value: ptr.To("/shop")}},
			}
		}), Shows: up},
		"route-policy-bars-controller": routed(Broken{Heals: true, Change: func(c *Case) {
			c.Add(c.letsIn(networkingv1.NetworkPolicyIngressRule{From: ownNamespace}))
			c.gated(nil)
		}}),
		"route-name-missing": {Change: gated(nil), Shows: up},
	}
}

// gatewaySetups are healthy set-ups.
func gatewaySetups() map[string]Broken {
	return map[string]Broken{
		"route": routed(Broken{Change: func(c *Case) { c.gated(nil) }}),
		"route-tls": routed(Broken{Change: func(c *Case) {
			c.gated(func(g *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
				plain := g.Spec.Listeners[0]
				endsTLS(g, r)
				g.Spec.Listeners = append(g.Spec.Listeners, plain)
			})
			c.Add(c.certificate(c.publicName(), 90*day))
		}}),
		"route-split": routed(Broken{Change: func(c *Case) {
			other := c.Service.DeepCopy()
			other.Name = c.Name + "-b"
			c.Add(other)
			c.gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
				half := c.backendRef(other.Name)
				half.Weight, r.Spec.Rules[0].BackendRefs[0].Weight = ptr.To[int32](50), ptr.To[int32](50)
				r.Spec.Rules[0].BackendRefs = append(r.Spec.Rules[0].BackendRefs, half)
			})
		}}),
		"route-granted": routed(Broken{Change: func(c *Case) {
			c.crossing()
			c.Add(c.grant())
		}}),
		"route-of-others": routed(Broken{Change: (*Case).crossing}),
		"route-asks-header": routed(Broken{Change: func(c *Case) {
			c.gated(func(_ *gatewayv1.Gateway, r *gatewayv1.HTTPRoute) {
				r.Spec.Rules[0].Matches = []gatewayv1.HTTPRouteMatch{{Headers: []gatewayv1.HTTPHeaderMatch{{Name: "x-team", Value: "web"}}}}
			})
		}}),
	}
}
