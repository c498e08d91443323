package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/process"
	"github.com/akstools/akstools/test/lab/internal/zone"
)

// startAzure runs the DNS server that answers for the API server's name and, in a lab with apps, their zone; nothing else
// resolves.
func (l Lab) startAzure(bin string) error {
	resolv := fmt.Sprintf("nameserver %s\n", layout.AzureIP)
	for _, ns := range []string{layout.ClientNS, layout.ControlPlaneNS} {
		if err := network.WriteEtc(ns, "resolv.conf", resolv); err != nil {
			return err
		}
	}
	corefile := fmt.Sprintf(".:53 {\n  bind %s\n  errors\n  hosts {\n    %s %s\n  }\n}\n", layout.AzureIP, layout.ControlPlaneIP, layout.FQDN)
	if l.Apps {
		if err := zone.Write(); err != nil {
			return err
		}
		corefile += fmt.Sprintf("%s:53 {\n  bind %s\n  errors\n  file %s {\n    reload 500ms\n  }\n}\n", layout.AppsZone, layout.AzureIP, zone.File())
	}
	path := layout.In("run", "azure.Corefile")
	if err := os.WriteFile(path, []byte(corefile), 0o644); err != nil {
		return err
	}
	return process.Spawn(layout.Azure, "azure-dns", nil, filepath.Join(bin, "coredns"), "-conf", path)
}
