// Package node creates a node of the lab: a machine of its own in network, mount, PID, UTS, IPC and cgroup namespaces,
// with systemd as PID 1, its own root file system, containerd, kubelet, sshd, iptables and ufw. Only /usr is the
// host's, mounted read-only.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/layout"
)

// The hidden subcommands that start a node: the lab binary runs itself, first in the node's cgroup and network
// namespace, then as the first process in the node's other namespaces.
const (
	EnterCommand = "node-enter"
	InitCommand  = "node-init"
)

// binDir is the directory of the lab's binaries in a node, as on AKS.
const binDir = "/opt/bin"

// Start starts the node and returns once its process runs; the services start by themselves. bin is the directory of
// the lab's binaries.
func Start(n layout.Node, bin string) error {
	if err := writeFiles(n); err != nil {
		return fmt.Errorf("files of node %s: %w", n.Name, err)
	}
	log, err := os.OpenFile(layout.In("logs", n.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(layout.Self(), EnterCommand, n.Name, bin)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return os.WriteFile(pidFile(n.Name), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
}

func pidFile(node string) string { return layout.In("run", node+".pid") }

// Enter is EnterCommand: it enters the node's cgroup and network namespace and becomes unshare(1), whose child is the
// node's PID 1 and dies with it. It returns only on error.
func Enter(n layout.Node, bin string) error {
	if err := cgroup.Create(n.Name); err != nil {
		return err
	}
	if err := cgroup.Join(n.Name); err != nil {
		return err
	}
	return run("nsenter", "--net=/run/netns/"+n.NetNS,
		"unshare", "--mount", "--uts", "--ipc", "--cgroup", "--pid", "--fork", "--kill-child=SIGKILL", "--propagation", "private",
		layout.Self(), InitCommand, n.Name, bin)
}

// Exec replaces the calling process with argv inside the node. It returns only on error.
func Exec(n layout.Node, argv []string) error {
	pid, err := initPID(n.Name)
	if err != nil {
		return err
	}
	if err := cgroup.Join(n.Name); err != nil {
		return err
	}
	env := []string{
		"PATH=" + binDir + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
		"TERM=" + os.Getenv("TERM"),
	}
	args := append([]string{"--target", strconv.Itoa(pid), "--all", "--", "env", "-i"}, env...)
	return run("nsenter", append(args, argv...)...)
}

// Command is Exec as a child process.
func Command(ctx context.Context, n layout.Node, argv ...string) *exec.Cmd {
	return exec.CommandContext(ctx, layout.Self(), append([]string{"exec", n.Name, "--"}, argv...)...)
}

// initPID returns the PID, in the host's PID namespace, of the node's PID 1.
func initPID(node string) (int, error) {
	b, err := os.ReadFile(pidFile(node))
	if errors.Is(err, os.ErrNotExist) {
		return 0, fmt.Errorf("node %s does not run: start the lab with: make lab-up", node)
	}
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%[1]s/task/%[1]s/children", strings.TrimSpace(string(b))))
	if err != nil {
		return 0, fmt.Errorf("node %s is no longer running: restart the lab with: make lab-down lab-up", node)
	}
	fields := strings.Fields(string(children))
	if len(fields) != 1 {
		return 0, fmt.Errorf("node %s has no first process", node)
	}
	return strconv.Atoi(fields[0])
}

// WaitBooted returns when the node's systemd answers.
func WaitBooted(ctx context.Context, n layout.Node) error {
	for {
		err := Command(ctx, n, "systemctl", "show", "--property=Version").Run()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("systemd of node %s does not answer (%w); its log is %s", n.Name, err, layout.In("logs", n.Name+".log"))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// run replaces the process with another program.
func run(name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return err
	}
	return syscall.Exec(path, append([]string{filepath.Base(path)}, args...), os.Environ())
}
