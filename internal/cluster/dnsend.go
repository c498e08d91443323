package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/kube"
	"github.com/akstools/akstools/internal/netpolicy"
)

const dnsLabel, dnsValue = "k8s-app", "kube-dns"

// DNSPod returns what the pods of the cluster's DNS have in common, as policies see it.
func DNSPod() netpolicy.End {
	return netpolicy.End{
		Namespace: metav1.NamespaceSystem, Labels: map[string]string{dnsLabel: dnsValue},
		Ports: []netpolicy.NamedPort{{Name: "dns", Port: netpolicy.DNSPort()}},
	}
}

// DNSEnd returns a pod of the cluster's DNS as policies see it, with the labels of its namespace. If none runs, it is DNSPod.
func DNSEnd(ctx context.Context, c *kube.Clients) (netpolicy.End, error) {
	pods, err := c.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{
		LabelSelector: dnsLabel + "=" + dnsValue, FieldSelector: "status.phase=Running", Limit: 1,
	})
	if err != nil || len(pods.Items) == 0 {
		return DNSPod(), err
	}
	end := PolicyEnd(&pods.Items[0])
	if pods.Items[0].Spec.HostNetwork { // no policy selects it, and to others it is an address
		end.Namespace = ""
		return end, nil
	}
	namespace, err := c.Metadata("v1", "namespaces").Get(ctx, end.Namespace, metav1.GetOptions{})
	if err != nil {
		return end, err
	}
	end.NamespaceLabels = namespace.Labels
	return end, nil
}
