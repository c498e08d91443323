// Package addon has what the packages of AKS's add-ons have in common, which are added to a running lab.
package addon

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/akstools/akstools/test/lab/internal/image"
	"github.com/akstools/akstools/test/lab/internal/layout"
	"github.com/akstools/akstools/test/lab/internal/node"
)

// Kubectl returns a kubectl with the administrator's kubeconfig.
type Kubectl func(ctx context.Context, args ...string) *exec.Cmd

// Apply returns the command that applies the manifest.
func (k Kubectl) Apply(ctx context.Context, manifest string) *exec.Cmd {
	c := k(ctx, "apply", "--server-side", "--force-conflicts", "-f", "-")
	c.Stdin = strings.NewReader(manifest)
	return c
}

// Delete returns the command that deletes what is in the manifest.
func (k Kubectl) Delete(ctx context.Context, manifest string) *exec.Cmd {
	c := k(ctx, "delete", "--ignore-not-found", "-f", "-")
	c.Stdin = strings.NewReader(manifest)
	return c
}

// Rollout returns the command that waits until all pods of the workload in kube-system are Ready.
func (k Kubectl) Rollout(ctx context.Context, workload string) *exec.Cmd {
	return k(ctx, "rollout", "status", "-n", "kube-system", workload, "--timeout=180s")
}

// Load gives the nodes the images.
func Load(ctx context.Context, images ...image.Image) error {
	dir, err := os.MkdirTemp(layout.State, "images-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i, img := range images {
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := img.Write(file); err != nil {
			return err
		}
		for _, n := range layout.Nodes() {
			if err := importInto(ctx, n, file); err != nil {
				return fmt.Errorf("node %s: %w", n.Name, err)
			}
		}
	}
	return nil
}

func importInto(ctx context.Context, n layout.Node, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	load := node.Command(ctx, n, "ctr", "--namespace", "k8s.io", "images", "import", "--snapshotter", "overlayfs", "-")
	load.Stdin = f
	return RunAll(load)
}

// RunAll runs the commands until one fails, whose output is in the error.
func RunAll(commands ...*exec.Cmd) error {
	for _, c := range commands {
		if out, err := c.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, bytes.TrimSpace(out))
		}
	}
	return nil
}
