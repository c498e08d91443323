// Package build builds the lab's binaries and images and keeps them in the user's cache, so that a second checkout with
// the same sums builds nothing.
package build

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/debian"
	"github.com/akstools/akstools/test/lab/internal/image"
)

// KubernetesVersion is the cluster's version; go.mod requires the same.
const KubernetesVersion = "v1.37.1"

// program is a binary: its package and its name in the lab. module is the module that has it as a tool, if not the
// lab's own: the dependencies of some programs conflict.
type program struct{ pkg, name, module string }

// kubernetes is built by a single go build, because the programs share most packages; the others are built one by one.
var kubernetes = []string{"kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"}

var others = []program{
	{pkg: "go.etcd.io/etcd/server/v3", name: "etcd"},
	{pkg: "sigs.k8s.io/apiserver-network-proxy/cmd/server", name: "proxy-server"},
	{pkg: "sigs.k8s.io/apiserver-network-proxy/cmd/agent", name: "proxy-agent"},
	{pkg: "sigs.k8s.io/metrics-server/cmd/metrics-server", name: "metrics-server"},
	{pkg: "./cmd/coredns", name: "coredns"},
	{pkg: "./cmd/app", name: "app"},
	{pkg: "./cmd/pause", name: "pause"},
	{pkg: "github.com/traefik/traefik/v3/cmd/traefik", name: "traefik", module: traefik},
}

// traefik is the module that builds Traefik, relative to the lab's.
const traefik = "../tools/traefik"

// GatewayCRDs is the directory of Traefik's Gateway API CRDs, relative to that of the binaries.
const GatewayCRDs = "gateway-api"

// packages are the Debian packages of programs: what a node runs from /usr, what the images consist of, and what the
// lab itself runs.
var packages = map[string]string{
	"containerd": "containerd", "runc": "runc", "/usr/lib/cni/bridge": "containernetworking-plugins", "iptables": "iptables",
	"nft": "nftables", "ip": "iproute2", "conntrack": "conntrack", "sshd": "openssh-server", "ssh": "openssh-client",
	"openvpn": "openvpn", "ufw": "ufw", "busybox": "busybox", "socat": "socat", "tcpdump": "tcpdump",
	"zstd": "zstd", "systemctl": "systemd", "/lib/systemd/systemd": "systemd", "nsenter": "util-linux", "ss": "iproute2",
	"tmux": "tmux", "nc": "netcat-openbsd", "pkill": "procps", "rsync": "rsync", "openssl": "openssl", // for the tests
}

// Packages installs the Debian packages that the host lacks. It needs root.
func Packages(ctx context.Context, progress io.Writer) error {
	return debian.Install(ctx, progress, packages)
}

// Binaries returns the directory of the lab's binaries, with the images in images/; it builds what the cache lacks.
// module is the directory of the lab's Go module.
func Binaries(ctx context.Context, module string, progress io.Writer) (string, error) {
	key, err := sums(module)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "akstools-lab", key)
	if _, err := os.Stat(filepath.Join(dir, "complete")); err == nil {
		return dir, nil
	}
	fmt.Fprintf(progress, "building Kubernetes %s and the rest of the lab into %s (once; 10 to 30 minutes)\n", KubernetesVersion, dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := buildAll(ctx, module, dir, progress); err != nil {
		return "", err
	}
	if err := gatewayCRDs(ctx, filepath.Join(module, traefik), filepath.Join(dir, GatewayCRDs)); err != nil {
		return "", err
	}
	fmt.Fprintln(progress, "building images")
	if err := image.WriteAll(dir, filepath.Join(dir, "images")); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "complete"), nil, 0o644)
}

func buildAll(ctx context.Context, module, dir string, progress io.Writer) error {
	const variable = " -X k8s.io/component-base/version."
	version := "-s -w" + variable + "gitVersion=" + KubernetesVersion + variable + "gitMajor=1" + variable + "gitMinor=37"
	args := []string{"-ldflags", version, "-o", dir + "/"}
	for _, name := range kubernetes {
		args = append(args, "k8s.io/kubernetes/cmd/"+name)
	}
	if err := goBuild(ctx, module, args...); err != nil {
		return err
	}
	for _, p := range others {
		fmt.Fprintln(progress, "building", p.name)
		if err := goBuild(ctx, filepath.Join(module, p.module), "-ldflags", "-s -w", "-o", filepath.Join(dir, p.name), p.pkg); err != nil {
			return err
		}
	}
	return nil
}

func goBuild(ctx context.Context, module string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"build"}, args...)...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// gatewayCRDs copies the standard CRDs of the Gateway API from the module that Traefik is built with.
func gatewayCRDs(ctx context.Context, module, to string) error {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api")
	cmd.Dir = module
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("finding the Gateway API's module: %w", err)
	}
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	return os.CopyFS(to, os.DirFS(filepath.Join(strings.TrimSpace(string(out)), "config", "crd", "standard")))
}

// sums returns a hash of everything that goes into the binaries and images: the module's sums and the sources of the
// lab's programs.
func sums(module string) (string, error) {
	h := sha256.New()
	for _, root := range []string{"go.mod", "go.sum", "cmd", "internal/build", "internal/image", traefik} {
		err := filepath.WalkDir(filepath.Join(module, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(h, "%d %d\n", len(path)-len(module), len(b))
			h.Write(b)
			return nil
		})
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("%s is not the lab's module: run the lab from a checkout: %w", module, err)
			}
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}
