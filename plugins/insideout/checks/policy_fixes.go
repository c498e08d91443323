package checks

import (
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
)

// addPort adds the port to a rule that lets the client on others.
func addPort(namespace string, d netpolicy.Direction, r netpolicy.Rule, port netpolicy.Port) check.Fix {
	return fix(fmt.Sprintf("add port %s to the rule", port), kubectl("patch", "networkpolicy", r.Policy, "-n", namespace, "--type=json", "-p", patch([]any{map[string]any{
		"op": "add", "path": fmt.Sprintf("/spec/%s/%d/ports/-", strings.ToLower(string(d)), r.Index), "value": policyPort(port),
	}})))
}

// addRule lets the far end's namespace, on the port alone, by a rule of the first of the policies.
func addRule(namespace string, d netpolicy.Direction, j netpolicy.Verdict, client, server string, port netpolicy.Port) check.Fix {
	far := client
	if d == netpolicy.Egress {
		far = server
	}
	peer := networkingv1.NetworkPolicyPeer{PodSelector: &metav1.LabelSelector{}}
	if far != namespace {
		peer = netpolicy.NamespacePeer(far)
	}
	return fix(fmt.Sprintf("allow namespace %s on port %s in %s, for all pods it selects, or write a narrower policy", far, port, j.Policies[0]), kubectl("patch", "networkpolicy", j.Policies[0], "-n", namespace, "--type=json", "-p", j.Patch(d, peer, port)))
}

func policyPort(port netpolicy.Port) map[string]any {
	return map[string]any{"protocol": port.Protocol, "port": port.Number}
}
