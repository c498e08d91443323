package checks

import (
	"fmt"
	"strings"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/netpolicy"
)

// addPort adds the port to a rule that lets the client on others.
func addPort(namespace string, d netpolicy.Direction, r netpolicy.Rule, port netpolicy.Port) check.Fix {
	return check.Fix{
		Title: fmt.Sprintf("add port %s to the rule", port),
		Commands: [][]string{kubectl("patch", "networkpolicy", r.Policy, "-n", namespace, "--type=json", "-p", patch([]any{map[string]any{
			"op": "add", "path": fmt.Sprintf("/spec/%s/%d/ports/-", strings.ToLower(string(d)), r.Index), "value": policyPort(port),
		}}))},
	}
}

// addRule lets the far end's namespace, on the port alone, by a rule of the first of the policies.
func addRule(namespace string, d netpolicy.Direction, j netpolicy.Judgement, client, server string, port netpolicy.Port) check.Fix {
	far, side := client, "from"
	if d == netpolicy.Out {
		far, side = server, "to"
	}
	peer := map[string]any{"podSelector": map[string]any{}}
	if far != namespace {
		peer = map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]string{"kubernetes.io/metadata.name": far}}}
	}
	rule := map[string]any{side: []any{peer}, "ports": []any{policyPort(port)}}
	at := "/spec/" + strings.ToLower(string(d))
	op := map[string]any{"op": "add", "path": at, "value": []any{rule}}
	for _, r := range j.Rules {
		if r.Policy == j.Policies[0] {
			op["path"], op["value"] = at+"/-", rule
		}
	}
	return check.Fix{
		Title:    fmt.Sprintf("let namespace %s through on port %s, for all pods that %s selects, or write a NetworkPolicy that does so for fewer", far, port, j.Policies[0]),
		Commands: [][]string{kubectl("patch", "networkpolicy", j.Policies[0], "-n", namespace, "--type=json", "-p", patch([]any{op}))},
	}
}

func policyPort(port netpolicy.Port) map[string]any {
	return map[string]any{"protocol": port.Protocol, "port": port.Number}
}
