package e2e

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	for want, args := range map[string][]string{
		"has no /no/such":         {node1 + ":/no/such", dir},
		"no such file":            {filepath.Join(dir, "absent"), node1 + ":/tmp/"},
		"neither is on a node":    {dir, dir},
		"both are on nodes":       {node0 + ":/a", node1 + ":/b"},
		"has no folder /no/such/": {from, node1 + ":/no/such/"},
		"neither file nor folder": {node1 + ":/dev/null", dir},
		"made by the kernel":      {node1 + ":/proc/meminfo", dir},
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
	for _, args := range [][]string{{from, node1 + ":" + there}, {node1 + ":" + there, to}} {
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
}

func TestCopyTree(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	for i := range amount(500, 5000) {
		folder := filepath.Join(from, fmt.Sprint("d ", i%37), fmt.Sprint(i%5))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, fmt.Sprintf("f'%d", i))
		if err := os.WriteFile(path, randomBytes(t, i*7%20000), 0o640); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			if err := os.Symlink(filepath.Base(path), path+".link"); err != nil {
				t.Fatal(err)
			}
			if err := os.Link(path, path+".hard"); err != nil {
				t.Fatal(err)
			}
		}
	}
	there := l.removed(t, node1, "/var/tmp/akstools-tree")
	for _, args := range [][]string{{from, node1 + ":" + there}, {node1 + ":" + there, filepath.Join(dir, "to")}} {
		r := l.aksnode(t, append([]string{"cp"}, args...)...)
		if r.code != 0 {
			t.Fatalf("%v: %+v", args, r)
		}
		t.Log(strings.TrimSpace(r.stderr))
	}
	if out, err := exec.Command("diff", "-r", "--no-dereference", from, filepath.Join(dir, "to")).CombinedOutput(); err != nil {
		t.Errorf("%.500s", out)
	}
	const show = `cd "$1" && find . -printf '%P %M %s %l %n\n' | grep -v '^ ' | sort`
	list := func(path string) string {
		out, err := exec.Command("sh", "-c", strings.Replace(show, "%s", "%k", 1), "show", path).Output()
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	if a, b := list(from), list(filepath.Join(dir, "to")); a != b {
		t.Errorf("modes, links or times differ:\n%.500s\n%.500s", a, b)
	}
	// what is there on a node stays: the link in the place of a folder, and the folder's mode
	l.on(t, node1, "sh", "-c", fmt.Sprintf("cd %s && mkdir real dst && ln -s ../real dst/run && chmod 1777 dst", there))
	if err := os.MkdirAll(filepath.Join(dir, "dst", "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	randomFile(t, filepath.Join(dir, "dst", "run", "file"), 1)
	if r := l.aksnode(t, "cp", filepath.Join(dir, "dst"), node1+":"+there); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if got := l.on(t, node1, "sh", "-c", fmt.Sprintf("cd %s && readlink dst/run && stat -c %%a dst && ls real", there)); got != "../real\n1777\nfile\n" {
		t.Errorf("on the node there is %q", got)
	}
}

// TestCopyFromHostileNode replaces the node's tar by one that sends what would be written outside.
func TestCopyFromHostileNode(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	outside := filepath.Join(t.TempDir(), "evil")
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, h := range []tar.Header{
		{Name: "good", Typeflag: tar.TypeReg, Size: 4, Mode: 0o644},
		{Name: "link", Typeflag: tar.TypeSymlink, Linkname: filepath.Dir(outside)},
		{Name: "link/evil", Typeflag: tar.TypeReg, Size: 4, Mode: 0o644},
		{Name: "../evil", Typeflag: tar.TypeReg, Size: 4, Mode: 0o644},
		{Name: outside, Typeflag: tar.TypeReg, Size: 4, Mode: 0o644},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = w.Write([]byte("evil"))
		}
	}
	_ = w.Close()
	folder := l.removed(t, node1, "/var/tmp/akstools-hostile")
	r := l.run(t, archive.String(), "lab", "exec", node1, "--", "sh", "-c",
		`mkdir -p "$1" && cat >"$1/a" && printf '#!/bin/sh\nexec cat %s/a\n' "$1" >"$1/tar" && chmod 755 "$1/tar" && mount --bind "$1/tar" /usr/bin/tar`, "hostile", folder)
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	t.Cleanup(func() { l.on(t, node1, "umount", "/usr/bin/tar") })
	to := filepath.Join(t.TempDir(), "to")
	r = l.aksnode(t, "cp", node1+":"+folder, to)
	if r.code == 0 || !strings.Contains(r.stderr, "leads out of the folder") {
		t.Errorf("%+v", r)
	}
	for _, path := range []string{outside, filepath.Join(filepath.Dir(to), "evil")} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}
