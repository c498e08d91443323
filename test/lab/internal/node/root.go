package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// etcFromMachine are the parts of the host's /etc that a node copies: package defaults and the user table. The rest is
// the node's own.
var etcFromMachine = []string{
	"alternatives", "bash.bashrc", "ca-certificates.conf", "default", "environment", "ethertypes", "gai.conf", "group", "gshadow",
	"host.conf", "inputrc", "iproute2", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs", "netconfig",
	"nftables.conf", "nsswitch.conf", "os-release", "pam.conf", "pam.d", "passwd", "profile", "profile.d", "protocols", "rpc",
	"security", "services", "shadow", "shells", "skel", "ssh", "ssl", "sudoers", "terminfo", "ufw", "debian_version",
}

// Init is InitCommand: the first process in the node's namespaces. It creates the node's root file system, enters it
// and becomes systemd. It returns only on error.
func Init(n layout.Node, bin string) error {
	if err := unix.Sethostname([]byte(n.Name)); err != nil {
		return err
	}
	profile, err := savedProfile() // its file is out of reach later
	if err != nil {
		return err
	}
	root := layout.NodeDir(n.Name, "root")
	for _, step := range []func(string, layout.Node, string) error{mountBase, mountCgroups, makeDevices, makeEtc, imitate, pivot} {
		if err := step(root, n, bin); err != nil {
			return err
		}
	}
	if err := seal(profile); err != nil {
		return err
	}
	return unix.Exec("/lib/systemd/systemd", []string{"systemd", "--log-target=console", "--show-status=no"}, []string{
		"container=" + layout.Name, // in a container, systemd does not change the host's settings
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		// only the units of the lab, whatever else is installed on the host
		"SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/system",
	})
}

type mount struct {
	source, target, kind string
	flags                uintptr
	data                 string
}

func mountAll(root string, mounts []mount) error {
	for _, m := range mounts {
		target := filepath.Join(root, m.target)
		if err := os.MkdirAll(target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.source, target, m.kind, m.flags, m.data); err != nil {
			return fmt.Errorf("mounting %s on %s: %w", m.source, target, err)
		}
	}
	return nil
}

func readOnlyBind(source, target string) []mount {
	return []mount{
		{source: source, target: target, flags: unix.MS_BIND},
		{target: target, flags: unix.MS_REMOUNT | unix.MS_BIND | unix.MS_RDONLY},
	}
}

func mountBase(root string, n layout.Node, bin string) error {
	mounts := []mount{{source: "root", kind: "tmpfs", data: "mode=755,size=1g"}}
	mounts = append(mounts, readOnlyBind("/usr", "usr")...)
	mounts = append(mounts, readOnlyBind(bin, binDir)...)
	mounts = append(mounts, readOnlyBind(filepath.Join(bin, "images"), "opt/images")...)
	mounts = append(mounts,
		mount{source: layout.NodeDir(n.Name, "var"), target: "var", flags: unix.MS_BIND},
		mount{source: "run", target: "run", kind: "tmpfs", data: "mode=755"},
		mount{source: "tmp", target: "tmp", kind: "tmpfs", data: "mode=1777"},
		mount{source: "proc", target: "proc", kind: "proc"},
		mount{source: "sysfs", target: "sys", kind: "sysfs"},
	)
	if err := mountAll(root, mounts); err != nil {
		return err
	}
	for _, dir := range []string{"root", "home", "srv", "mnt", "media", "run/lock", "run/sshd"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chmod(filepath.Join(root, "root"), 0o700); err != nil {
		return err
	}
	for _, link := range []string{"bin", "sbin", "lib", "lib64", "lib32", "libx32"} {
		if to, err := os.Readlink("/" + link); err == nil {
			if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
				return err
			}
		}
	}
	return os.Symlink("/run", filepath.Join(root, "var/run"))
}

// mountCgroups mounts the host's hierarchies in the node, each with the node's cgroup as its root.
func mountCgroups(root string, _ layout.Node, _ string) error {
	if cgroup.Unified() {
		return mountAll(root, []mount{{source: "cgroup2", target: "sys/fs/cgroup", kind: "cgroup2"}})
	}
	hierarchies, err := cgroup.Hierarchies()
	if err != nil {
		return err
	}
	mounts := []mount{{source: "cgroup", target: "sys/fs/cgroup", kind: "tmpfs", data: "mode=755"}}
	for _, h := range hierarchies {
		name := filepath.Base(h)
		m := mount{source: "cgroup", target: h, kind: "cgroup", data: name}
		switch name {
		case "unified":
			m.kind, m.data = "cgroup2", ""
		case "systemd":
			m.data = "none,name=systemd"
		}
		mounts = append(mounts, m)
	}
	return mountAll(root, mounts)
}

func makeDevices(root string, _ layout.Node, _ string) error {
	if err := mountAll(root, []mount{
		{source: "dev", target: "dev", kind: "tmpfs", data: "mode=755"},
		{source: "devpts", target: "dev/pts", kind: "devpts", data: "newinstance,ptmxmode=0666,mode=620,gid=5"},
		{source: "shm", target: "dev/shm", kind: "tmpfs", data: "mode=1777"},
		{source: "mqueue", target: "dev/mqueue", kind: "mqueue"},
	}); err != nil {
		return err
	}
	for _, name := range []string{"null", "zero", "full", "random", "urandom", "tty", "kmsg", "fuse", "net/tun"} {
		var st unix.Stat_t
		if err := unix.Stat("/dev/"+name, &st); err != nil {
			continue // not every host has every device
		}
		target := filepath.Join(root, "dev", name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := unix.Mknod(target, st.Mode, int(st.Rdev)); err != nil {
			return fmt.Errorf("making /dev/%s: %w", name, err)
		}
		if err := os.Chmod(target, os.FileMode(st.Mode&0o777)); err != nil {
			return err
		}
	}
	for link, to := range map[string]string{"ptmx": "pts/ptmx", "fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(to, filepath.Join(root, "dev", link)); err != nil {
			return err
		}
	}
	return nil
}

func makeEtc(root string, n layout.Node, _ string) error {
	etc := filepath.Join(root, "etc")
	if err := os.MkdirAll(etc, 0o755); err != nil {
		return err
	}
	args := []string{"-a"}
	for _, name := range etcFromMachine {
		if _, err := os.Lstat(filepath.Join("/etc", name)); err == nil {
			args = append(args, filepath.Join("/etc", name))
		}
	}
	for _, cp := range [][]string{append(args, etc), {"-a", layout.NodeDir(n.Name, "etc") + "/.", etc}} {
		if out, err := exec.Command("cp", cp...).CombinedOutput(); err != nil {
			return fmt.Errorf("cp %s: %w: %s", strings.Join(cp, " "), err, out)
		}
	}
	keys, _ := filepath.Glob(filepath.Join(etc, "ssh/ssh_host_*")) // the host's; the node creates its own
	for _, k := range keys {
		if err := os.Remove(k); err != nil {
			return err
		}
	}
	if err := addUser(root); err != nil {
		return err
	}
	return trustPublicCA(etc)
}

// trustPublicCA adds the CA of the servers outside the cluster to the trusted ones.
func trustPublicCA(etc string) error {
	cert, err := os.ReadFile(layout.PKI(pki.PublicCA + ".crt"))
	if err != nil {
		return err
	}
	bundle := filepath.Join(etc, "ssl/certs/ca-certificates.crt")
	if err := os.MkdirAll(filepath.Dir(bundle), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(bundle, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(cert); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

// addUser adds azureuser, which AKS creates on every node.
func addUser(root string) error {
	for name, line := range map[string]string{
		"passwd": "azureuser:x:1000:1000::/home/azureuser:/bin/bash\n",
		"group":  "azureuser:x:1000:\n",
		"shadow": "azureuser:*:20000:0:99999:7:::\n",
	} {
		f, err := os.OpenFile(filepath.Join(root, "etc", name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if _, err := f.WriteString(line); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	home := filepath.Join(root, "home/azureuser")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	return os.Chown(home, 1000, 1000)
}

func pivot(root string, _ layout.Node, _ string) error {
	old := filepath.Join(root, ".old")
	if err := os.Mkdir(old, 0o700); err != nil {
		return err
	}
	if err := unix.PivotRoot(root, old); err != nil {
		return fmt.Errorf("pivot_root: %w", err)
	}
	if err := os.Chdir("/"); err != nil {
		return err
	}
	// kubelet and containerd need shared mount propagation, as on a booted machine
	if err := unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Mount("", "/.old", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return err
	}
	if err := unix.Unmount("/.old", unix.MNT_DETACH); err != nil {
		return err
	}
	return os.Remove("/.old")
}
