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
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/azurelb"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/ingress"
	"github.com/akstools/akstools/internal/kube"
)

// behind returns the Services to which the Ingress leads; one that is not there is left out, and is an error where none is.
func behind(ctx context.Context, clients *kube.Clients, name string) ([]*corev1.Service, error) {
	i, err := clients.NetworkingV1().Ingresses(clients.Namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, cli.WithHint(fmt.Errorf("ingress %q does not exist in namespace %s", name, clients.Namespace), "see those that do with: kubectl get ingresses -A")
	}
	if err != nil {
		return nil, reading(err)
	}
	in := ingress.Of(i)
	var list []*corev1.Service
	for _, service := range in.Services() {
		s, err := clients.CoreV1().Services(clients.Namespace).Get(ctx, service, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return nil, reading(err)
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("ingress %s leads to no Service that is there: it names %s", name, cmp.Or(strings.Join(in.Services(), ", "), "none")),
			fmt.Sprintf("see its rules with: kubectl describe ingress %s -n %s", name, clients.Namespace))
	}
	return list, nil
}

// serving returns the Services, of all namespaces, that serve the host: those of type LoadBalancer that have it as their address or
// name, and those to which a rule of an Ingress for the host, and for the path where one is named, leads.
func (o *options) serving(ctx context.Context, clients *kube.Clients, t target) ([]*corev1.Service, error) {
	list, err := serviceList(ctx, clients, metav1.NamespaceAll, "", func(s *corev1.Service) bool {
		lb := azurelb.Of(s)
		return lb != nil && (slices.Contains(lb.Addresses, t.name) || slices.Contains(lb.HostNames, t.name) ||
			lb.DNSLabel != "" && strings.HasPrefix(t.name, lb.DNSLabel+".") && strings.HasSuffix(t.name, ".cloudapp.azure.com"))
	})
	if err != nil {
		return nil, reading(err)
	}
	led, err := led(ctx, clients, t)
	if err != nil {
		return nil, reading(err)
	}
	if len(led) > 0 && o.host == "" {
		o.host = t.name
		o.path = cmp.Or(o.path, t.path)
	}
	if list = append(list, led...); len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("no Service of type LoadBalancer has %s as its address or, by an annotation, as its name, and no rule of an Ingress is for it", t.name),
			"name the Service, as in: kubectl insideout svc/web")
	}
	return list, nil
}

// led returns the Services to which rules of Ingresses lead requests for the host and path.
func led(ctx context.Context, clients *kube.Clients, t target) ([]*corev1.Service, error) {
	var list []*corev1.Service
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.NetworkingV1().Ingresses(metav1.NamespaceAll).List(ctx, lo)
	}))
	err := pages.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
		i, ok := object.(*networkingv1.Ingress)
		if !ok {
			return nil
		}
		in := ingress.Of(i)
		for _, name := range in.Services() {
			requests := in.Requests(name, t.name, t.path)
			if !slices.ContainsFunc(requests, func(q ingress.Request) bool { return q.Meant && q.Rule.Host != "" }) {
				continue
			}
			s, err := clients.CoreV1().Services(in.Namespace).Get(ctx, name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			list = append(list, s)
		}
		return nil
	})
	return list, err
}
