package e2e

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// fake is the label of nodes that kwok simulates.
const fake = "lab.akstools.dev/fake"

// TestSoakTunnelScale: with 1,000 more nodes, simulated by kwok, a verdict takes at most 60 s and less than 150 MB.
func TestSoakTunnelScale(t *testing.T) {
	l := soak(t)
	l.manyNodes(t, 1000)
	for _, args := range [][]string{nil, {"--no-create"}} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		cmd := l.command(ctx, "kubectl-tunneldoctor", append([]string{"-o", "name"}, args...)...)
		r := finish(t, ctx, cmd)
		cancel()
		usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		if !ok || r.took > time.Minute || usage.Maxrss > 150<<10 {
			t.Errorf("%v: %s, %d KiB", args, r.took, usage.Maxrss)
		}
		t.Logf("%v: exit code %d after %s with %d MiB", args, r.code, r.took, usage.Maxrss>>10)
	}
}

// manyNodes creates nodes that kwok simulates, and returns when all are Ready.
func (l lab) manyNodes(t *testing.T, n int) {
	t.Helper()
	clients := l.fast(t)
	t.Cleanup(func() {
		err := clients.CoreV1().Nodes().DeleteCollection(context.Background(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: fake})
		if err != nil {
			t.Error(err)
		}
	})
	l.kwok(t)
	var g errgroup.Group
	g.SetLimit(20)
	for i := range n {
		g.Go(func() error {
			_, err := clients.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{
				Name:   fmt.Sprintf("aks-fake-12345678-vmss%06d", i),
				Labels: map[string]string{fake: "yes", corev1.LabelOSStable: "linux"},
			}, Spec: corev1.NodeSpec{Taints: []corev1.Taint{{Key: fake, Effect: corev1.TaintEffectNoSchedule}}}}, metav1.CreateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, 3*time.Minute, func() error {
		list, err := clients.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: fake})
		if err != nil {
			return err
		}
		ready := 0
		for _, node := range list.Items {
			for _, c := range node.Status.Conditions {
				if c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue {
					ready++
				}
			}
		}
		if ready < n {
			return fmt.Errorf("%d of %d nodes are Ready", ready, n)
		}
		return nil
	})
}

// kwok builds and runs kwok for the nodes with the label, until the end of the test.
func (l lab) kwok(t *testing.T) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "kwok")
	build := exec.Command("go", "build", "-modfile=test/tools/kwok/go.mod", "-o", program, "sigs.k8s.io/kwok/cmd/kwok")
	build.Dir = l.root
	if err := runQuietly(build); err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-modfile=test/tools/kwok/go.mod", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok")
	list.Dir = l.root
	module, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{
		"--kubeconfig", l.kubeconfig(), "--manage-nodes-with-label-selector", fake + "=yes",
		"--node-lease-duration-seconds", "40", "--node-ip", "10.220.8.1", // an unused address
	}
	for _, stage := range []string{"node/fast/node-initialize", "node/heartbeat-with-lease/node-heartbeat-with-lease", "pod/fast/pod-ready"} {
		args = append(args, "--config", filepath.Join(strings.TrimSpace(string(module)), "kustomize/stage", stage+".yaml"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, args...)
	done := make(chan error, 1)
	go func() { done <- runQuietly(cmd) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) && ctx.Err() == nil {
			t.Error(err)
		}
	})
}
