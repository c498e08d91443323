package aksnode

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/akstools/akstools/internal/azure/id"
	"github.com/akstools/akstools/internal/cmdline"
)

// unreachableHints are hints for an error of a request that got no response of the API server. The cluster is not blamed: a private one is
// reached only from its network, and what works without is named (https://learn.microsoft.com/azure/aks/access-private-cluster).
func unreachableHints(c hintContext, request *url.Error) []string {
	host := ""
	if u, err := url.Parse(request.URL); err == nil {
		host = u.Hostname()
	}
	first := "this computer does not reach the API server; that tells nothing about the cluster and its tunnel"
	var dns *net.DNSError
	if errors.As(request, &dns) && dns.IsNotFound && strings.Contains(host, ".privatelink.") {
		first = "the API server's name can be resolved only in the private cluster's network: use its VPN, a jump host or a peered network"
	}
	command := "kubectl get nodes -o wide"
	if c.node != "" {
		command = cmdline.Kubectl("describe", "node", c.node).String()
	}
	hints := []string{
		first,
		"check the current context and the connection: kubectl config current-context; kubectl get nodes",
		"if the cluster is private, kubectl works through Azure: " +
			cmdline.Az("aks", "command", "invoke", "-g", "GROUP", "-n", "CLUSTER", "--command", command).String(),
	}
	if i, ok := id.FromName("MC_GROUP", c.node); ok {
		run, script := i.RunShellScript, cmdline.Posix(c.command)
		if !strings.Contains(i.ScaleSet, "-") { // of Windows
			run, script = i.RunPowerShellScript, strings.Join(c.command, " ")
		}
		script = cmp.Or(script, "hostname")
		hints = append(hints, "run a command on the node through Azure; MC_GROUP is the cluster's nodeResourceGroup: "+run(script).String())
	}
	return hints
}
