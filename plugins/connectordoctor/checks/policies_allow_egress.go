package checks

import (
	"fmt"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/netpolicy"
	"github.com/akstools/akstools/plugins/connectordoctor/facts"
)

// PoliciesAllowEgress finds NetworkPolicies that keep pods from the cluster's DNS, from Entra ID or from the target.
var PoliciesAllowEgress = &check.Check{
	Code: "CON0707",
	Name: "policies-allow-egress",
	Hop:  hopTarget,
	Doc: `NetworkPolicies allow the pods to connect to the cluster's DNS, to Entra ID and to the target

Pods that a policy selects for egress may connect only to what some rule allows. Entra ID has public addresses, also where the target has a
private endpoint. Which addresses the target has is not looked up: a rule for any address outside the cluster passes. Its port is known from
the keys of the Secret. Pods with a proxy are left out, and policies of Calico and Cilium are not evaluated.`,
	Sources: []string{
		"https://kubernetes.io/docs/concepts/services-networking/network-policies/",
		"https://learn.microsoft.com/entra/workload-id/workload-identity-federation",
	},
	Needs: provided(facts.Consumers, facts.Egress, facts.Enforcement),
	Run: func(p *check.Pass) ([]check.Finding, error) {
		s, list, ok, err := consumers(p)
		if !ok {
			return nil, err
		}
		egress, err := facts.Egress.Get(p)
		if facts.IsNotHeld(err) {
			p.Skip("the bundle is of an earlier version, which read no NetworkPolicies")
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		var found []check.Finding
		for _, d := range egress.Items {
			if len(d.Verdict.Policies) == 0 || len(d.Ports) == 0 {
				continue // a bundle may hold anything
			}
			target := check.Ref{Kind: "pod", Namespace: s.Namespace, Name: d.Pod}
			for _, c := range list {
				if c.Ref.String() == d.Workload {
					target = c.Ref
				}
			}
			found = append(found, check.Finding{
				Severity: check.Error, Target: target,
				Also:    []check.Ref{{Kind: "networkpolicy", Namespace: s.Namespace, Name: d.Verdict.Policies[0]}},
				Summary: fmt.Sprintf("NetworkPolicy %s does not allow pods of %s to connect to %s", names(d.Verdict.Policies), target, far(d)),
				Cause:   d.Verdict.Closest(),
				Fixes:   []check.Fix{allowEgress(s, d)},
			})
		}
		if len(found) == 0 && egress.NoPort {
			if egress.NoKeys != "" {
				return nil, fmt.Errorf("NetworkPolicies allow some ports only, and that of the target is not known: %s", egress.NoKeys)
			}
			p.Skip("NetworkPolicies allow DNS and Entra ID, and some ports only; the keys of the Secret do not tell that of the target")
		}
		return enforced(p, found)
	},
}

// far names the destination.
func far(d facts.EgressDenial) string {
	switch d.To {
	case facts.EgressDNS:
		return "the cluster's DNS (port " + d.Ports[0].String() + ")"
	case facts.EgressEntra:
		return "Entra ID (port " + d.Ports[0].String() + " of public addresses)"
	}
	return "the connection's target (port " + d.Ports[0].String() + ")"
}

// allowEgress adds a rule for the destination to the first of the policies.
func allowEgress(s subject, d facts.EgressDenial) check.Fix {
	peer, ports := networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}, d.Ports[:1]
	if d.To == facts.EgressDNS {
		peer = netpolicy.NamespacePeer(metav1.NamespaceSystem)
		peer.PodSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"k8s-app": "kube-dns"}}
		ports = []netpolicy.Port{d.Ports[0], {Protocol: "TCP", Number: d.Ports[0].Number}}
	}
	policy := d.Verdict.Policies[0]
	f := fix("add a rule to "+policy+", for all pods it selects, or write a narrower policy",
		cmdline.Kubectl("patch", "networkpolicy", policy, "-n", s.Namespace, "--type=json",
			"-p", d.Verdict.Patch(netpolicy.Egress, peer, ports...)))
	if d.To != facts.EgressDNS {
		f.Weakens = "these pods may connect to every address on the port"
	}
	return f
}
