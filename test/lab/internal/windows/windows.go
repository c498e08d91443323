// Package windows is a node of a Windows pool as far as the network shows it: a Node object with what AKS writes on one,
// and a machine with a real sshd on 22 and a listener on 3389 that only the other nodes reach. No kubelet runs on it, so
// that no pod ever starts there; its Ready condition is kept up by the machine itself.
package windows

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/akstools/akstools/test/lab/internal/apiclient"
	"github.com/akstools/akstools/test/lab/internal/cgroup"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/network"
	"github.com/akstools/akstools/test/lab/internal/process"
)

// Command is the hidden subcommand that is the machine, as the first process of its namespaces.
const Command = "windows-serve"

// processName is the machine's among the lab's processes.
const processName = "windows"

// Start brings the machine up and returns when its Node is Ready and its sshd listens; without effect where it runs.
func Start(ctx context.Context) error {
	if process.Running(processName) {
		return nil
	}
	if _, err := os.Stat(layout.In("state.json")); err != nil {
		return fmt.Errorf("no lab runs: start it with: make lab-up")
	}
	if err := cgroup.Create(layout.Windows); err != nil {
		return err
	}
	if err := network.Add(ctx, layout.WindowsNS, layout.WindowsIP+"/24"); err != nil {
		return err
	}
	err := process.Spawn(layout.Windows, processName, nil,
		"unshare", "--mount", "--uts", "--propagation", "private", layout.Self(), Command)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if err = ready(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the machine %s does not come up (%w); its log is %s", layout.Windows, err, layout.In("logs", processName+".log"))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context) error {
	c, err := network.DialTimeout(layout.Nodes()[0].NetNS, "tcp", layout.WindowsIP+":22", time.Second)
	if err != nil {
		return err
	}
	_ = c.Close()
	client, err := apiclient.NewPublished("lab-windows")
	if err != nil {
		return err
	}
	n, err := client.CoreV1().Nodes().Get(ctx, layout.Windows, metav1.GetOptions{})
	if err == nil && len(n.Status.Conditions) == 0 {
		err = fmt.Errorf("node %s has no conditions yet", layout.Windows)
	}
	return err
}

// Stop ends the machine and removes its Node; without effect where it does not run.
func Stop(ctx context.Context) error {
	if err := process.End(ctx, processName); err != nil {
		return err
	}
	client, err := apiclient.NewPublished("lab-windows")
	if err != nil {
		return err
	}
	if err := client.CoreV1().Nodes().Delete(ctx, layout.Windows, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	return network.Remove(ctx, layout.WindowsNS)
}

// machine returns the pid of the machine's first process, if it runs.
func machine() (pid int, ok bool) {
	b, err := os.ReadFile(layout.In("run", processName+".pid"))
	if err != nil || !process.Running(processName) {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
	return pid, err == nil
}

// Exec replaces the calling process by argv on the machine. It returns only on error.
func Exec(argv []string) error {
	if err := cgroup.Join(layout.Windows); err != nil {
		return err
	}
	enter := []string{"ip", "netns", "exec", layout.WindowsNS}
	if pid, ok := machine(); ok && pid != os.Getpid() { // else this is the machine itself, which starts
		enter = []string{"nsenter", "--target", strconv.Itoa(pid), "--net", "--mount", "--uts", "--"}
	}
	path, err := exec.LookPath(enter[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, append(enter, argv...), os.Environ())
}
