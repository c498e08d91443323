package checks

import (
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/cmdline"
	"github.com/akstools/akstools/internal/netpolicy"
)

// addPort adds the port to a rule that allows the client on others.
func addPort(namespace string, d netpolicy.Direction, r netpolicy.Rule, port netpolicy.Port) check.Fix {
	body := patch([]any{map[string]any{
		"op": "add", "path": fmt.Sprintf("/spec/%s/%d/ports/-", strings.ToLower(string(d)), r.Index), "value": policyPort(port),
	}})
	return fix(fmt.Sprintf("add port %s to the rule", port),
		cmdline.Kubectl("patch", "networkpolicy", r.Policy, "-n", namespace, "--type=json", "-p", body))
}

// addRule allows the namespace at the other end, on this port only, by a rule of the first policy.
func addRule(namespace string, d netpolicy.Direction, v netpolicy.Verdict, client, server string, port netpolicy.Port) check.Fix {
	far := client
	if d == netpolicy.Egress {
		far = server
	}
	peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}
	if far != namespace {
		peer = netpolicy.NamespacePeer(far)
	}
	policy := v.Policies[0]
	f := fix(fmt.Sprintf("allow namespace %s on port %s in %s, for all pods it selects, or write a narrower policy", far, port, policy),
		cmdline.Kubectl("patch", "networkpolicy", policy, "-n", namespace, "--type=json", "-p", v.Patch(d, peer, port)))
	if d == netpolicy.Egress {
		return weakening(f, "these pods may connect to all pods there")
	}
	return weakening(f, "all pods of that namespace may connect")
}

func policyPort(port netpolicy.Port) map[string]any {
	return map[string]any{"protocol": port.Protocol, "port": port.Number}
}
