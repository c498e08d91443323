package facts

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/internal/nodepod"
)

// WebhookBarrier is what NetworkPolicies decide about the API server's calls of the webhook of workload identity, which tunnel agents pass
// on. Its zero value is that they allow them, or that no agent or pod of the webhook is known.
type WebhookBarrier struct {
	Policies []string `json:"policies,omitempty"` // those that select the webhook's pods and let no agent in
	Patch    string   `json:"patch,omitempty"`    // of the first, which lets in the pods of kube-system; a JSON patch
}

// WebhookPolicies is what the NetworkPolicies of kube-system decide about calls of the webhook there.
var WebhookPolicies = &Fact[WebhookBarrier]{
	Name:  "identity-webhook-policies",
	Needs: []check.Need{Webhooks},
	AccessIn: map[string][]rbacv1.PolicyRule{metav1.NamespaceSystem: {
		fact.Rule("networking.k8s.io", "networkpolicies", "list"), fact.Rule("", "pods", "list"), fact.Rule("", "services", "get"),
	}},
	Access: []rbacv1.PolicyRule{fact.GetRule("", "namespaces", metav1.NamespaceSystem)},
	Gather: func(ctx context.Context, e *Env) (WebhookBarrier, []check.Evidence, error) {
		list, err := Webhooks.From(ctx, e)
		if err != nil {
			return WebhookBarrier{}, nil, err
		}
		seen := []check.Evidence{{Source: cmdline.Kubectl("get", "networkpolicies", "-n", metav1.NamespaceSystem)}}
		for _, w := range list.Items {
			if w.Service.Namespace != metav1.NamespaceSystem {
				continue // elsewhere it is not AKS's
			}
			b, err := fact.Cached(e.Shared, "webhook policies", func() (WebhookBarrier, error) { return webhookBarrier(ctx, e, w.Service.Name) })
			return b, seen, err
		}
		return WebhookBarrier{}, nil, nil
	},
}

// webhookBarrier evaluates the policies for the Service's pods.
func webhookBarrier(ctx context.Context, e *Env, service string) (b WebhookBarrier, _ error) {
	const system = metav1.NamespaceSystem
	policies, err := cluster.NetworkPolicies(ctx, e.Clients, system)
	if err != nil || len(policies) == 0 {
		return b, err
	}
	s, err := e.Clients.CoreV1().Services(system).Get(ctx, service, metav1.GetOptions{})
	if err != nil || len(s.Spec.Ports) == 0 || len(s.Spec.Selector) == 0 {
		return b, err
	}
	const some = 20 // pods of one ReplicaSet are alike
	pods, err := e.Clients.CoreV1().Pods(system).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: s.Spec.Selector}), Limit: some,
	})
	if err != nil {
		return b, err
	}
	agents, err := e.Clients.CoreV1().Pods(system).List(ctx, metav1.ListOptions{LabelSelector: nodepod.AgentSelector, Limit: some})
	if err != nil || len(agents.Items) == 0 {
		return b, err
	}
	namespace, err := e.Clients.CoreV1().Namespaces().Get(ctx, system, metav1.GetOptions{})
	if err != nil {
		return b, err
	}
	for i := range pods.Items {
		if pods.Items[i].Spec.HostNetwork { // policies do not apply
			return WebhookBarrier{}, nil
		}
		server := cluster.PolicyEnd(&pods.Items[i])
		port := portOf(server, s.Spec.Ports[0])
		selecting := netpolicy.Selecting(policies, netpolicy.Ingress, server)
		for k := range agents.Items {
			agent := cluster.PolicyEnd(&agents.Items[k])
			agent.NamespaceLabels = namespace.Labels
			v := netpolicy.Evaluate(selecting, netpolicy.Ingress, server, agent, port)
			if agents.Items[k].Spec.HostNetwork || v.Allows() {
				return WebhookBarrier{}, nil
			}
			b = WebhookBarrier{Policies: v.Policies, Patch: v.Patch(netpolicy.Ingress, netpolicy.NamespacePeer(system), port)}
		}
	}
	return b, nil
}

// portOf returns the port of the server to which the Service's port leads.
func portOf(server netpolicy.End, port corev1.ServicePort) netpolicy.Port {
	for _, named := range server.Ports {
		if named.Name != "" && named.Name == port.TargetPort.StrVal {
			return named.Port
		}
	}
	return netpolicy.Port{Protocol: string(corev1.ProtocolTCP), Number: cmp.Or(port.TargetPort.IntVal, port.Port)}
}
