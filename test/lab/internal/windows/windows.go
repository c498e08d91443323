// Package windows is a Windows node as the network sees it: a Node object as AKS creates it, and a machine with a real
// sshd on port 22 and a listener on port 3389 that only the other nodes reach. No kubelet runs on it, so no pod ever
// starts there; the machine itself keeps its Ready condition up to date.
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

// Command is the hidden subcommand that is the machine: the first process in its namespaces.
const Command = "windows-serve"

// processName is the machine's name among the lab's processes.
const processName = "windows"

// Start starts the machine and returns when its Node is Ready and its sshd listens. It does nothing if it is running.
func Start(ctx context.Context) error {
	if process.Running(processName) {
		return nil
	}
	if _, err := os.Stat(layout.In("state.json")); err != nil {
		return fmt.Errorf("the lab is not running: start it with: make lab-up")
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
	if err == nil && len(n.Status.Addresses) == 0 { // a controller may have written its conditions before the machine
		err = fmt.Errorf("node %s has no addresses yet", layout.Windows)
	}
	return err
}

// Stop stops the machine and removes its Node. It does nothing if it is not running.
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

// machine returns the PID of the machine's first process, if it is running.
func machine() (pid int, ok bool) {
	b, err := os.ReadFile(layout.In("run", processName+".pid"))
	if err != nil || !process.Running(processName) {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
	return pid, err == nil
}

// Exec replaces the calling process with argv on the machine. It returns only on error.
func Exec(argv []string) error {
	if err := cgroup.Join(layout.Windows); err != nil {
		return err
	}
	enter := []string{"ip", "netns", "exec", layout.WindowsNS}
	if pid, ok := machine(); ok && pid != os.Getpid() { // otherwise this is the machine itself, which is starting
		enter = []string{"nsenter", "--target", strconv.Itoa(pid), "--net", "--mount", "--uts", "--"}
	}
	path, err := exec.LookPath(enter[0])
	if err != nil {
		return err
	}
	return syscall.Exec(path, append(enter, argv...), os.Environ())
}
