package insideout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/pager"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
)

// serviceWords are how kubectl users write the kind.
var serviceWords = []string{"svc", "service", "services"}

// names returns the Services' names of arguments such as "svc/web" or, as kubectl also takes it, "svc web api".
func names(args []string) ([]string, error) {
	if len(args) > 1 && slices.Contains(serviceWords, args[0]) {
		rest := args[1:]
		args = nil
		for _, name := range rest {
			args = append(args, "svc/"+name)
		}
	}
	var list []string
	for _, arg := range args {
		kind, name, ok := strings.Cut(arg, "/")
		if !ok {
			return nil, cli.WithHint(fmt.Errorf("%q names no kind", arg), "write svc/"+arg)
		}
		if !slices.Contains(serviceWords, strings.ToLower(kind)) {
			return nil, fmt.Errorf("%q is no Service: only svc/NAME can be walked so far", arg)
		}
		if problems := validation.NameIsDNS1035Label(name, false); len(problems) > 0 {
			if problems := validation.NameIsDNSLabel(name, false); len(problems) > 0 { // allowed from Kubernetes 1.34 on
				return nil, fmt.Errorf("%q cannot be a Service's name: %s", name, problems[0])
			}
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// services returns the Services to walk: those of names, or those of the selector.
func (o *options) services(ctx context.Context, clients *kube.Clients, names []string) ([]*corev1.Service, error) {
	if len(names) == 0 {
		return o.listed(ctx, clients)
	}
	list := make([]*corev1.Service, 0, len(names))
	for _, name := range names {
		s, err := clients.CoreV1().Services(clients.Namespace).Get(ctx, name, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
			return nil, cli.WithHint(fmt.Errorf("service %q does not exist in namespace %s", name, clients.Namespace), nearNames(ctx, clients, name)...)
		case apierrors.IsForbidden(err): // the report says which right is missing
			s = &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: clients.Namespace, Name: name}}
		case err != nil:
			return nil, reading(err)
		}
		list = append(list, s)
	}
	return list, nil
}

func (o *options) listed(ctx context.Context, clients *kube.Clients) ([]*corev1.Service, error) {
	namespace := clients.Namespace
	if o.allNamespaces {
		namespace = metav1.NamespaceAll
	}
	var list []*corev1.Service
	pages := pager.New(pager.SimplePageFunc(func(lo metav1.ListOptions) (runtime.Object, error) {
		return clients.CoreV1().Services(namespace).List(ctx, lo)
	}))
	err := pages.EachListItem(ctx, metav1.ListOptions{LabelSelector: o.selector}, func(object runtime.Object) error {
		if s, ok := object.(*corev1.Service); ok {
			list = append(list, s)
		}
		return nil
	})
	if err == nil && len(list) == 0 {
		err = errors.New("no Service matches")
	}
	return list, reading(err)
}

// reading says what the user can do about an error of the API server.
func reading(err error) error {
	if apierrors.IsForbidden(err) {
		return cli.ExitError{Code: 1, Err: cli.WithHint(err, "the rights that this command needs are in docs/rbac/insideout.yaml")}
	}
	return err
}

// nearNames returns a hint with the names in the namespace that look like name, and where else that name is.
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
		return []string{"see the Services with: kubectl get services -A"}
	}
	return []string{"do you mean " + strings.Join(near[:min(3, len(near))], ", ") + "?"}
}

// complete completes names of Services.
func (o *options) complete(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := clients.Metadata("v1", "services").Namespace(clients.Namespace).List(c.Context(), metav1.ListOptions{Limit: 500})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []cobra.Completion
	for _, s := range list.Items {
		if full := "svc/" + s.Name; strings.HasPrefix(full, word) && !slices.Contains(args, full) {
			words = append(words, full)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
