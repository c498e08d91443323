package connectordoctor

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cli"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// found is a connection as the cluster knows it, and Azure if that was read.
type found struct {
	Name           string      `json:"name"` // as far as the name of its Secret tells
	Namespace      string      `json:"namespace"`
	Secret         string      `json:"secret,omitempty"`        // empty: it mounts secrets by the CSI driver
	SecretExists   *bool       `json:"secretExists,omitempty"`  // nil: unknown
	ProviderClass  string      `json:"providerClass,omitempty"` // empty: it has none
	ServiceAccount string      `json:"serviceAccount,omitempty"`
	ClientID       string      `json:"clientId,omitempty"` // of its identity
	Consumers      []check.Ref `json:"consumers"`
	InCluster      bool        `json:"inCluster"`         // the cluster has something of it
	InAzure        *bool       `json:"inAzure,omitempty"` // nil: Azure was not read
	// What Azure has of it: whether it creates nothing in the cluster, because pods mount secrets; its target, how pods sign in, and the
	// state of the last operation on it.
	CSI      bool   `json:"csi,omitempty"`
	Target   string `json:"target,omitempty"`
	AuthType string `json:"authType,omitempty"`
	State    string `json:"state,omitempty"`
}

// find returns the connections of the current namespace, or of all, sorted: those with a Secret or a SecretProviderClass, and those that
// workloads refer to. Without permission to list Secrets, a warning tells so.
func find(ctx context.Context, notes *cli.Printer, clients *kube.Clients, all bool) ([]found, error) {
	namespace := clients.Namespace
	if all {
		namespace = metav1.NamespaceAll
	}
	b := builder{}
	if err := b.secrets(ctx, clients, namespace); apierrors.IsForbidden(err) {
		notes.Warnf("Secrets were not listed: %s; connections are found by the workloads that refer to them", kube.NameDenied(err))
	} else if err != nil {
		return nil, err
	}
	spaces, err := facts.Namespaces(ctx, clients, namespace)
	if err != nil {
		return nil, kube.NameDenied(err)
	}
	for _, s := range spaces {
		b.add(s)
	}
	return b.sorted(), nil
}

// builder collects connections by namespace and name of the Secret.
type builder struct {
	list   map[check.Ref]*found
	listed bool // Secrets were listed
}

func (b *builder) get(namespace, name string) *found {
	if b.list == nil {
		b.list = map[check.Ref]*found{}
	}
	ref := check.Ref{Namespace: namespace, Name: name}
	if b.list[ref] == nil {
		b.list[ref] = &found{Name: name, Namespace: namespace, Consumers: []check.Ref{}, InCluster: true}
	}
	return b.list[ref]
}

// secrets adds the connections whose Secrets exist. Only metadata leave the API server.
func (b *builder) secrets(ctx context.Context, clients *kube.Clients, namespace string) error {
	client := clients.Metadata("v1", "secrets").Namespace(namespace)
	next := ""
	for {
		list, err := client.List(ctx, metav1.ListOptions{Limit: 500, Continue: next})
		if err != nil {
			return err
		}
		for _, o := range list.Items {
			if name, ok := facts.ConnectionOf(o.Name); ok {
				c := b.get(o.Namespace, name)
				exists := true
				c.Secret, c.SecretExists = o.Name, &exists
			}
		}
		if next = list.Continue; next == "" {
			b.listed = true
			return nil
		}
	}
}

// add adds what a namespace has of connections.
func (b *builder) add(s facts.Space) {
	for _, class := range s.Classes {
		if name, ok := facts.ConnectionOfProvider(class.Name); ok {
			b.get(s.Namespace, name).ProviderClass = class.Name
		}
	}
	for _, w := range s.Workloads {
		for _, use := range w.Template.Uses {
			name, ok := facts.ConnectionOf(use.Object)
			if use.How == facts.CSI {
				name, ok = facts.ConnectionOfProvider(use.Object)
			}
			if !ok {
				continue
			}
			c := b.get(s.Namespace, name)
			if use.How != facts.CSI && c.Secret == "" {
				c.Secret = use.Object
				if b.listed {
					c.SecretExists = new(bool)
				}
			}
			if !slices.Contains(c.Consumers, w.Ref) {
				c.Consumers = append(c.Consumers, w.Ref)
			}
			if account := w.Template.ServiceAccount; facts.ByConnector(account) && c.ServiceAccount == "" {
				known, _ := s.Accounts.Get(account)
				c.ServiceAccount, c.ClientID = account, known.Client
			}
		}
	}
}

func (b *builder) sorted() []found {
	list := make([]found, 0, len(b.list))
	for _, c := range b.list {
		list = append(list, *c)
	}
	sort(list)
	return list
}

func sort(list []found) {
	slices.SortFunc(list, func(a, b found) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
}

// completeConnections completes names of connections of the namespace, by their Secrets.
func completeConnections(a *cli.App) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		clients, err := kube.New(a.Flags)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		b := builder{}
		ctx, cancel := context.WithTimeout(c.Context(), completionTimeout)
		defer cancel()
		_ = b.secrets(ctx, clients, clients.Namespace) // without permission there is nothing to offer
		var names []cobra.Completion
		for _, f := range b.sorted() {
			if !slices.Contains(args, f.Name) {
				names = append(names, f.Name)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
