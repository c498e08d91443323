package node

import (
	"crypto/md5" //nolint:gosec // a machine-id is no secret
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/template"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// files is the node's own /etc; each file is a template over etcData.
//
//go:embed files
var files embed.FS

type etcData struct {
	layout.Node
	ProviderID, DNS, Azure, MachineID string
}

// baseUnits are systemd's own units that a node runs; no other units of the host's /usr are used.
var baseUnits = []string{
	"sysinit.target", "basic.target", "multi-user.target", "sockets.target", "paths.target", "timers.target", "slices.target",
	"local-fs.target", "local-fs-pre.target", "swap.target", "network.target", "network-online.target", "shutdown.target",
	"umount.target", "final.target", "rescue.target", "emergency.target", "systemd-journald.service", "systemd-journald.socket",
	"systemd-journald-dev-log.socket",
}

// ownUnits are the services of files/systemd/system that start with the node.
var ownUnits = []string{"containerd.service", "lab-images.service", "kubelet.service", "ssh.service"}

// ProviderID returns the node's spec.providerID, in the format of a VMSS instance of AKS.
func ProviderID(n layout.Node) string {
	return "azure:///subscriptions/" + layout.Subscription + "/resourceGroups/" + layout.NodeGroup +
		"/providers/Microsoft.Compute/virtualMachineScaleSets/" + layout.ScaleSet + "/virtualMachines/" + n.Instance
}

// writeFiles creates the node's directories on the host: etc, which is copied into the node when it starts, var, which
// is bind-mounted, and root, the mount point of its root file system.
func writeFiles(n layout.Node) error {
	for _, dir := range []string{
		"root", "var/lib/kubelet", "var/log/journal", "var/tmp", "var/cache", "var/spool", "etc/kubernetes/certs", "etc/kubernetes/volumeplugins",
	} {
		if err := os.MkdirAll(layout.NodeDir(n.Name, dir), 0o755); err != nil {
			return err
		}
	}
	sum := md5.Sum([]byte(n.Name)) //nolint:gosec // as above
	data := etcData{Node: n, ProviderID: ProviderID(n), DNS: layout.DNSServiceIP, Azure: layout.AzureIP, MachineID: hex.EncodeToString(sum[:])}
	err := fs.WalkDir(files, "files", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel("files", path)
		if err != nil {
			return err
		}
		return render(path, layout.NodeDir(n.Name, "etc", rel), data)
	})
	if err != nil {
		return err
	}
	if err := linkUnits(layout.NodeDir(n.Name, "etc/systemd/system")); err != nil {
		return err
	}
	for _, f := range []struct{ from, to string }{
		{"ca.crt", "etc/kubernetes/certs/ca.crt"},
		{"kubelet-server-" + n.Name + ".crt", "etc/kubernetes/certs/kubeletserver.crt"},
		{"kubelet-server-" + n.Name + ".key", "etc/kubernetes/certs/kubeletserver.key"},
		{"kubelet-" + n.Name + ".kubeconfig", "var/lib/kubelet/kubeconfig"},
	} {
		b, err := os.ReadFile(layout.PKI(f.from))
		if err != nil {
			return err
		}
		if err := os.WriteFile(layout.NodeDir(n.Name, f.to), b, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func render(name, target string, data etcData) error {
	t, err := template.ParseFS(files, name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	f, err := os.Create(target)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.Execute(f, data); err != nil {
		return fmt.Errorf("rendering %s: %w", target, err)
	}
	return f.Close()
}

// linkUnits adds systemd's basic units to the lab's own and enables the latter.
func linkUnits(dir string) error {
	links := map[string]string{
		"default.target": "multi-user.target",
		"sysinit.target.wants/systemd-journald.service":        "../systemd-journald.service",
		"sockets.target.wants/systemd-journald.socket":         "../systemd-journald.socket",
		"sockets.target.wants/systemd-journald-dev-log.socket": "../systemd-journald-dev-log.socket",
	}
	for _, u := range baseUnits {
		links[u] = "/usr/lib/systemd/system/" + u
	}
	for _, u := range ownUnits {
		links["multi-user.target.wants/"+u] = "../" + u
	}
	for name, to := range links {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.Symlink(to, path); err != nil {
			return err
		}
	}
	return nil
}
