package policy

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Cluster is the state of the cluster that the policies depend on.
type Cluster struct {
	Pods       []*corev1.Pod
	Namespaces map[string]labels.Set
	Policies   []*networkingv1.NetworkPolicy
}

// subject reports whether policies apply to the pod: it has an address of its own and is not finished.
func subject(p *corev1.Pod) bool {
	return p.Status.PodIP != "" && !strings.Contains(p.Status.PodIP, ":") && !p.Spec.HostNetwork &&
		p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed
}

// matches reports whether the selector matches the labels. An invalid one, which the API server rejects, matches
// nothing.
func matches(s *metav1.LabelSelector, set labels.Set) bool {
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(set)
}

// selecting returns the policies of the type that select the pod.
func (c Cluster) selecting(p *corev1.Pod, kind networkingv1.PolicyType) []*networkingv1.NetworkPolicy {
	var found []*networkingv1.NetworkPolicy
	for _, policy := range c.Policies {
		if policy.Namespace == p.Namespace && slices.Contains(policy.Spec.PolicyTypes, kind) && matches(&policy.Spec.PodSelector, p.Labels) {
			found = append(found, policy)
		}
	}
	return found
}

// selected returns the pods that a peer selects, for a policy in the namespace.
func (c Cluster) selected(namespace string, peer networkingv1.NetworkPolicyPeer) []*corev1.Pod {
	var found []*corev1.Pod
	for _, p := range c.Pods {
		if !subject(p) {
			continue
		}
		if peer.NamespaceSelector == nil && p.Namespace != namespace {
			continue
		}
		if peer.NamespaceSelector != nil && !matches(peer.NamespaceSelector, c.Namespaces[p.Namespace]) {
			continue
		}
		if peer.PodSelector == nil || matches(peer.PodSelector, p.Labels) {
			found = append(found, p)
		}
	}
	return found
}

// ports returns the numbers of the pod's ports with the name.
func ports(p *corev1.Pod, name string, protocol corev1.Protocol) []int32 {
	var found []int32
	for _, c := range slices.Concat(p.Spec.Containers, p.Spec.InitContainers) {
		for _, port := range c.Ports {
			if port.Name == name && (port.Protocol == protocol || port.Protocol == "" && protocol == corev1.ProtocolTCP) {
				found = append(found, port.ContainerPort)
			}
		}
	}
	return found
}
