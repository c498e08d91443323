package windows

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Password is azureuser's password on the machine.
const Password = "Lab-Password-1"

// sshdConfig is at the same path in the machine, so that a stopped sshd can be restarted: sshd -f /run/sshd_config.
const sshdConfig = "/run/sshd_config"

// dir has the host key: it stays the same when the machine is stopped and started.
func dir() string { return layout.In("windows") }

// standsApart returns an error unless the process is in the machine's own network namespace: otherwise what follows
// would change another machine's.
func standsApart() error {
	own, err := os.Stat("/proc/self/ns/net")
	if err != nil {
		return err
	}
	its, err := os.Stat("/run/netns/" + layout.WindowsNS)
	if err != nil {
		return err
	}
	if !os.SameFile(own, its) {
		return fmt.Errorf("this is not the network namespace %s", layout.WindowsNS)
	}
	return nil
}

// furnish gives the machine a name, azureuser with a home directory, and a filter that only allows the other nodes to
// connect, to ports 22 and 3389.
func furnish(ctx context.Context) error {
	if err := standsApart(); err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(layout.Windows)); err != nil {
		return err
	}
	if err := os.MkdirAll(dir(), 0o755); err != nil {
		return err
	}
	for _, target := range []string{"/home", "/run"} {
		if err := unix.Mount("tmpfs", target, "tmpfs", 0, "mode=755,size=2g"); err != nil {
			return fmt.Errorf("mounting %s: %w", target, err)
		}
	}
	if err := os.Mkdir("/run/sshd", 0o755); err != nil {
		return err
	}
	if err := addUser(ctx); err != nil {
		return err
	}
	var nodes []string
	for _, n := range layout.Nodes() {
		nodes = append(nodes, n.IP)
	}
	filter := fmt.Sprintf(`table inet windows {
	chain input {
		type filter hook input priority filter; policy drop;
		iif lo accept
		ct state established,related accept
		ip saddr { %s } tcp dport { 22, 3389 } accept
		icmp type echo-request accept
	}
}`, strings.Join(nodes, ", "))
	return run(ctx, "nft", filter)
}

func addUser(ctx context.Context) error {
	hash, err := exec.CommandContext(ctx, "openssl", "passwd", "-6", Password).Output()
	if err != nil {
		return fmt.Errorf("openssl passwd: %w", err)
	}
	for name, line := range map[string]string{
		"passwd": "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n",
		"group":  "azureuser:x:1000:\n",
		"shadow": "azureuser:" + strings.TrimSpace(string(hash)) + ":20000:0:99999:7:::\n",
	} {
		etc := filepath.Join("/etc", name)
		b, err := os.ReadFile(etc)
		if err != nil {
			return err
		}
		own := filepath.Join("/run", name)
		if err := os.WriteFile(own, append(b, line...), 0o644); err != nil {
			return err
		}
		if err := unix.Mount(own, etc, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding %s: %w", etc, err)
		}
	}
	home := "/home/azureuser"
	if err := os.MkdirAll(filepath.Join(home, ".ssh"), 0o700); err != nil {
		return err
	}
	return run(ctx, "chown", "-R", "1000:1000", home)
}

// startSSH starts sshd, which exits with the machine.
func startSSH(ctx context.Context) error {
	key := filepath.Join(dir(), "ssh_host_ed25519_key")
	if _, err := os.Stat(key); err != nil {
		if err := run(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key); err != nil {
			return err
		}
	}
	config := strings.Join([]string{
		"HostKey " + key, "PasswordAuthentication yes", "KbdInteractiveAuthentication no", "UsePAM no",
		"PermitRootLogin no", "Subsystem sftp internal-sftp", "PidFile /run/sshd.pid", "MaxStartups 100", "",
	}, "\n")
	if err := os.WriteFile(sshdConfig, []byte(config), 0o600); err != nil {
		return err
	}
	sshd := exec.CommandContext(ctx, "/usr/sbin/sshd", "-D", "-e", "-f", sshdConfig)
	sshd.Stdout, sshd.Stderr = os.Stdout, os.Stderr
	sshd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := sshd.Start(); err != nil {
		return err
	}
	go func() { _ = sshd.Wait() }() // a test may stop it
	return nil
}

func run(ctx context.Context, name string, args ...string) error {
	if out, err := exec.CommandContext(ctx, name, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
