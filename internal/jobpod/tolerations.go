package jobpod

import corev1 "k8s.io/api/core/v1"

// Tolerations returns a toleration for each of the node's taints: AKS Automatic denies wildcards
// (https://learn.microsoft.com/azure/aks/automatic/aks-automatic-managed-system-node-pools-about).
func Tolerations(node *corev1.Node) []corev1.Toleration {
	var ts []corev1.Toleration
	for _, t := range node.Spec.Taints {
		ts = append(ts, corev1.Toleration{Key: t.Key, Operator: corev1.TolerationOpEqual, Value: t.Value, Effect: t.Effect})
	}
	return ts
}
