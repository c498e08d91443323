package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// The old tunnels are networks of two machines: a pod dials in, and packets that the control plane sends into its tun
// device come out in that pod.

// The names, below layout.PKI, of the keys of the tunnel's SSH server and of its user.
const (
	SSHHostKey = "tunnel-host"
	SSHUserKey = "tunnel-user"
)

// startSSH starts the SSH server that the pod tunnelfront connects to with ssh -w.
func (c ControlPlane) startSSH() error {
	if err := network.Tun(context.Background()); err != nil {
		return err
	}
	for _, name := range []string{SSHHostKey, SSHUserKey} {
		cmd := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", layout.PKI(name))
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen: %w: %s", err, out)
		}
	}
	config := strings.Join([]string{
		fmt.Sprintf("ListenAddress %s:%d", layout.ControlPlaneIP, layout.TunnelfrontPort),
		"HostKey " + layout.PKI(SSHHostKey), "AuthorizedKeysFile " + layout.PKI(SSHUserKey+".pub"),
		"PidFile none", "UsePAM no", "StrictModes no", "PasswordAuthentication no", "PermitRootLogin prohibit-password",
		"PermitTunnel point-to-point", "ClientAliveInterval 2", "ClientAliveCountMax 3",
	}, "\n") + "\n"
	path := layout.In("run", "sshd_config")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		return err
	}
	// sshd must be started by its full path, and needs a directory to confine itself to, which is in its mount
	// namespace
	return process.Spawn(layout.ControlPlane, TunnelServer, nil, "unshare", "--mount", "--",
		"sh", "-c", `mount -t tmpfs run /run && mkdir /run/sshd && exec /usr/sbin/sshd -D -e -f "$1"`, "sshd", path)
}

// startVPN starts the OpenVPN server that the pod aks-link connects to.
func (c ControlPlane) startVPN() error {
	if err := network.Tun(context.Background()); err != nil {
		return err
	}
	clients := layout.In("run", "openvpn-clients")
	if err := os.MkdirAll(clients, 0o755); err != nil {
		return err
	}
	behind := fmt.Sprintf("ifconfig-push %s 255.255.255.0\niroute 10.96.0.0 255.255.0.0\niroute 10.244.0.0 255.255.0.0\n", layout.TunnelPodIP)
	for _, n := range layout.Nodes() {
		behind += "iroute " + n.IP + " 255.255.255.255\n"
	}
	if err := os.WriteFile(layout.In("run", "openvpn-clients", "DEFAULT"), []byte(behind), 0o644); err != nil {
		return err
	}
	return process.Spawn(layout.ControlPlane, TunnelServer, nil, "openvpn",
		"--mode", "server", "--tls-server", "--topology", "subnet", "--push", "topology subnet", "--ifconfig", layout.TunnelIP, "255.255.255.0",
		"--ifconfig-noexec", "--route-noexec", "--dev", network.TunDevice, "--dev-type", "tun",
		"--local", layout.ControlPlaneIP, "--port", fmt.Sprint(layout.AksLinkPort), "--proto", "udp", "--duplicate-cn",
		"--client-config-dir", clients, "--keepalive", "2", "8", "--dh", "none", "--verb", "3",
		"--ca", layout.PKI("ca.crt"), "--cert", layout.PKI("konnectivity-server.crt"), "--key", layout.PKI("konnectivity-server.key"))
}
