package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/akstools/akstools/internal/testpod"
)

// TestSoakTunnelKills holds that nothing of ours is left two minutes after the idle limit, whatever ended the runs, and also
// with the tunnel dead.
func TestSoakTunnelKills(t *testing.T) {
	l := soak(t)
	var killed atomic.Int32
	runs := func(n int) {
		turns := make(chan int)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for i := range turns {
					ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
					l.endAtRandom(ctx, l.command(ctx, "kubectl-tunneldoctor", "-o", "name"), i, &killed)
					cancel()
				}
			})
		}
		for i := range n {
			turns <- i
		}
		close(turns)
		wg.Wait()
	}
	runs(50)
	l.fault(t, "tunnel-agents-down")
	runs(50)
	start := time.Now()
	l.gone(t, testpod.Idle+2*time.Minute)
	t.Logf("100 runs, %d ended by a signal; all objects were gone %.0f s later", killed.Load(), time.Since(start).Seconds())
}

// endAtRandom runs the program, every second time to a random moment of its life.
func (l lab) endAtRandom(_ context.Context, cmd *exec.Cmd, turn int, killed *atomic.Int32) {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGHUP}
	if cmd.Start() != nil {
		return
	}
	if turn%2 == 0 {
		time.Sleep(time.Duration(100+rand.IntN(4000)) * time.Millisecond)
		if cmd.Process.Signal(signals[turn/2%len(signals)]) == nil {
			killed.Add(1)
		}
	}
	_ = cmd.Wait() // a run that was ended, or found the tunnel dead, has an exit code
}

// TestSoakTunnelScale holds that with 1,000 further nodes a verdict comes within 60 s and with less than 150 MB.
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

// manyNodes makes nodes behind which there is nothing; they are Ready for the 40 seconds that the controller gives them.
func (l lab) manyNodes(t *testing.T, n int) {
	t.Helper()
	config := rest.CopyConfig(l.clients(t).Config)
	config.QPS = -1
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = clients.CoreV1().Nodes().DeleteCollection(context.Background(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "lab.akstools.dev/fake=yes"})
	})
	var g errgroup.Group
	g.SetLimit(20)
	for i := range n {
		g.Go(func() error {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
				Name:   fmt.Sprintf("aks-fake-12345678-vmss%06d", i),
				Labels: map[string]string{"lab.akstools.dev/fake": "yes", corev1.LabelOSStable: "linux"},
			}, Spec: corev1.NodeSpec{Taints: []corev1.Taint{{Key: "lab.akstools.dev/fake", Effect: corev1.TaintEffectNoSchedule}}}}
			made, err := clients.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{})
			if err != nil {
				return err
			}
			made.ResourceVersion = "" // the node controller changes the object meanwhile
			made.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: fmt.Sprintf("10.220.%d.%d", 8+i/250, 1+i%250)}}
			made.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady", LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now()}}
			_, err = clients.CoreV1().Nodes().UpdateStatus(t.Context(), made, metav1.UpdateOptions{})
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}
