package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	benchBytes = 200_000_000
	benchFile  = "/dev/shm/akstools-bench" // random data
	benchLog   = benchFile + "-log"        // the node's journal, repeated
	downPort   = "7101"                    // sends the file to every client
	upPort     = "7102"                    // receives as many bytes, then confirms
)

// way is a way to transfer the file; it returns when all of it has arrived.
type way struct {
	name string
	move func() error
}

// BenchmarkThroughput transfers 200 MB in both directions in each way, alternately, on pods that are already running,
// and reports the medians. The log is compressible.
func BenchmarkThroughput(b *testing.B) {
	l := benchLab(b)
	servers(b, l)
	benchPod(b, l)
	key := l.authorize(b, node0)
	b.Setenv("HOME", b.TempDir())
	if r := l.aksnode(b, "ssh-config", "--write", "-i", key); r.code != 0 {
		b.Fatalf("%+v", r)
	}
	config := filepath.Join(os.Getenv("HOME"), ".ssh", "config")
	ours, _ := forwarding(b, l, node0, ":"+downPort, ":"+upPort) // keeps the pod that cp and scp share
	theirs := kubectlPortForward(b, l)
	local := filepath.Join(b.TempDir(), "local")
	randomFile(b, local, benchBytes>>20)
	got := filepath.Join(b.TempDir(), "got")
	command := func(argv ...string) func() error {
		return func() error {
			if r := l.program(b, "", argv...); r.code != 0 {
				return fmt.Errorf("%v: %+v", argv, r)
			}
			return nil
		}
	}
	aksnode, kubectl := l.path("bin", "kubectl-aksnode"), l.path(".lab", "bin", "kubectl")
	b.Run("down", func(b *testing.B) {
		measure(b, []way{
			{"forward", func() error { return receive(ours[0]) }},
			{"port-forward", func() error { return receive(theirs[0]) }},
			{"cp", command(aksnode, "cp", "-q", node0+":"+benchFile, got)},
			{"kubectl-cp", command(kubectl, "cp", "bench:"+benchFile, got)},
			{"scp", command("scp", "-q", "-F", config, node0+":"+benchFile, got)},
			{"exec", command(kubectl, "exec", "bench", "--", "cat", benchFile)},
		})
	})
	b.Run("log", func(b *testing.B) { // download only
		measure(b, []way{
			{"cp", command(aksnode, "cp", "-q", node0+":"+benchLog, got)},
			{"kubectl-cp", command(kubectl, "cp", "bench:"+benchLog, got)},
		})
	})
	b.Run("up", func(b *testing.B) {
		measure(b, []way{
			{"forward", func() error { return give(ours[1]) }},
			{"port-forward", func() error { return give(theirs[1]) }},
			{"cp", command(aksnode, "cp", "-q", local, node0+":"+benchFile+"-up")},
			{"kubectl-cp", command(kubectl, "cp", local, "bench:"+benchFile+"-up")},
			{"scp", command("scp", "-q", "-F", config, local, node0+":"+benchFile+"-scp")},
		})
	})
}

func measure(b *testing.B, ways []way) {
	took := map[string][]time.Duration{}
	for range b.N {
		for _, w := range ways {
			start := time.Now()
			if err := w.move(); err != nil {
				b.Fatalf("%s: %v", w.name, err)
			}
			took[w.name] = append(took[w.name], time.Since(start))
		}
	}
	for _, w := range ways {
		b.ReportMetric(benchBytes/1e3/median(took[w.name]), "MB/s-"+w.name)
	}
	b.ReportMetric(0, "ns/op")
}

// receive returns after the last byte, as curl does with Content-Length: containerd reports the end of a forwarded
// connection a second later.
func receive(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if n, err := io.CopyN(io.Discard, c, benchBytes); err != nil || n != benchBytes {
		return fmt.Errorf("%d bytes came: %w", n, err)
	}
	return nil
}

func give(addr string) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := io.CopyN(struct{ io.Writer }{c}, zeros{}, benchBytes); err != nil {
		return err
	}
	if said, err := bufio.NewReader(c).ReadString('\n'); err != nil || said != "done\n" {
		return fmt.Errorf("the server said %q: %w", said, err)
	}
	return nil
}

// servers creates the file on the node, and starts the servers that send and receive it.
func servers(b *testing.B, l lab) {
	b.Helper()
	l.on(b, node0, "sh", "-c", fmt.Sprintf("head -c %d /dev/urandom > %s; chmod 644 %[2]s", benchBytes, benchFile))
	l.on(
		b, node0, "sh", "-c",
		fmt.Sprintf("journalctl >%[1]s-once; while cat %[1]s-once; do :; done | head -c %[2]d >%[1]s", benchLog, benchBytes),
	)
	b.Cleanup(func() { l.on(b, node0, "sh", "-c", "rm -f "+benchFile+"*") })
	for port, does := range map[string]string{
		downPort: "EXEC:cat " + benchFile + ",nofork",
		upPort:   fmt.Sprintf("SYSTEM:head -c %d >/dev/null; echo done", benchBytes),
	} {
		argv := []string{"-b", "131072", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork", does}
		cmd := l.command(b.Context(), "lab", append([]string{"exec", node0, "--", "socat"}, argv...)...)
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { l.run(b, "", "lab", "exec", node0, "--", "pkill", "-f", "TCP-LISTEN:710") })
}

// benchPod is a pod in the node's network namespace that has the file, for kubectl.
func benchPod(b *testing.B, l lab) {
	b.Helper()
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "bench", Namespace: "default"},
		Spec: corev1.PodSpec{
			NodeName: node0, HostNetwork: true,
			Containers: []corev1.Container{{
				Name: "c", Image: busybox, ImagePullPolicy: corev1.PullNever, Command: []string{"sleep", "3600"},
				VolumeMounts: []corev1.VolumeMount{{Name: "shm", MountPath: "/dev/shm"}},
			}},
			Volumes: []corev1.Volume{{Name: "shm", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/dev/shm"}}}},
		},
	}
	if _, err := l.clients(b).CoreV1().Pods("default").Create(b.Context(), pod, metav1.CreateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.must(b, "kubectl", "delete", "pod", "bench", "--now") })
	l.must(b, "kubectl", "wait", "--for=condition=Ready", "pod/bench", "--timeout=60s")
}

func kubectlPortForward(b *testing.B, l lab) (addrs []string) {
	b.Helper()
	cmd := l.command(b.Context(), "kubectl", "port-forward", "pod/bench", ":"+downPort, ":"+upPort)
	var said synchronized
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	l.eventually(b, 20*time.Second, func() error {
		matches := regexp.MustCompile(`Forwarding from (127\S+) -> (\d+)`).FindAllStringSubmatch(said.String(), -1)
		if len(matches) != 2 {
			return fmt.Errorf("kubectl port-forward: %s", said.String())
		}
		slices.SortFunc(matches, func(x, y []string) int { return slices.Compare(x[2:], y[2:]) })
		addrs = []string{matches[0][1], matches[1][1]}
		return nil
	})
	return addrs
}
