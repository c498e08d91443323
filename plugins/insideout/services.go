package insideout

import (
	"context"
	"errors"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
)

// servicesOf returns the Services that the target stands for: itself, those that select its pods, or those that serve the
// host.
func servicesOf(ctx context.Context, clients *kube.Clients, t target) ([]subject, error) {
	switch t.kind {
	case "service":
		s, err := service(ctx, clients, t.name)
		return []subject{{Service: s}}, err
	case "ingress", "httproute":
		return backendServices(ctx, clients, t)
	case "host":
		return servicesForHost(ctx, clients, t)
	}
	of, err := podLabels(ctx, clients, t)
	if err != nil {
		return nil, err
	}
	list, err := serviceList(ctx, clients, clients.Namespace, "", func(s *corev1.Service) bool {
		return len(s.Spec.Selector) > 0 && labels.SelectorFromSet(s.Spec.Selector).Matches(of)
	})
	if err == nil && len(list) == 0 {
		return nil, cli.WithHint(fmt.Errorf("no Service in namespace %s selects the pods of %s/%s, which have the labels %s",
			clients.Namespace, t.kind, t.name, of),
			"create one with: "+cmdline.Kubectl("expose", t.kind, t.name, "-n", clients.Namespace, "--port=PORT").String())
	}
	return subjects(list), withRole(err)
}

func service(ctx context.Context, clients *kube.Clients, name string) (*corev1.Service, error) {
	s, err := clients.CoreV1().Services(clients.Namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, cli.WithHint(fmt.Errorf("service %q does not exist in namespace %s", name, clients.Namespace),
			nearNames(ctx, clients, name)...)
	case apierrors.IsForbidden(err): // the report says which permission is missing
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: clients.Namespace, Name: name}}, nil
	case err != nil:
		return nil, withRole(err)
	}
	return s, nil
}

// listNamed lists the workload or pod by its name.
func listNamed(ctx context.Context, clients *kube.Clients, t target) (runtime.Object, error) {
	o := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("metadata.name", t.name).String()}
	switch t.kind {
	case "deployment":
		return clients.AppsV1().Deployments(clients.Namespace).List(ctx, o)
	case "statefulset":
		return clients.AppsV1().StatefulSets(clients.Namespace).List(ctx, o)
	case "daemonset":
		return clients.AppsV1().DaemonSets(clients.Namespace).List(ctx, o)
	}
	return clients.Metadata("v1", "pods").Namespace(clients.Namespace).List(ctx, o)
}

// podLabels returns the labels of the workload's pods, or of the pod. It lists, since the checks need that permission too.
func podLabels(ctx context.Context, clients *kube.Clients, t target) (labels.Set, error) {
	list, err := listNamed(ctx, clients, t)
	if err != nil {
		return nil, withRole(err)
	}
	var found labels.Set
	err = apimeta.EachListItem(list, func(object runtime.Object) error {
		switch w := object.(type) {
		case *appsv1.Deployment:
			found = w.Spec.Template.Labels
		case *appsv1.StatefulSet:
			found = w.Spec.Template.Labels
		case *appsv1.DaemonSet:
			found = w.Spec.Template.Labels
		case *metav1.PartialObjectMetadata:
			found = w.Labels
		}
		return nil
	})
	if err == nil && apimeta.LenList(list) == 0 {
		err = cli.WithHint(fmt.Errorf("%s %q does not exist in namespace %s", t.kind, t.name, clients.Namespace),
			"list them with: "+cmdline.Kubectl("get", t.kind+"s", "-A").String())
	}
	return found, err
}

func (o *options) selectedServices(ctx context.Context, clients *kube.Clients) ([]*corev1.Service, error) {
	namespace := clients.Namespace
	if o.allNamespaces {
		namespace = metav1.NamespaceAll
	}
	list, err := serviceList(ctx, clients, namespace, o.selector, func(*corev1.Service) bool { return true })
	if err == nil && len(list) == 0 {
		err = errors.New("no Service matches")
	}
	return list, withRole(err)
}

// serviceList returns the wanted Services of the namespace with the labels; of all namespaces if it is empty.
func serviceList(
	ctx context.Context, clients *kube.Clients, namespace, selector string, wanted func(*corev1.Service) bool,
) ([]*corev1.Service, error) {
	var list []*corev1.Service
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.CoreV1().Services(namespace).List(ctx, lo)
	}))
	err := pages.EachListItem(ctx, metav1.ListOptions{LabelSelector: selector}, func(object runtime.Object) error {
		if s, ok := object.(*corev1.Service); ok && wanted(s) {
			list = append(list, s)
		}
		return nil
	})
	return list, err
}

// roleURL is the address of this plugin's generated role, which an installed plugin does not contain.
const roleURL = "https://github.com/akstools/akstools/blob/main/docs/rbac/insideout.yaml"

// withRole adds to a Forbidden error where the needed permissions are listed.
func withRole(err error) error {
	if apierrors.IsForbidden(err) {
		return cli.ExitError{Code: 1, Err: cli.WithHint(err, "the permissions that this command needs are listed in "+roleURL)}
	}
	return err
}

// nearNames returns a hint with similar names of the namespace.
func nearNames(ctx context.Context, clients *kube.Clients, name string) []string {
	list, err := clients.Metadata("v1", "services").Namespace(clients.Namespace).List(ctx, metav1.ListOptions{Limit: 500})
	if err != nil {
		return nil
	}
	var near []string
	for _, s := range list.Items {
		if strings.Contains(s.Name, name) || strings.Contains(name, s.Name) || len(s.Name) > 2 && strings.HasPrefix(name, s.Name[:3]) {
			near = append(near, "svc/"+s.Name)
		}
	}
	if len(near) == 0 {
		return []string{"list the Services with: kubectl get services -A"}
	}
	return []string{"did you mean " + strings.Join(near[:min(3, len(near))], ", ") + "?"}
}
