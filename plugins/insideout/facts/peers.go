package facts

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"

	"github.com/akstools/akstools/internal/jobpod"
	"github.com/akstools/akstools/internal/netpolicy"
)

// maxNamespaces bounds in how many namespaces a policy's pods are looked for.
const maxNamespaces = 10

// matchesAnyPod reports whether any existing pod matches the rule's peers. Peers outside the cluster (ipBlock) always count.
func (v *evaluator) matchesAnyPod(ctx context.Context, r netpolicy.Rule) (bool, error) {
	if len(r.Peers) == 0 {
		return true, nil
	}
	for _, peer := range r.Peers {
		matches, err := v.peerMatchesAnyPod(ctx, peer)
		if err != nil || matches {
			return matches, err
		}
	}
	return false, nil
}

func (v *evaluator) peerMatchesAnyPod(ctx context.Context, peer networkingv1.NetworkPolicyPeer) (bool, error) {
	only := v.e.Client.Namespace // if set, pods of other namespaces do not count
	if peer.IPBlock != nil {
		return only == "", nil
	}
	pods, err := peerSelector(peer)
	if err != nil {
		return false, err
	}
	namespaces := []string{v.server.Namespace}
	if peer.NamespaceSelector != nil {
		selector, err := metav1.LabelSelectorAsSelector(peer.NamespaceSelector)
		if err != nil {
			return false, err
		}
		o := metav1.ListOptions{LabelSelector: selector.String(), Limit: maxNamespaces}
		list, err := v.e.Clients.Metadata("v1", "namespaces").List(ctx, o)
		if err != nil {
			return false, err
		}
		if list.Continue != "" && only == "" { // with so many namespaces some pod matches
			return true, nil
		}
		namespaces = nil
		for _, n := range list.Items {
			namespaces = append(namespaces, n.Name)
		}
	}
	for _, namespace := range namespaces {
		if only != "" && namespace != only {
			continue
		}
		list, err := v.e.Clients.Metadata("v1", "pods").Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: pods, Limit: 1})
		if err != nil || len(list.Items) > 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// peerSelector returns the label selector of a peer's pods, without pods of this program.
func peerSelector(peer networkingv1.NetworkPolicyPeer) (string, error) {
	notOurs, err := labels.NewRequirement(jobpod.ManagedByLabel, selection.NotEquals, []string{jobpod.ManagedBy})
	if err != nil {
		return "", err
	}
	selector := labels.Everything()
	if peer.PodSelector != nil {
		selector, err = metav1.LabelSelectorAsSelector(peer.PodSelector)
		if err != nil {
			return "", err
		}
	}
	return selector.Add(*notOurs).String(), nil
}
