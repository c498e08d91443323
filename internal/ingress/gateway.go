package ingress

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/redact"
)

// Gateway is a Gateway that an HTTPRoute refers to. Source: https://gateway-api.sigs.k8s.io/api-types/gateway/
type Gateway struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Missing   bool   `json:"missing,omitempty"` // it does not exist
	// Unread is why the Gateway, or something needed to evaluate it, could not be read; empty if everything was.
	Unread     string       `json:"unread,omitempty"`
	Class      GatewayClass `json:"class,omitzero"`
	Created    time.Time    `json:"created,omitzero"`
	Conditions []Condition  `json:"conditions,omitempty"`
	Listeners  []Listener   `json:"listeners,omitempty"`
	// Parents are the HTTPRoute's references to the Gateway. FromRoute fills it.
	Parents []Parent `json:"parents,omitempty"`
}

// GatewayClass is a Gateway's class. FromGateway only fills Name.
type GatewayClass struct {
	Name       string      `json:"name"`
	Controller string      `json:"controller,omitempty"`
	Missing    bool        `json:"missing,omitempty"`
	Unread     string      `json:"unread,omitempty"` // why it could not be read
	Created    time.Time   `json:"created,omitzero"`
	Conditions []Condition `json:"conditions,omitempty"`
}

// Listener is a listener of a Gateway.
type Listener struct {
	Name string `json:"name"`
	Port int32  `json:"port"`
	Host string `json:"host,omitempty"` // empty: every host
	TLS  bool   `json:"tls,omitempty"`  // it terminates TLS
	// HTTPRoutes reports whether it accepts HTTPRoutes, by its protocol and the kinds that it allows.
	HTTPRoutes bool `json:"web,omitempty"`
	// From is the namespaces whose routes it accepts: Same, All, Selector or None.
	From       string      `json:"from"`
	Secrets    []Backend   `json:"secrets,omitempty"` // its certificates
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is a condition of a status.
type Condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Stale reports whether the condition is about an earlier generation of the object.
	Stale bool `json:"old,omitempty"`
}

// Ref returns a reference to the Gateway.
func (g *Gateway) Ref() check.Ref {
	return check.Ref{Kind: "gateway", Namespace: g.Namespace, Name: g.Name}
}

// listener returns the listener of the name, nil if there is none. g may be nil.
func (g *Gateway) listener(name string) *Listener {
	if g == nil || name == "" {
		return nil
	}
	n := slices.IndexFunc(g.Listeners, func(l Listener) bool { return l.Name == name })
	if n < 0 {
		return nil
	}
	return &g.Listeners[n]
}

// Used returns the listeners to which the HTTPRoute attaches by both specs; their status is not considered.
func (g *Gateway) Used() []Listener {
	return slices.DeleteFunc(slices.Clone(g.Listeners), func(l Listener) bool {
		return !slices.ContainsFunc(g.Parents, func(p Parent) bool { return slices.Contains(p.Listeners, l.Name) })
	})
}

// Current returns the condition of the type. It reports whether a controller has set it to True or False for the object's
// current generation.
func Current(conditions []Condition, of string) (c Condition, ok bool) {
	for _, c := range conditions {
		if c.Type == of {
			return c, !c.Stale && c.Status != string(metav1.ConditionUnknown)
		}
	}
	return Condition{}, false
}

// IsFalse returns the condition of the type and reports whether it is current and False.
func IsFalse(conditions []Condition, of string) (c Condition, is bool) {
	c, ok := Current(conditions, of)
	return c, ok && c.Status == string(metav1.ConditionFalse)
}

// String returns the condition's reason and message.
func (c Condition) String() string {
	if c.Message == "" {
		return c.Reason
	}
	return c.Reason + ": " + c.Message
}

// Conditions converts the conditions of an object of the generation.
func Conditions(all []metav1.Condition, generation int64) []Condition {
	var list []Condition
	for _, c := range all {
		list = append(list, Condition{
			Type: c.Type, Status: string(c.Status), Reason: redact.Line(c.Reason), Message: redact.Short(c.Message, maxMessage),
			Stale: c.ObservedGeneration != 0 && c.ObservedGeneration < generation,
		})
	}
	return list
}

// maxMessage limits a condition's message, in bytes.
const maxMessage = 400

// FromGateway converts a Gateway, without the spec and status of its class and without Parents.
func FromGateway(g *gatewayv1.Gateway) Gateway {
	gateway := Gateway{
		Namespace: g.Namespace, Name: g.Name, Class: GatewayClass{Name: string(g.Spec.GatewayClassName)},
		Created: g.CreationTimestamp.UTC(), Conditions: Conditions(g.Status.Conditions, g.Generation),
	}
	for _, l := range g.Spec.Listeners {
		listener := Listener{
			Name: string(l.Name), Port: l.Port, Host: string(ptr.Deref(l.Hostname, "")), HTTPRoutes: acceptsHTTPRoutes(l),
			From: string(gatewayv1.NamespacesFromSame),
		}
		if l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil {
			listener.From = string(ptr.Deref(l.AllowedRoutes.Namespaces.From, gatewayv1.NamespacesFromSame))
		}
		if l.Protocol == gatewayv1.HTTPSProtocolType && l.TLS != nil {
			listener.TLS = true
			for _, c := range l.TLS.CertificateRefs {
				if ptr.Deref(c.Kind, "Secret") == "Secret" {
					namespace := string(ptr.Deref(c.Namespace, gatewayv1.Namespace(g.Namespace)))
					listener.Secrets = append(listener.Secrets, Backend{namespace, string(c.Name)})
				}
			}
		}
		for _, s := range g.Status.Listeners {
			if s.Name == l.Name {
				listener.Conditions = Conditions(s.Conditions, g.Generation)
			}
		}
		gateway.Listeners = append(gateway.Listeners, listener)
	}
	return gateway
}

func acceptsHTTPRoutes(l gatewayv1.Listener) bool {
	if l.Protocol != gatewayv1.HTTPProtocolType && l.Protocol != gatewayv1.HTTPSProtocolType {
		return false
	}
	if l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 {
		return true
	}
	return slices.ContainsFunc(l.AllowedRoutes.Kinds, func(k gatewayv1.RouteGroupKind) bool { return k.Kind == "HTTPRoute" })
}
