package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/akstools/akstools/test/lab/internal/controlplane"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/node"
	"github.com/akstools/akstools/test/lab/internal/pki"
)

// state describes the running lab for a later `up`, possibly from another checkout.
type state struct {
	Bin     string              `json:"bin"`
	Tunnel  controlplane.Tunnel `json:"tunnel"`
	Apps    bool                `json:"apps"`
	Azure   bool                `json:"azure"`
	Targets bool                `json:"targets,omitempty"`
	Pools   string              `json:"pools,omitempty"`
	Profile node.Profile        `json:"profile"`
}

func (l Lab) state(bin string) state {
	return state{Bin: bin, Tunnel: l.Tunnel, Apps: l.Apps, Azure: l.Azure, Targets: l.Targets, Pools: l.Pools, Profile: l.Profile}
}

func readState() (s state, err error) {
	b, err := os.ReadFile(layout.In("state.json"))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

// sysctls are the host's settings that a kubelet, systemd or the lab itself changes.
var sysctls = []string{
	"vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops", "kernel/keys/root_maxkeys",
	"kernel/keys/root_maxbytes", "fs/inotify/max_user_instances", "fs/inotify/max_user_watches", "fs/file-max", "fs/nr_open",
	"net/netfilter/nf_conntrack_max", "net/unix/max_dgram_qlen",
}

func sysctlPath(name string) string { return filepath.Join("/proc/sys", name) }

// prepare creates the state directory, saves the host's sysctls in it, and creates the certificates.
func (l Lab) prepare(bin string) error {
	for _, dir := range []string{"logs", "run", "etcd"} {
		if err := os.MkdirAll(layout.In(dir), 0o700); err != nil {
			return err
		}
	}
	values := map[string]string{}
	for _, name := range sysctls {
		if b, err := os.ReadFile(sysctlPath(name)); err == nil {
			values[name] = strings.TrimSpace(string(b))
		}
	}
	if err := writeJSON("sysctls.json", values); err != nil {
		return err
	}
	// two kubelets, containerds and systemds need more watches than a user has by default
	if err := os.WriteFile(sysctlPath("fs/inotify/max_user_instances"), []byte("8192"), 0o644); err != nil {
		return err
	}
	if err := pki.Write("https://127.0.0.1:" + Port); err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	if err := l.Profile.Save(); err != nil {
		return err
	}
	return writeJSON("state.json", l.state(bin))
}

func writeJSON(name string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(layout.In(name), b, 0o600)
}

// restoreSysctls restores the values that have changed.
func restoreSysctls() error {
	b, err := os.ReadFile(layout.In("sysctls.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var values map[string]string
	if err := json.Unmarshal(b, &values); err != nil {
		return err
	}
	for name, was := range values {
		now, err := os.ReadFile(sysctlPath(name))
		if err != nil || strings.TrimSpace(string(now)) == was {
			continue
		}
		if err := os.WriteFile(sysctlPath(name), []byte(was), 0o644); err != nil {
			return fmt.Errorf("restoring sysctl %s: %w", name, err)
		}
	}
	return nil
}

// removeState unmounts what is mounted below the state directory and removes it.
func removeState() error {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], layout.State+"/") {
			if err := unix.Unmount(f[1], unix.MNT_DETACH); err != nil {
				return fmt.Errorf("unmounting %s: %w", f[1], err)
			}
		}
	}
	return os.RemoveAll(layout.State)
}

// lock ensures that only one `up` or `down` runs on the machine at a time.
func lock() (unlock func(), err error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("the lab must run as root: it creates namespaces, mounts and cgroups")
	}
	f, err := os.OpenFile(filepath.Join("/run", layout.Name+".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
