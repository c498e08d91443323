package e2e

import (
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const busybox = "mcr.microsoft.com/azurelinux/busybox:1.36"

// firstOutput returns the time from a command's start to its first byte on stdout, which must start with want; ok is
// false if there was no output.
func firstOutput(b *testing.B, cmd *exec.Cmd, want string) (took time.Duration, ok bool) {
	b.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	first := make([]byte, len(want))
	n, _ := io.ReadFull(out, first)
	took = time.Since(start)
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait()
	if string(first[:n]) != want[:n] {
		b.Fatalf("%s: first output %q", strings.Join(cmd.Args, " "), first[:n])
	}
	return took, n == len(want)
}

func median(d []time.Duration) float64 {
	slices.Sort(d)
	return float64(d[len(d)/2].Microseconds()) / 1000
}

// compare times ours and theirs alternately, b.N times each, and reports the medians in ms and their ratio.
func compare(b *testing.B, ours, theirs func() time.Duration) {
	var a, c []time.Duration
	for range b.N {
		a = append(a, ours())
		c = append(c, theirs())
	}
	b.ReportMetric(median(a), "ms-ours")
	b.ReportMetric(median(c), "ms-theirs")
	b.ReportMetric(median(a)/median(c), "ratio")
	b.ReportMetric(0, "ns/op") // the time of a pair is meaningless
}

func benchLab(b *testing.B) lab {
	b.Helper()
	l := theLab(b)
	b.Setenv("XDG_STATE_HOME", b.TempDir())
	b.Cleanup(func() {
		l.must(b, "kubectl", "delete", "pods", "-l", "app.kubernetes.io/managed-by=kubectl-debug", "--now")
	})
	return l
}

// kubectlDebug times kubectl debug. If the command exits before kubectl has attached, its output is lost: such a run is
// repeated.
func kubectlDebug(b *testing.B, l lab) time.Duration {
	for range 10 {
		took, ok := firstOutput(
			b,
			l.command(b.Context(), "kubectl", "debug", "node/"+node0, "-i", "-q", "--profile=sysadmin", "--image="+busybox,
				"--", "chroot", "/host", "hostname"),
			node0,
		)
		if ok {
			return took
		}
		b.Log("kubectl debug lost the output")
	}
	b.Fatal("kubectl debug gave no output ten times")
	return 0
}

func sessionTime(b *testing.B, l lab) time.Duration {
	took, ok := firstOutput(b, l.command(b.Context(), "kubectl-aksnode", "ssh", "-q", node0, "--", "hostname"), node0)
	if !ok {
		b.Fatal("no output")
	}
	return took
}

func BenchmarkFirstSession(b *testing.B) {
	l := benchLab(b)
	compare(b, func() time.Duration { return sessionTime(b, l) }, func() time.Duration { return kubectlDebug(b, l) })
}

func BenchmarkSecondSession(b *testing.B) {
	l := benchLab(b)
	holder := l.command(b.Context(), "kubectl-aksnode", "ssh", "-q", node0, "--no-stdin", "--", "sh", "-c", "echo held; sleep 1000")
	out, err := holder.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		b.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 5)); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = holder.Process.Signal(os.Interrupt)
		_ = holder.Wait()
	}()
	compare(b, func() time.Duration { return sessionTime(b, l) }, func() time.Duration { return kubectlDebug(b, l) })
}

func BenchmarkHelp(b *testing.B) {
	l := benchLab(b)
	help := func(name string) func() time.Duration {
		return func() time.Duration {
			start := time.Now()
			if err := l.command(b.Context(), name, "--help").Run(); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}
	}
	compare(b, help("kubectl-aksnode"), help("kubectl"))
}

// transfer returns the time that a command takes to transfer 200 MB.
func transfer(b *testing.B, cmd *exec.Cmd, stdin bool) time.Duration {
	b.Helper()
	if stdin {
		cmd.Stdin = io.LimitReader(zeros{}, 200_000_000)
	}
	start := time.Now()
	out, err := cmd.Output()
	if err != nil || !stdin && len(out) != 200_000_000 {
		if strings.HasSuffix(cmd.Path, "kubectl-aksnode") {
			b.Fatalf("%d bytes of 200 MB came: %v", len(out), err)
		}
		b.Logf("kubectl exec broke off (%v) after %d bytes", err, len(out))
	}
	return time.Since(start)
}

// BenchmarkTransfer transfers 200 MB through a new session, including its setup, and through kubectl exec into an
// existing pod.
func BenchmarkTransfer(b *testing.B) {
	l := benchLab(b)
	clients := l.clients(b)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "bench", Namespace: "default"},
		Spec: corev1.PodSpec{NodeName: node0, Containers: []corev1.Container{{
			Name: "c", Image: busybox, ImagePullPolicy: corev1.PullNever, Command: []string{"sleep", "3600"},
		}}},
	}
	if _, err := clients.CoreV1().Pods("default").Create(b.Context(), pod, metav1.CreateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.must(b, "kubectl", "delete", "pod", "bench", "--now") })
	l.must(b, "kubectl", "wait", "--for=condition=Ready", "pod/bench", "--timeout=60s")
	for name, c := range map[string]struct {
		script string
		stdin  bool
	}{
		"down": {"head -c 200000000 /dev/zero", false},
		"up":   {"cat >/dev/null; true", true},
	} {
		b.Run(name, func(b *testing.B) {
			compare(b,
				func() time.Duration {
					return transfer(b, l.command(b.Context(), "kubectl-aksnode", "ssh", "-q", node0, "--", "sh", "-c", c.script), c.stdin)
				},
				func() time.Duration {
					return transfer(b, l.command(b.Context(), "kubectl", "exec", "-i", "bench", "--", "sh", "-c", c.script), c.stdin)
				})
		})
	}
}
