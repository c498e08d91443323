package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/arm"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/outbound"
	"github.com/akstools/akstools/test/lab/internal/process"
	"github.com/akstools/akstools/test/lab/internal/target"
	"github.com/akstools/akstools/test/lab/internal/zone"
)

// startAzure runs the servers that AKS nodes need to reach, and the DNS server for their names, the API server's and,
// in a lab with apps, the apps' zone, in one with targets theirs. Nothing else resolves.
func (l Lab) startAzure(ctx context.Context, bin string) error {
	resolv := fmt.Sprintf("nameserver %s\n", layout.AzureIP)
	for _, ns := range []string{layout.ClientNS, layout.ControlPlaneNS} {
		if err := network.WriteEtc(ns, "resolv.conf", resolv); err != nil {
			return err
		}
	}
	if err := os.WriteFile(target.HostsFile(), nil, 0o644); err != nil {
		return err
	}
	corefile := fmt.Sprintf(".:53 {\n  bind %[1]s\n  errors\n  hosts %[5]s {\n    reload 500ms\n    %[2]s %[3]s\n    %[1]s %[4]s\n  }\n}\n",
		layout.AzureIP, layout.ControlPlaneIP, layout.FQDN, strings.Join(layout.Outbound(), " "), target.HostsFile())
	if l.Apps {
		if err := zone.Write(); err != nil {
			return err
		}
		corefile += fmt.Sprintf(
			"%s:53 {\n  bind %s\n  errors\n  file %s {\n    reload 500ms\n  }\n}\n", layout.AppsZone, layout.AzureIP,
			zone.File(),
		)
	}
	path := layout.In("run", "azure.Corefile")
	if err := os.WriteFile(path, []byte(corefile), 0o644); err != nil {
		return err
	}
	if err := process.Spawn(layout.Azure, outbound.Command, nil, layout.Self(), outbound.Command); err != nil {
		return err
	}
	if err := process.Spawn(layout.Azure, "azure-dns", nil, filepath.Join(bin, "coredns"), "-conf", path); err != nil || !l.Azure {
		return err
	}
	// bridged packets pass the family ip, which tracks connections
	if err := process.Run(ctx, layout.Switch, "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"); err != nil {
		return err
	}
	if err := arm.Start(ctx, l.arm); err != nil || !l.Targets {
		return err
	}
	return process.Spawn(layout.Azure, target.Command, nil, layout.Self(), target.Command)
}
