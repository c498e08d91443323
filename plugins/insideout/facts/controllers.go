package facts

import (
	"context"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/podhealth"
)

// ControllerList holds what serves the Ingresses and HTTPRoutes that route to the Service.
type ControllerList struct {
	Classes   []IngressClass   `json:"classes"`             // those that the Ingresses name; the default class if one names none
	Default   string           `json:"default,omitempty"`   // the default IngressClass
	Addresses []IngressAddress `json:"entrances,omitempty"` // one for each address of the Ingresses
}

// IngressClass is an IngressClass, and the pods of its controller.
type IngressClass struct {
	Name       string `json:"name"`
	Exists     bool   `json:"exists"`
	Controller string `json:"controller,omitempty"`
	// Selector selects the controller's pods; empty: their labels are unknown.
	Selector string `json:"selector,omitempty"`
	Pods     int    `json:"pods"`
	Ready    int    `json:"ready"`
}

// Class returns the class of the Ingress; ok is false if it names none and there is no default class. For an HTTPRoute it
// returns the name and controller of its Gateway's class only.
func (l ControllerList) Class(i ingress.Ingress) (class IngressClass, ok bool) {
	if i.Gateway != nil {
		return IngressClass{Name: i.Gateway.Class.Name, Exists: !i.Gateway.Class.Missing, Controller: i.Gateway.Class.Controller}, true
	}
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

// controllers maps the controller names in IngressClasses to the labels of the controllers' pods, for those found on AKS.
// Sources: https://github.com/Azure/aks-app-routing-operator, https://azure.github.io/application-gateway-kubernetes-ingress/,
// and the Helm charts of ingress-nginx and Traefik.
func controllers() map[string]string {
	return map[string]string{
		"k8s.io/ingress-nginx": "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller",
		"webapprouting.kubernetes.azure.com/nginx": "app.kubernetes.io/component=ingress-controller," +
			"app.kubernetes.io/managed-by=aks-app-routing-operator",
		"traefik.io/ingress-controller":          "app.kubernetes.io/name=traefik",
		"azure/application-gateway":              "app in (ingress-appgw,ingress-azure)",
		"alb.networking.azure.io/alb-controller": "app=alb-controller",
	}
}

// Controllers are what serves the Ingresses and HTTPRoutes that route to the Service.
var Controllers = &Fact[ControllerList]{
	Name:  "controllers",
	Needs: []check.Need{Ingresses},
	Access: []rbacv1.PolicyRule{
		fact.Rule("networking.k8s.io", "ingressclasses", "list"), fact.Rule("", "services", "list"), fact.Rule("", "pods", "list"),
	},
	Gather: func(ctx context.Context, e *Env) (ControllerList, []check.Evidence, error) {
		list := ControllerList{Classes: []IngressClass{}}
		ingresses, err := Ingresses.From(ctx, e)
		if err != nil || len(ingresses.Items) == 0 {
			return list, nil, err
		}
		if !slices.ContainsFunc(ingresses.Items, func(i ingress.Ingress) bool { return i.Gateway == nil }) {
			return list, nil, list.addAddresses(ctx, e, ingresses)
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "ingressclasses")}}
		classes, err := fact.Cached(e.Shared, "ingress classes", func() (*networkingv1.IngressClassList, error) {
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
				seen = append(seen, check.Evidence{Source: cmdline.Kubectl("get", "pods", "-A", "-l", c.Selector, "-o", "wide")})
			}
		}
		return list, seen, list.addAddresses(ctx, e, ingresses)
	},
}

func (l *ControllerList) addClasses(ctx context.Context, e *Env, of IngressList, classes []networkingv1.IngressClass) error {
	names := map[string]bool{}
	for _, i := range of.Items {
		if i.Gateway != nil {
			continue
		}
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
		known, _, _ := strings.Cut(class.Controller, "/nginx/") // app routing gives each class its own suffix
		if known != class.Controller {
			known += "/nginx"
		}
		class.Selector = controllers()[known]
		if class.Selector != "" {
			pods, err := podsWith(ctx, e, metav1.NamespaceAll, class.Selector)
			if err != nil {
				return err
			}
			class.Pods, class.Ready = countReady(pods)
		}
		l.Classes = append(l.Classes, class)
	}
	return nil
}

// podsWith returns the pods with the labels, at most a page of them.
func podsWith(ctx context.Context, e *Env, namespace, selector string) (*corev1.PodList, error) {
	return fact.Cached(e.Shared, "pods of "+namespace+" with "+selector, func() (*corev1.PodList, error) {
		return e.Clients.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector, Limit: 500})
	})
}

// countReady returns how many pods there are and how many of them are Ready.
func countReady(pods *corev1.PodList) (all, ready int) {
	for i := range pods.Items {
		if p := &pods.Items[i]; p.DeletionTimestamp == nil && podhealth.PodReady(p) {
			ready++
		}
	}
	return len(pods.Items), ready
}
