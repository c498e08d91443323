package facts

import (
	"context"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cluster"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/internal/netpolicy"
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
	agents, err := e.Clients.CoreV1().Pods(system).List(ctx, metav1.ListOptions{LabelSelector: agentSelector, Limit: some})
	if err != nil || len(agents.Items) == 0 {
		return b, err
	}
	for i := range pods.Items {
		if pods.Items[i].Spec.HostNetwork { // policies do not apply
			return WebhookBarrier{}, nil
		}
		server, port := serverOf(&pods.Items[i], s.Spec.Ports[0])
		selecting := netpolicy.Selecting(policies, netpolicy.Ingress, server)
		for k := range agents.Items {
			v := netpolicy.Evaluate(selecting, netpolicy.Ingress, server, agentEnd(&agents.Items[k]), port)
			if agents.Items[k].Spec.HostNetwork || v.Allows() {
				return WebhookBarrier{}, nil
			}
			b = WebhookBarrier{Policies: v.Policies, Patch: v.Patch(netpolicy.Ingress, netpolicy.NamespacePeer(system), port)}
		}
	}
	return b, nil
}

// agentSelector selects the tunnel's agents.
const agentSelector = "app=konnectivity-agent"

func agentEnd(p *corev1.Pod) netpolicy.End {
	far := netpolicy.End{
		Namespace: p.Namespace, NamespaceLabels: map[string]string{corev1.LabelMetadataName: p.Namespace}, Labels: p.Labels,
	}
	far.Address, _ = netip.ParseAddr(p.Status.PodIP) // the zero Addr if it has none
	return far
}

// serverOf returns the pod as the end of a connection, and its port to which the Service's port leads.
func serverOf(p *corev1.Pod, port corev1.ServicePort) (netpolicy.End, netpolicy.Port) {
	server := netpolicy.End{Namespace: p.Namespace, Labels: p.Labels}
	to := netpolicy.Port{Protocol: string(corev1.ProtocolTCP), Number: port.TargetPort.IntVal}
	for _, c := range cluster.PodOf(p).Ports() {
		number := netpolicy.Port{Protocol: c.Protocol, Number: c.Number}
		server.Ports = append(server.Ports, netpolicy.NamedPort{Name: c.Name, Port: number})
		if c.Name == port.TargetPort.StrVal && c.Name != "" {
			to = number
		}
	}
	if to.Number == 0 {
		to.Number = port.Port
	}
	return server, to
}
