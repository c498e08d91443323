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

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/facts"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/kube"
)

// behind returns the Services to which the Ingress leads; one that is not there is left out, and is an error where none is.
func behind(ctx context.Context, clients *kube.Clients, name string) ([]subject, error) {
	found, err := clients.NetworkingV1().Ingresses(clients.Namespace).List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", name).String()})
	if err != nil {
		return nil, reading(err)
	}
	if len(found.Items) == 0 {
		return nil, cli.WithHint(fmt.Errorf("ingress %q does not exist in namespace %s", name, clients.Namespace), "see those that do with: kubectl get ingresses -A")
	}
	in := ingress.Of(&found.Items[0])
	var list []subject
	for _, service := range in.Services() {
		s, err := clients.CoreV1().Services(clients.Namespace).Get(ctx, service, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return nil, reading(err)
		}
		list = append(list, subject{Service: s})
	}
	if len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("ingress %s leads to no Service that is there: it names %s", name, cmp.Or(strings.Join(in.Services(), ", "), "none")),
			fmt.Sprintf("see its rules with: kubectl describe ingress %s -n %s", name, clients.Namespace))
	}
	return list, nil
}

// serving returns the Services, of all namespaces, that serve the host: those of type LoadBalancer that have it as their address or
// name, and that to which the rule of an Ingress leads which is best for the host, and for the path where one is named.
func serving(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	found, err := serviceList(ctx, clients, metav1.NamespaceAll, "", func(s *corev1.Service) bool {
		lb := azurelb.Of(s)
		return lb != nil && (slices.Contains(lb.Addresses, t.name) || slices.Contains(lb.HostNames, t.name) ||
			lb.DNSLabel != "" && strings.HasPrefix(t.name, lb.DNSLabel+".") && strings.HasSuffix(t.name, ".cloudapp.azure.com"))
	})
	if err != nil {
		return nil, reading(err)
	}
	list := subjects(found)
	led, err := led(ctx, clients, t)
	if err != nil {
		return nil, reading(err)
	}
	if list = append(list, led...); len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("no Service of type LoadBalancer has %s as its address or, by an annotation, as its name, and no rule of an Ingress is for it", t.name),
			"name the Service, as in: kubectl insideout svc/web")
	}
	return list, nil
}

// led returns the Services to which the best rules of Ingresses for the host and path lead; several where rules are alike, and for a
// host without a path all.
func led(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	type claim struct {
		namespace, service string
		rule               ingress.Rule
	}
	var claims []claim
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.NetworkingV1().Ingresses(metav1.NamespaceAll).List(ctx, lo)
	}))
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		if i, ok := object.(*networkingv1.Ingress); ok {
			in := ingress.Of(i)
			for _, r := range in.For(t.name, t.path) {
				claims = append(claims, claim{in.Namespace, r.Service, r})
			}
		}
		return nil
	})
	if err != nil || len(claims) == 0 {
		return nil, err
	}
	best := slices.MaxFunc(claims, func(a, b claim) int { return a.rule.Compare(b.rule) })
	var list []subject
	for _, c := range claims {
		if t.path != "" && c.rule.Compare(best.rule) < 0 {
			continue
		}
		s, err := clients.CoreV1().Services(c.namespace).Get(ctx, c.service, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, subject{s, facts.Request{Host: t.name, Path: t.path}})
	}
	return list, nil
}
