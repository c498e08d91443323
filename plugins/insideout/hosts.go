package insideout

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// backendServices returns the Services to which the Ingress or HTTPRoute routes. It leaves out those that do not exist, and
// fails if none does.
func backendServices(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	in, err := readRoute(ctx, clients, t)
	if err != nil {
		return nil, err
	}
	var list []subject
	var names []string
	for _, b := range in.Services() {
		names = append(names, b.String())
		s, err := clients.CoreV1().Services(b.Namespace).Get(ctx, b.Name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return nil, withRole(err)
		}
		found := subject{Service: s}
		if b.Namespace != in.Namespace {
			found.request.Routes = []ingress.Backend{{Namespace: in.Namespace, Name: in.Name}}
		}
		list = append(list, found)
	}
	if len(list) == 0 && len(in.WeightZero) > 0 {
		return nil, cli.WithHint(fmt.Errorf("%s %s sends no request to any Service: the weight of its backend %s is 0", t.kind, t.name,
			in.WeightZero[0]), "raise the weight with: "+cmdline.Kubectl("edit", t.kind, t.name, "-n", clients.Namespace).String())
	}
	if len(list) == 0 {
		backends := cmp.Or(strings.Join(names, ", "), "none")
		return nil, cli.WithHint(fmt.Errorf("%s %s leads to no Service that exists: it names %s%s", t.kind, t.name, backends,
			ownNamespaceOnly(t.kind)),
			"show its rules with: "+cmdline.Kubectl("describe", t.kind, t.name, "-n", clients.Namespace).String())
	}
	return list, nil
}

// ownNamespaceOnly says where the Services of an Ingress must be.
func ownNamespaceOnly(kind string) string {
	if kind == "ingress" {
		return "; an Ingress can only lead to Services of its own namespace"
	}
	return ""
}

// readRoute returns the named Ingress or HTTPRoute. It lists, since the checks need that permission too.
func readRoute(ctx context.Context, clients *kube.Clients, t target) (ingress.Ingress, error) {
	o := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", t.name).String()}
	var found []ingress.Ingress
	if t.kind == "httproute" {
		routes, err := clients.HTTPRoutes(ctx, clients.Namespace, o)
		if err != nil {
			return ingress.Ingress{}, withRole(err)
		}
		for _, r := range routes {
			found = append(found, ingress.FromRoute(r, nil, ingress.Gateway{}, nil))
		}
	} else {
		list, err := clients.NetworkingV1().Ingresses(clients.Namespace).List(ctx, o)
		if err != nil {
			return ingress.Ingress{}, withRole(err)
		}
		for i := range list.Items {
			found = append(found, ingress.FromIngress(&list.Items[i]))
		}
	}
	if len(found) == 0 {
		return ingress.Ingress{}, cli.WithHint(fmt.Errorf("%s %q does not exist in namespace %s", t.kind, t.name, clients.Namespace),
			"list them with: "+cmdline.Kubectl("get", resources[t.kind][1], "-A").String())
	}
	return found[0], nil
}

// servicesForHost returns the Services of all namespaces that serve the host: those of type LoadBalancer with that address or
// name, and those of the best matching rules of Ingresses and HTTPRoutes.
func servicesForHost(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	found, err := serviceList(ctx, clients, metav1.NamespaceAll, "", func(s *corev1.Service) bool {
		lb := azurelb.FromService(s)
		return lb != nil && (slices.Contains(lb.Addresses, t.name) || slices.Contains(lb.Names, t.name) ||
			lb.DNSLabel != "" && strings.HasPrefix(t.name, lb.DNSLabel+".") && strings.Contains(t.name, ".cloudapp."))
	})
	if err != nil {
		return nil, withRole(err)
	}
	list := subjects(found)
	byRule, err := ruleServices(ctx, clients, t)
	if err != nil {
		return nil, withRole(err)
	}
	list = append(list, byRule...)
	if len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("no Service of type LoadBalancer has the address or annotated name %s, "+
			"and no rule of an Ingress or HTTPRoute matches it", t.name), "name the Service, as in: kubectl insideout svc/web")
	}
	return list, nil
}

// ruleServices returns the Services of the rules of Ingresses and HTTPRoutes that best match the host and path. Without a
// path, it returns those of all rules for the host.
func ruleServices(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	all, err := allRoutes(ctx, clients)
	if err != nil {
		return nil, err
	}
	found := claims(all, t)
	within := slices.ContainsFunc(found, func(c claim) bool { return !c.crossing() })
	var list []subject
	for _, c := range found {
		to := c.in.Backend(c.rule)
		at := indexOf(list, to.Namespace, to.Name)
		if at < 0 {
			s, err := clients.CoreV1().Services(to.Namespace).Get(ctx, to.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return nil, err
			}
			at, list = len(list), append(list, subject{s, facts.Request{Host: t.name, Path: t.path}})
		}
		route := ingress.Backend{Namespace: c.in.Namespace, Name: c.in.Name}
		if !within && !slices.Contains(list[at].request.Serving, route) {
			list[at].request.Serving = append(list[at].request.Serving, route)
		}
	}
	return list, nil
}

// claim is a rule for the host that the user named.
type claim struct {
	in   ingress.Ingress
	rule ingress.Rule
}

// crossing reports whether the rule routes to another namespace.
func (c claim) crossing() bool { return c.in.Backend(c.rule).Namespace != c.in.Namespace }

// attached reports whether requests may come to the rule: those of an HTTPRoute need a listener.
func (c claim) attached() bool { return c.in.Gateway == nil || c.rule.Listener != "" }

// claims returns the rules that best match the target's host and path; without a path, all rules for the host. Anybody may create a rule
// for any host, so those to which no request comes count only if there are no others.
func claims(all []ingress.Ingress, t target) []claim {
	var list []claim
	for _, in := range all {
		for _, r := range in.For(t.name, t.path) {
			list = append(list, claim{in, r})
		}
	}
	if slices.ContainsFunc(list, claim.attached) {
		list = slices.DeleteFunc(list, func(c claim) bool { return !c.attached() })
	}
	if len(list) == 0 || t.path == "" {
		return list
	}
	best := slices.MaxFunc(list, func(a, b claim) int { return a.rule.Compare(b.rule) })
	return slices.DeleteFunc(list, func(c claim) bool { return c.rule.Compare(best.rule) < 0 })
}

// allRoutes returns all Ingresses, and all HTTPRoutes as their Gateways serve them.
func allRoutes(ctx context.Context, clients *kube.Clients) ([]ingress.Ingress, error) {
	var all []ingress.Ingress
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.NetworkingV1().Ingresses(metav1.NamespaceAll).List(ctx, lo)
	}))
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		if i, ok := object.(*networkingv1.Ingress); ok {
			all = append(all, ingress.FromIngress(i))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	routes, err := clients.HTTPRoutes(ctx, metav1.NamespaceAll, metav1.ListOptions{})
	if err != nil || len(routes) == 0 {
		return all, err
	}
	gateways, err := clients.Gateways(ctx)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		for _, name := range ingress.ParentGateways(r) {
			at := slices.IndexFunc(gateways, func(g *gatewayv1.Gateway) bool { return g.Namespace == name.Namespace && g.Name == name.Name })
			if at < 0 {
				all = append(all, ingress.FromRoute(r, nil, ingress.Gateway{Namespace: name.Namespace, Name: name.Name}, nil))
				continue
			}
			all = append(all, ingress.FromRoute(r, gateways[at], ingress.FromGateway(gateways[at]), nil))
		}
	}
	return all, nil
}
