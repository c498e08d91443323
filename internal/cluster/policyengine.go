package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/kube"
)

// engines selects the pods that enforce NetworkPolicies on AKS (https://learn.microsoft.com/azure/aks/use-network-policies).
const engines = "k8s-app in (azure-npm,calico-node,cilium)"

// PolicyEngine returns a pod of the engine that enforces NetworkPolicies, as "namespace/name"; empty: none was found. Only namespaces of
// AKS are searched: anybody may give such labels to pods elsewhere.
func PolicyEngine(ctx context.Context, c *kube.Clients) (string, error) {
	for _, namespace := range []string{metav1.NamespaceSystem, "calico-system"} {
		pods, err := c.Metadata("v1", "pods").Namespace(namespace).List(ctx, metav1.ListOptions{LabelSelector: engines, Limit: 1})
		if err != nil {
			return "", err
		}
		if len(pods.Items) > 0 {
			return namespace + "/" + pods.Items[0].Name, nil
		}
	}
	return "", nil
}
