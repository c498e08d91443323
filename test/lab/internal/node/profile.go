package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/akstools/akstools/test/lab/internal/layout"
)

// Profile is whose paths and programs the nodes imitate. The kernel, systemd and all programs stay those of this machine's Debian.
type Profile string

// The profiles. There is none of arm64, whose dynamic loader is not in /lib64: no program of an amd64 machine starts without it.
const (
	Ubuntu     Profile = "ubuntu"
	AzureLinux Profile = "azurelinux" // without what Azure Linux does not have or AKS does not install there
	ReadOnly   Profile = "readonly"   // only /var, /run and /tmp can be written, as on images with an immutable root
)

// Profiles lists them.
func Profiles() []Profile { return []Profile{Ubuntu, AzureLinux, ReadOnly} }

// Validate returns an error if there is no such profile.
func (p Profile) Validate() error {
	if !slices.Contains(Profiles(), p) {
		return fmt.Errorf("profile %q is none of %v", p, Profiles())
	}
	return nil
}

func profileFile() string { return layout.In("profile") }

// Save keeps the profile for the nodes that start later.
func (p Profile) Save() error { return os.WriteFile(profileFile(), []byte(p), 0o644) }

func savedProfile() (Profile, error) {
	b, err := os.ReadFile(profileFile())
	if errors.Is(err, fs.ErrNotExist) {
		return Ubuntu, nil
	}
	return Profile(b), err
}

// notOnAzureLinux are the programs, below /usr, that Debian has and Azure Linux 3 as AKS installs it does not: its list is in AgentBaker's
// parts/linux/cloud-init/artifacts/mariner/cse_install_mariner.sh (https://github.com/Azure/AgentBaker). Whether zstd is there is not
// documented, so it is left out.
var notOnAzureLinux = []string{
	"sbin/ufw", "bin/apt", "bin/apt-get", "bin/apt-cache", "bin/apt-config", "bin/apt-key", "bin/apt-mark", "bin/dpkg", "bin/dpkg-deb",
	"bin/dpkg-query", "bin/dpkg-split", "bin/dpkg-statoverride", "bin/dpkg-trigger", "sbin/dpkg-preconfigure", "sbin/dpkg-reconfigure",
	"bin/zstd", "bin/unzstd", "bin/zstdcat", "bin/zstdmt",
}

const azureLinuxRelease = `NAME="Microsoft Azure Linux"
VERSION="3.0.20261001"
ID=azurelinux
VERSION_ID="3.0"
PRETTY_NAME="Microsoft Azure Linux 3.0"
`

// imitate changes the node's root file system into that of its profile.
func imitate(root string, n layout.Node, _ string) error {
	p, err := savedProfile()
	if err != nil {
		return err
	}
	switch p {
	case AzureLinux:
		if err := withoutPrograms(root, n, notOnAzureLinux); err != nil {
			return err
		}
		for _, name := range []string{"ufw", "debian_version", "os-release"} {
			if err := os.RemoveAll(filepath.Join(root, "etc", name)); err != nil {
				return err
			}
		}
		return os.WriteFile(filepath.Join(root, "etc/os-release"), []byte(azureLinuxRelease), 0o644)
	case ReadOnly:
		return keepWritable(root, n)
	}
	return nil
}

// withoutPrograms hides files below /usr: overlayfs takes a character device 0/0 for a file that was removed
// (https://docs.kernel.org/filesystems/overlayfs.html#whiteouts-and-opaque-directories).
func withoutPrograms(root string, n layout.Node, names []string) error {
	hidden := layout.NodeDir(n.Name, "hidden")
	for _, name := range names {
		at := filepath.Join(hidden, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := unix.Mknod(at, unix.S_IFCHR, 0); err != nil && !errors.Is(err, unix.EEXIST) {
			return fmt.Errorf("hiding %s: %w", name, err)
		}
	}
	below := mount{source: "usr", target: "usr", kind: "overlay", flags: unix.MS_RDONLY, data: "lowerdir=" + hidden + ":/usr"}
	return mountAll(root, []mount{below})
}

// keepWritable prepares for a root that cannot be written: sshd's keys are made now, and homes are in /var.
func keepWritable(root string, n layout.Node) error {
	if out, err := exec.Command("ssh-keygen", "-A", "-f", root).CombinedOutput(); err != nil {
		return fmt.Errorf("ssh-keygen: %w: %s", err, strings.TrimSpace(string(out)))
	}
	for _, dir := range []string{"root", "home"} {
		in := layout.NodeDir(n.Name, "var", dir)
		if out, err := exec.Command("cp", "-a", filepath.Join(root, dir), in).CombinedOutput(); err != nil {
			return fmt.Errorf("copying /%s: %w: %s", dir, err, out)
		}
		if err := mountAll(root, []mount{{source: in, target: dir, flags: unix.MS_BIND}}); err != nil {
			return err
		}
	}
	return nil
}

// seal makes the root read-only if the profile says so. What is mounted below it stays as it is.
func seal(p Profile) error {
	if p != ReadOnly {
		return nil
	}
	return unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}
