package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// remove takes a path away on the node at the test's end.
func (l lab) removed(t testing.TB, node, path string) string {
	t.Helper()
	t.Cleanup(func() { l.on(t, node, "rm", "-rf", path) })
	return path
}

// amount is how much is moved, or how many files: little in `make test`, as much as was promised in `make soak`.
func amount(little, much int) int {
	if os.Getenv("AKSTOOLS_SOAK") != "" {
		return much
	}
	return little
}

func randomFile(t testing.TB, path string, megabytes int) {
	t.Helper()
	out, err := exec.Command("dd", "if=/dev/urandom", "of="+path, "bs=1M", fmt.Sprint("count=", megabytes), "status=none").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestCopyFile(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	dir := t.TempDir()
	there := l.removed(t, node1, "/var/tmp/akstools test")
	l.on(t, node1, "mkdir", "-p", there)
	from := filepath.Join(dir, "it's a file")
	randomFile(t, from, amount(30, 1000))
	if err := os.Chmod(from, 0o751); err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{nil, {"--no-port"}} {
		to := filepath.Join(dir, "to", "x")
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		up := l.aksnode(t, append([]string{"cp", from, node1 + ":" + there}, flags...)...)
		down := l.aksnode(t, append([]string{"cp", node1 + ":" + there + "/it's a file", to}, flags...)...)
		if up.code != 0 || down.code != 0 {
			t.Fatalf("%v: up %+v, down %+v", flags, up, down)
		}
		if out, err := exec.Command("cmp", from, to).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", flags, out)
		}
		a, _ := os.Stat(from)
		b, err := os.Stat(to)
		if err != nil || a.Mode() != b.Mode() || a.ModTime().Unix() != b.ModTime().Unix() {
			t.Errorf("%v: %v, %v, %v", flags, a, b, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*", ".*part")); len(left) > 0 {
			t.Errorf("parts are left: %v", left)
		}
	}
	if left := l.on(t, node1, "ls", "-A", there); left != "it's a file\n" {
		t.Errorf("on the node there is %q", left)
	}
	l.on(t, node1, "mkfifo", there+"/fifo") // as a device is
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"is no regular file, and is not written to\nhint: kubectl aksnode ssh " + node1 + " -- sh -c": {from, node1 + ":" + there + "/fifo"},
		fifo + " is no regular file": {node1 + ":" + there + "/it's a file", fifo},
		"has no /no/such":            {node1 + ":/no/such", dir},
		"no such file":               {filepath.Join(dir, "absent"), node1 + ":/tmp/"},
		"neither is on a node":       {dir, dir},
		"both are on nodes":          {node0 + ":/a", node1 + ":/b"},
		"has no folder /no/such/":    {from, node1 + ":/no/such/"},
		"neither file nor folder":    {node1 + ":/dev/null", dir},
		"made by the kernel":         {node1 + ":/proc/meminfo", dir},
	} {
		if r := l.aksnode(t, append([]string{"cp", "-q"}, args...)...); r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("%v: %+v", args, r)
		}
	}
}

// TestCopyResumes kills copies at random and holds that the same command makes them whole.
func TestCopyResumes(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	dir := t.TempDir()
	there := l.removed(t, node1, "/var/tmp/akstools-resume")
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	randomFile(t, from, amount(60, 1000))
	hold, _ := session(t, l, node1, "8800") // the pod stays, so that it is the copy that is killed
	defer func() {
		l.on(t, node1, "pkill", "-fx", "sleep 8800")
		hold()
	}()
	random := rand.New(rand.NewPCG(uint64(time.Now().Unix()), 1))
	logs, logsTo := l.removed(t, node1, "/var/tmp/akstools-resume-log"), filepath.Join(dir, "logs")
	l.on(t, node1, "sh", "-c", fmt.Sprintf("seq 1 1000000000 | head -c %d >%s", amount(120, 2000)<<20, logs)) // what compresses
	for _, args := range [][]string{{from, node1 + ":" + there}, {node1 + ":" + there, to}, {node1 + ":" + logs, logsTo}} {
		killed := 0
		for range 4 {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond+time.Duration(random.IntN(1500))*time.Millisecond)
			if err := l.command(ctx, "kubectl-aksnode", append([]string{"cp"}, args...)...).Run(); err != nil {
				killed++
			}
			cancel()
		}
		r := l.aksnode(t, append([]string{"cp"}, args...)...)
		if r.code != 0 {
			t.Fatalf("%v: %+v", args, r)
		}
		t.Logf("killed %d times; the last time: %s", killed, strings.TrimSpace(r.stderr))
	}
	if out, err := exec.Command("cmp", from, to).CombinedOutput(); err != nil {
		t.Errorf("%s", out)
	}
	if r := l.program(t, "", "sh", "-c", fmt.Sprintf("seq 1 1000000000 | cmp -n %d - %s", amount(120, 2000)<<20, logsTo)); r.code != 0 {
		t.Errorf("%+v", r)
	}
}

// TestCopyToFullDisk holds that an upload which the node cannot take ends soon, by the node's own words, and leaves nothing.
func TestCopyToFullDisk(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	from := filepath.Join(t.TempDir(), "from")
	randomFile(t, from, 60)
	small := l.removed(t, node1, "/var/tmp/akstools-small")
	l.on(t, node1, "sh", "-c", fmt.Sprintf("mkdir -p %[1]s && mount -t tmpfs -o size=5m small %[1]s", small))
	t.Cleanup(func() { l.on(t, node1, "umount", small) })
	for path, want := range map[string]string{from: "No space left on device", filepath.Dir(from): "tar: ./from: Wrote only "} {
		for _, flags := range [][]string{nil, {"--no-port"}} {
			start := time.Now()
			r := l.aksnode(t, append([]string{"cp", path, node1 + ":" + small + "/to"}, flags...)...)
			if took := time.Since(start); r.code == 0 || !strings.Contains(r.stderr, want) || took > 30*time.Second {
				t.Errorf("%s, %v: after %s %+v", path, flags, took, r)
			}
			l.on(t, node1, "sh", "-c", "rm -rf "+small+"/* "+small+"/.[!.]*")
		}
	}
}
