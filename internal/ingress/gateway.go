package ingress

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/redact"
)

// Gateway is a Gateway to which an HTTPRoute wants to be attached. Source: https://gateway-api.sigs.k8s.io/api-types/gateway/
type Gateway struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Missing   bool   `json:"missing,omitempty"` // it is not there
	// Unread is why it, or what is needed to judge it, could not be read; empty: it was.
	Unread     string       `json:"unread,omitempty"`
	Class      GatewayClass `json:"class,omitzero"`
	Created    time.Time    `json:"created,omitzero"`
	Conditions []Condition  `json:"conditions,omitempty"`
	Listeners  []Listener   `json:"listeners,omitempty"`
	// Parents are the HTTPRoute's references to it.
	Parents []Parent `json:"parents,omitempty"`
}

// GatewayClass is a Gateway's class.
type GatewayClass struct {
	Name       string      `json:"name"`
	Controller string      `json:"controller,omitempty"`
	Missing    bool        `json:"missing,omitempty"`
	Unread     string      `json:"unread,omitempty"` // why it could not be read
	Created    time.Time   `json:"created,omitzero"`
	Conditions []Condition `json:"conditions,omitempty"`
}

// Listener is one of a Gateway.
type Listener struct {
	Name string `json:"name"`
	Port int32  `json:"port"`
	Host string `json:"host,omitempty"` // empty: every host
	TLS  bool   `json:"tls,omitempty"`  // it ends TLS
	// Web says that it takes HTTPRoutes: by its protocol, and by the kinds that it allows.
	Web bool `json:"web,omitempty"`
	// From is from which namespaces it takes routes: Same, All, Selector or None.
	From       string      `json:"from"`
	Secrets    []Backend   `json:"secrets,omitempty"` // with its certificates
	Conditions []Condition `json:"conditions,omitempty"`
}

// Condition is one of a status.
type Condition struct {
	Type    string `json:"type"`
	Status  string `json:"status"`
	Reason  string `json:"reason,omitempty"`
	Message string `json:"message,omitempty"`
	// Old says that it is of an earlier version of the object.
	Old bool `json:"old,omitempty"`
}

// Ref names the Gateway.
func (g *Gateway) Ref() check.Ref {
	return check.Ref{Kind: "gateway", Namespace: g.Namespace, Name: g.Name}
}

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

// Used returns the listeners to which the HTTPRoute is attached, as far as its own words and theirs go.
func (g *Gateway) Used() []Listener {
	return slices.DeleteFunc(slices.Clone(g.Listeners), func(l Listener) bool {
		return !slices.ContainsFunc(g.Parents, func(p Parent) bool { return slices.Contains(p.Listeners, l.Name) })
	})
}

// Judged returns the condition of the type where a controller decided it for the object as it is now.
func Judged(conditions []Condition, of string) (c Condition, ok bool) {
	for _, c := range conditions {
		if c.Type == of {
			return c, !c.Old && c.Status != string(metav1.ConditionUnknown)
		}
	}
	return Condition{}, false
}

// False reports whether a controller decided the condition, and against the object.
func False(conditions []Condition, of string) (c Condition, is bool) {
	c, ok := Judged(conditions, of)
	return c, ok && c.Status == string(metav1.ConditionFalse)
}

// String is the condition's reason and message.
func (c Condition) String() string {
	if c.Message == "" {
		return c.Reason
	}
	return c.Reason + ": " + c.Message
}

// Conditions reads those of an object of the generation.
func Conditions(all []metav1.Condition, generation int64) []Condition {
	var list []Condition
	for _, c := range all {
		list = append(list, Condition{
			Type: c.Type, Status: string(c.Status), Reason: redact.Line(c.Reason), Message: said(c.Message),
			Old: c.ObservedGeneration != 0 && c.ObservedGeneration < generation,
		})
	}
	return list
}

// maxSaid bounds a message, in bytes.
const maxSaid = 400

// said takes secrets and control characters out of a controller's message, and bounds it.
func said(message string) string {
	if len(message) > maxSaid {
		message = strings.ToValidUTF8(message[:maxSaid], "") + "..."
	}
	return redact.Secrets(redact.Line(strings.Join(strings.Fields(message), " ")))
}

// GatewayOf reads a Gateway, without its class's own words and without Parents.
func GatewayOf(g *gatewayv1.Gateway) Gateway {
	gateway := Gateway{
		Namespace: g.Namespace, Name: g.Name, Class: GatewayClass{Name: string(g.Spec.GatewayClassName)},
		Created: g.CreationTimestamp.UTC(), Conditions: Conditions(g.Status.Conditions, g.Generation),
	}
	for _, l := range g.Spec.Listeners {
		listener := Listener{
			Name: string(l.Name), Port: l.Port, Host: string(ptr.Deref(l.Hostname, "")), Web: takesHTTPRoutes(l), From: string(gatewayv1.NamespacesFromSame),
		}
		if l.AllowedRoutes != nil && l.AllowedRoutes.Namespaces != nil {
			listener.From = string(ptr.Deref(l.AllowedRoutes.Namespaces.From, gatewayv1.NamespacesFromSame))
		}
		if l.Protocol == gatewayv1.HTTPSProtocolType && l.TLS != nil {
			listener.TLS = true
			for _, c := range l.TLS.CertificateRefs {
				if ptr.Deref(c.Kind, "Secret") == "Secret" {
					listener.Secrets = append(listener.Secrets, Backend{string(ptr.Deref(c.Namespace, gatewayv1.Namespace(g.Namespace))), string(c.Name)})
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

func takesHTTPRoutes(l gatewayv1.Listener) bool {
	if l.Protocol != gatewayv1.HTTPProtocolType && l.Protocol != gatewayv1.HTTPSProtocolType {
		return false
	}
	return l.AllowedRoutes == nil || len(l.AllowedRoutes.Kinds) == 0 || slices.ContainsFunc(l.AllowedRoutes.Kinds, func(k gatewayv1.RouteGroupKind) bool {
		return k.Kind == "HTTPRoute"
	})
}
