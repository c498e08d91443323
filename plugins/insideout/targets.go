package insideout

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// target is what an argument stands for.
type target struct {
	kind string // of kinds, or "host"
	name string
	path string // of a URL; empty: none
}

// kinds are the kinds that can be named, with kubectl's words for them.
var kinds = []struct {
	kind  string
	words []string
}{
	{"service", []string{"svc", "service", "services"}},
	{"deployment", []string{"deploy", "deployment", "deployments"}},
	{"statefulset", []string{"sts", "statefulset", "statefulsets"}},
	{"daemonset", []string{"ds", "daemonset", "daemonsets"}},
	{"pod", []string{"po", "pod", "pods"}},
	{"ingress", []string{"ing", "ingress", "ingresses"}},
	{"httproute", []string{"httproute", "httproutes"}},
}

func kindOf(word string) (string, bool) {
	for _, k := range kinds {
		if slices.Contains(k.words, strings.ToLower(word)) {
			return k.kind, true
		}
	}
	return "", false
}

// targets parses arguments: KIND/NAME, "KIND NAME..." as kubectl also takes it, a URL or a host name.
func targets(args []string) ([]target, error) {
	if len(args) > 1 {
		if kind, ok := kindOf(args[0]); ok {
			names := args[1:]
			args = nil
			for _, name := range names {
				args = append(args, kind+"/"+name)
			}
		}
	}
	var list []target
	for _, arg := range args {
		t, err := parseTarget(arg)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, t) {
			list = append(list, t)
		}
	}
	return list, nil
}

func parseTarget(arg string) (target, error) {
	if u, err := url.Parse(arg); err == nil && u.Scheme != "" && u.Host != "" {
		t, err := hostTarget(arg, u.Hostname())
		if u.Path != "" && u.Path != "/" {
			t.path = u.EscapedPath()
		}
		return t, err
	}
	word, name, ok := strings.Cut(arg, "/")
	switch {
	case !ok && strings.Contains(arg, "."):
		return hostTarget(arg, arg)
	case !ok:
		return target{}, cli.WithHint(fmt.Errorf("%q names no kind", arg), "write svc/"+arg)
	}
	kind, ok := kindOf(word)
	if !ok {
		return target{}, fmt.Errorf("%q cannot be checked: name a Service (svc/NAME), Ingress, HTTPRoute, Deployment, StatefulSet, "+
			"DaemonSet or Pod, a URL or a host name", arg)
	}
	problems := validation.NameIsDNSSubdomain(name, false)
	if kind == "service" {
		problems = validation.NameIsDNSLabel(name, false) // it may begin with a digit from Kubernetes 1.34 on
	}
	if len(problems) > 0 {
		return target{}, fmt.Errorf("%q cannot be the name of a %s: %s", name, kind, problems[0])
	}
	return target{kind: kind, name: name}, nil
}

func hostTarget(arg, host string) (target, error) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(host); err != nil {
		if problems := validation.NameIsDNSSubdomain(host, false); len(problems) > 0 {
			return target{}, fmt.Errorf("%q is neither a URL nor a host name: %s", arg, problems[0])
		}
	}
	return target{kind: "host", name: host}, nil
}

// subject is a Service to check, and the request to send if the target names one.
type subject struct {
	*corev1.Service
	request facts.Request
}

func subjects(services []*corev1.Service) []subject {
	list := make([]subject, len(services))
	for i, s := range services {
		list[i].Service = s
	}
	return list
}

// indexOf returns the index of the Service in the list, -1 if the list lacks it.
func indexOf(list []subject, namespace, name string) int {
	return slices.IndexFunc(list, func(s subject) bool { return s.Namespace == namespace && s.Name == name })
}

// services returns the Services to check: those of the targets, or those of the selector.
func (o *options) services(ctx context.Context, clients *kube.Clients, targets []target) ([]subject, error) {
	if len(targets) == 0 {
		found, err := o.selectedServices(ctx, clients)
		return subjects(found), err
	}
	var list []subject
	for _, t := range targets {
		found, err := servicesOf(ctx, clients, t)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if i := indexOf(list, s.Namespace, s.Name); i < 0 {
				list = append(list, s)
			} else { // each of the targets that stand for it counts
				list[i].request.Routes = append(list[i].request.Routes, s.request.Routes...)
				list[i].request.Serving = append(list[i].request.Serving, s.request.Serving...)
			}
		}
	}
	return list, nil
}

// resources are the group version and resource of each kind.
var resources = map[string][2]string{
	"service": {"v1", "services"}, "pod": {"v1", "pods"},
	"deployment": {"apps/v1", "deployments"}, "statefulset": {"apps/v1", "statefulsets"}, "daemonset": {"apps/v1", "daemonsets"},
	"ingress": {"networking.k8s.io/v1", "ingresses"}, "httproute": {"gateway.networking.k8s.io/v1", "httproutes"},
}

// complete completes names: of Services, or of the kind that is written before the slash.
func (o *options) complete(c *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	prefix, _, named := strings.Cut(word, "/")
	kind, ok := kindOf(prefix)
	if !named || !ok {
		prefix, kind = "svc", "service"
	}
	clients, err := kube.New(o.App.Flags)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	client := clients.Metadata(resources[kind][0], resources[kind][1]).Namespace(clients.Namespace)
	list, err := client.List(c.Context(), metav1.ListOptions{Limit: 500})
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var words []cobra.Completion
	for _, s := range list.Items {
		if full := prefix + "/" + s.Name; strings.HasPrefix(full, word) && !slices.Contains(args, full) {
			words = append(words, full)
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}
