package cluster

import (
	"context"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/redact"
)

// PolicyNames are policies of other kinds than Kubernetes' own, which may drop or allow packets. Only that they exist is known, not what
// they say.
type PolicyNames struct {
	Items []PolicyName `json:"items"`
	// Unknown is why some could not be listed; empty: all were, up to a few of each kind.
	Unknown string `json:"unknown,omitempty"`
}

// PolicyName names one policy.
type PolicyName struct {
	Resource  string `json:"resource"` // as kubectl takes it, such as ciliumnetworkpolicies.cilium.io
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// MayDrop returns an error if such policies exist, or may exist: whether packets are dropped on purpose is then unknown.
func (l PolicyNames) MayDrop() error { return l.may("drop the packets on purpose") }

// MayAllow returns an error if such policies exist, or may exist: they may allow what Kubernetes' own do not.
func (l PolicyNames) MayAllow() error { return l.may("allow it") }

func (l PolicyNames) may(what string) error {
	switch n := len(l.Items); {
	case n > 0:
		first, more := l.Items[0], ""
		if n > 1 {
			more = fmt.Sprintf(" and %d more", n-1)
		}
		at := cmdline.Kubectl("get", first.Resource, first.Name).With(inNamespace(first.Namespace)...)
		return fmt.Errorf("%s %s%s may %s and is not evaluated; see: %s", first.Resource, first.Name, more, what, at.With("-o", "yaml"))
	case l.Unknown != "":
		return fmt.Errorf("whether policies of Cilium or Calico %s is unknown: %s", what, l.Unknown)
	}
	return nil
}

// maxPolicyNames bounds how many policies of a kind are named.
const maxPolicyNames = 5

// policyKind is a kind of policy of a network plug-in that AKS offers (https://learn.microsoft.com/azure/aks/use-network-policies).
type policyKind struct {
	group, version, resource string
	clusterWide              bool
}

func policyKinds() []policyKind {
	return []policyKind{
		{"cilium.io", "v2", "ciliumnetworkpolicies", false},
		{"cilium.io", "v2", "ciliumclusterwidenetworkpolicies", true},
		{"crd.projectcalico.org", "v1", "networkpolicies", false},
		{"crd.projectcalico.org", "v1", "globalnetworkpolicies", true},
	}
}

// OtherPolicyRules are the rules that OtherPolicies needs.
func OtherPolicyRules() (rules []rbacv1.PolicyRule) {
	for _, kind := range policyKinds() {
		rules = append(rules, rbacv1.PolicyRule{APIGroups: []string{kind.group}, Resources: []string{kind.resource}, Verbs: []string{"list"}})
	}
	return rules
}

// OtherPolicies returns the policies of Cilium and Calico in the namespaces, and those of the whole cluster. A cluster without these kinds
// has none.
func OtherPolicies(ctx context.Context, c *kube.Clients, namespaces ...string) (PolicyNames, []check.Evidence, error) {
	all := PolicyNames{Items: []PolicyName{}}
	namespaces = slices.Compact(slices.Sorted(slices.Values(namespaces)))
	var seen []check.Evidence
	for _, kind := range policyKinds() {
		within := namespaces
		if kind.clusterWide {
			within = []string{metav1.NamespaceAll}
		}
		for _, namespace := range within {
			found, err := all.add(ctx, c, kind, namespace)
			if err != nil {
				return all, seen, err
			}
			if found {
				source := cmdline.Kubectl("get", kind.resource+"."+kind.group, "-o", "yaml")
				seen = append(seen, check.Evidence{Source: source.With(inNamespace(namespace)...)})
			}
		}
	}
	return all, seen, nil
}

func inNamespace(namespace string) []string {
	if namespace == "" {
		return nil
	}
	return []string{"-n", namespace}
}

// add adds the policies of the kind in a namespace, or of the cluster.
func (l *PolicyNames) add(ctx context.Context, c *kube.Clients, kind policyKind, namespace string) (found bool, err error) {
	client := c.Metadata(kind.group+"/"+kind.version, kind.resource).Namespace(namespace)
	list, err := client.List(ctx, metav1.ListOptions{Limit: maxPolicyNames})
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case apierrors.IsForbidden(err): // the API server also gives this for a group that it does not have
		if group := c.CoreV1().RESTClient().Get().AbsPath("/apis", kind.group).Do(ctx).Error(); !apierrors.IsNotFound(group) {
			l.Unknown = redact.Message(kube.NameDenied(err).Error())
		}
		return false, nil
	case err != nil:
		return false, err
	}
	for i := range list.Items {
		l.Items = append(l.Items, PolicyName{kind.resource + "." + kind.group, list.Items[i].Namespace, redact.Message(list.Items[i].Name)})
	}
	return len(list.Items) > 0, nil
}
