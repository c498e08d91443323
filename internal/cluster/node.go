package cluster

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/podhealth"
)

// NodeReady returns what is kept of the node's condition Ready; its Status is empty where the node has none.
func NodeReady(n *corev1.Node) podhealth.Condition {
	c := podhealth.NodeReady(n)
	return Condition(string(c.Type), string(c.Status), c.Reason, c.Message, c.LastTransitionTime)
}

// NodeOf returns what is kept of the node.
func NodeOf(n *corev1.Node) podhealth.Node {
	node := podhealth.Node{
		Name: n.Name, OS: n.Labels[corev1.LabelOSStable], Region: n.Labels[corev1.LabelTopologyRegion], Created: n.CreationTimestamp.UTC(),
		Leaving: n.DeletionTimestamp != nil, Unschedulable: n.Spec.Unschedulable,
		Simulated: n.Labels["type"] == "virtual-kubelet" || n.Labels["type"] == "kwok" || n.Annotations["kwok.x-k8s.io/node"] != "",
	}
	for _, a := range n.Status.Addresses {
		if ip, err := netip.ParseAddr(a.Address); err == nil && ip.Zone() == "" && a.Type == corev1.NodeInternalIP && !node.IP.IsValid() {
			node.IP = ip
		}
	}
	node.Ready = NodeReady(n)
	for _, t := range n.Spec.Taints { // of the cloud provider, and of the cluster autoscaler
		node.Leaving = node.Leaving || t.Key == "node.cloudprovider.kubernetes.io/shutdown" || t.Key == "ToBeDeletedByClusterAutoscaler"
	}
	for _, t := range n.Spec.Taints {
		if t.Effect != corev1.TaintEffectPreferNoSchedule {
			node.Taints = append(node.Taints, t.ToString())
		}
	}
	if i, ok := id.Parse(n.Spec.ProviderID, n.Name); ok {
		node.Azure = i
	}
	return node
}
