package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
)

// AzureMachine and ClientMachine are the lab's machines that are no node and no control plane: Azure's own services as
// the nodes see them at 168.63.129.16, and an operator's jump host with routes to nodes, pods and Services.
const (
	AzureMachine  = "azure"
	ClientMachine = "client"
)

// startAzure runs the DNS server that answers for the API server's name; nothing else resolves.
func startAzure(bin string) error {
	for _, m := range []string{AzureMachine, ClientMachine} {
		if err := cgroup.Create(m); err != nil {
			return err
		}
	}
	resolv := fmt.Sprintf("nameserver %s\n", layout.AzureIP)
	for _, ns := range []string{layout.ClientNS, layout.ControlPlaneNS} {
		if err := network.WriteEtc(ns, "resolv.conf", resolv); err != nil {
			return err
		}
	}
	corefile := fmt.Sprintf(".:53 {\n  bind %s\n  errors\n  hosts {\n    %s %s\n  }\n}\n", layout.AzureIP, layout.ControlPlaneIP, layout.FQDN)
	path := layout.In("run", "azure.Corefile")
	if err := os.WriteFile(path, []byte(corefile), 0o644); err != nil {
		return err
	}
	return controlplane.Spawn(AzureMachine, "azure-dns", nil, filepath.Join(bin, "coredns"), "-conf", path)
}
