package facts

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/ingress"
)

// ControllerList is what serves the Ingresses that lead to the Service.
type ControllerList struct {
	Classes   []IngressClass `json:"classes"`             // those that the Ingresses name, and the default one where one names none
	Default   string         `json:"default,omitempty"`   // the default IngressClass
	Entrances []Entrance     `json:"entrances,omitempty"` // one for each address of the Ingresses
}

// IngressClass is an IngressClass, and the pods of its controller.
type IngressClass struct {
	Name       string `json:"name"`
	Exists     bool   `json:"exists"`
	Controller string `json:"controller,omitempty"`
	// Selector is by which labels the controller's pods are known; empty: they are not.
	Selector string `json:"selector,omitempty"`
	Pods     int    `json:"pods"`
	Ready    int    `json:"ready"`
}

// Entrance is an address of Ingresses and the Service that has it.
type Entrance struct {
	Address string `json:"address"`
	// Service is nil where no Service of the cluster has the address: a gateway outside of it serves.
	Service   *check.Ref `json:"service,omitempty"`
	ClusterIP string     `json:"clusterIP,omitempty"`
	Internal  bool       `json:"internal,omitempty"` // its load balancer is
	Selector  string     `json:"selector,omitempty"` // of the pods of the Service
	Pods      int        `json:"pods,omitempty"`     // of the Service; Ready are those that are
	Ready     int        `json:"ready,omitempty"`
}

// Class returns the class of the Ingress; ok is false where it names none and none is the default.
func (l ControllerList) Class(i ingress.Ingress) (class IngressClass, ok bool) {
	name := i.Class
	if name == "" {
		name = l.Default
	}
	n := slices.IndexFunc(l.Classes, func(c IngressClass) bool { return c.Name == name })
	if n < 0 {
		return IngressClass{}, false
	}
	return l.Classes[n], true
}

// Entrance returns that of the address.
func (l ControllerList) Entrance(address string) Entrance {
	for _, e := range l.Entrances {
		if e.Address == address {
			return e
		}
	}
	return Entrance{Address: address}
}

// controllers are the labels of the pods of controllers that are met on AKS, by the names that their IngressClasses give. Sources:
// https://github.com/Azure/aks-app-routing-operator, https://azure.github.io/application-gateway-kubernetes-ingress/, and the
// Helm charts of ingress-nginx and Traefik.
func controllers() map[string]string {
	return map[string]string{
		"k8s.io/ingress-nginx":                     "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller",
		"webapprouting.kubernetes.azure.com/nginx": "app.kubernetes.io/component=ingress-controller,app.kubernetes.io/managed-by=aks-app-routing-operator",
		"traefik.io/ingress-controller":            "app.kubernetes.io/name=traefik",
		"azure/application-gateway":                "app in (ingress-appgw,ingress-azure)",
		"alb.networking.azure.io/alb-controller":   "app=alb-controller",
	}
}

// Controllers are what serves the Ingresses that lead to the Service.
var Controllers = &Fact[ControllerList]{
	Name:   "controllers",
	Needs:  []check.Need{Ingresses},
	Access: []rbacv1.PolicyRule{rule("networking.k8s.io", "ingressclasses", "list"), rule("", "services", "list"), rule("", "pods", "list")},
	Gather: func(ctx context.Context, e *Env) (ControllerList, []check.Evidence, error) {
		list := ControllerList{Classes: []IngressClass{}}
		ingresses, err := Ingresses.From(ctx, e)
		if err != nil || len(ingresses.Items) == 0 {
			return list, nil, err
		}
		seen := []check.Evidence{{Source: []string{"kubectl", "get", "ingressclasses"}}}
		classes, err := shared(e.Shared, "ingress classes", func() (*networkingv1.IngressClassList, error) {
			return e.Clients.NetworkingV1().IngressClasses().List(ctx, metav1.ListOptions{})
		})
		if err != nil {
			return list, seen, err
		}
		for _, c := range classes.Items {
			if c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] == "true" {
				list.Default = c.Name
			}
		}
		if err := list.addClasses(ctx, e, ingresses, classes.Items); err != nil {
			return list, seen, err
		}
		for _, c := range list.Classes {
			if c.Selector != "" {
				seen = append(seen, check.Evidence{Source: []string{"kubectl", "get", "pods", "-A", "-l", c.Selector, "-o", "wide"}})
			}
		}
		return list, seen, list.addEntrances(ctx, e, ingresses)
	},
}

func (l *ControllerList) addClasses(ctx context.Context, e *Env, of IngressList, classes []networkingv1.IngressClass) error {
	names := map[string]bool{}
	for _, i := range of.Items {
		if name := i.Class; name != "" {
			names[name] = true
		} else if l.Default != "" {
			names[l.Default] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		class := IngressClass{Name: name, Controller: name} // an annotation may name the controller itself
		if n := slices.IndexFunc(classes, func(c networkingv1.IngressClass) bool { return c.Name == name }); n >= 0 {
			class.Exists, class.Controller = true, classes[n].Spec.Controller
		}
		known, _, _ := strings.Cut(class.Controller, "/nginx/") // of app routing, each with a name of its own
		if known != class.Controller {
			known += "/nginx"
		}
		if class.Selector = controllers()[known]; class.Selector != "" {
			var err error
			if class.Pods, class.Ready, err = countPods(ctx, e, metav1.NamespaceAll, class.Selector); err != nil {
				return err
			}
		}
		l.Classes = append(l.Classes, class)
	}
	return nil
}

// countPods counts the pods, and those that are Ready, up to a page of them.
func countPods(ctx context.Context, e *Env, namespace, selector string) (all, ready int, err error) {
	pods, err := shared(e.Shared, "pods of "+namespace+" with "+selector, func() (*corev1.PodList, error) {
		return e.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 500})
	})
	if err != nil {
		return 0, 0, err
	}
	for i := range pods.Items {
		if podReady(&pods.Items[i]) {
			ready++
		}
	}
	return len(pods.Items), ready, nil
}

func podReady(p *corev1.Pod) bool {
	return p.DeletionTimestamp == nil && slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func (l *ControllerList) addEntrances(ctx context.Context, e *Env, of IngressList) error {
	var addresses []string
	for _, i := range of.Items {
		for _, a := range i.Addresses {
			if !slices.Contains(addresses, a) {
				addresses = append(addresses, a)
			}
		}
	}
	if len(addresses) == 0 {
		return nil
	}
	found, err := balancers(ctx, e)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		entrance := Entrance{Address: a}
		for _, s := range found {
			has := slices.ContainsFunc(s.Status.LoadBalancer.Ingress, func(in corev1.LoadBalancerIngress) bool { return in.IP == a || in.Hostname == a })
			forWeb := slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == 80 || p.Port == 443 })
			if !has || !forWeb { // Services may share an address, each with other ports
				continue
			}
			info, _ := ServiceOf(s)
			entrance.Service = &check.Ref{Kind: "service", Namespace: s.Namespace, Name: s.Name}
			entrance.Internal = info.LoadBalancer != nil && info.LoadBalancer.Internal
			entrance.Selector = labels.SelectorFromSet(info.Selector).String()
			if ip, err := netip.ParseAddr(info.ClusterIP); err == nil {
				entrance.ClusterIP = ip.String()
			}
			if entrance.Pods, entrance.Ready, err = countPods(ctx, e, s.Namespace, entrance.Selector); err != nil {
				return err
			}
		}
		l.Entrances = append(l.Entrances, entrance)
	}
	return nil
}

// balancers are the Services of type LoadBalancer, of all namespaces.
func balancers(ctx context.Context, e *Env) ([]*corev1.Service, error) {
	return shared(e.Shared, "load balancers", func() (list []*corev1.Service, err error) {
		selector := fields.OneTermEqualSelector("spec.type", string(corev1.ServiceTypeLoadBalancer)).String()
		err = each(ctx, func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = selector
			return e.Clients.CoreV1().Services(metav1.NamespaceAll).List(ctx, o)
		}, "", func(object runtime.Object) {
			if s, ok := object.(*corev1.Service); ok {
				list = append(list, s)
			}
		})
		return list, err
	})
}
