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
	// what exists on the node stays: the link in place of a directory, and the directory's mode
	l.on(t, node1, "sh", "-c", fmt.Sprintf("cd %s && mkdir real dst && ln -s ../real dst/run && chmod 1777 dst", there))
	if err := os.MkdirAll(filepath.Join(dir, "dst", "run"), 0o755); err != nil {
		t.Fatal(err)
	}
	randomFile(t, filepath.Join(dir, "dst", "run", "file"), 1)
	if r := l.aksnode(t, "cp", filepath.Join(dir, "dst"), node1+":"+there); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	got := l.on(t, node1, "sh", "-c", fmt.Sprintf("cd %s && readlink dst/run && stat -c %%a dst && ls real", there))
	if got != "../real\n1777\nfile\n" {
		t.Errorf("on the node there is %q", got)
	}
}

// TestCopyTreeResumes kills copies of a directory at random times: the same command must complete it, in place.
func TestCopyTreeResumes(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	there := l.removed(t, node1, "/var/tmp/akstools-tree-resume")
	for i := range 10 {
		if err := os.MkdirAll(filepath.Join(from, fmt.Sprint(i)), 0o755); err != nil {
			t.Fatal(err)
		}
		randomFile(t, filepath.Join(from, fmt.Sprint(i), "file"), amount(6, 60))
	}
	hold, _ := session(t, l, node1, "8801")
	defer func() {
		l.on(t, node1, "pkill", "-fx", "sleep 8801")
		hold()
	}()
	for _, args := range [][]string{{from, node1 + ":" + there}, {node1 + ":" + there, to}} {
		killed := 0
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond+time.Duration(rand.IntN(800))*time.Millisecond)
			if err := l.command(ctx, "kubectl-aksnode", append([]string{"cp"}, args...)...).Run(); err != nil {
				killed++
			}
			cancel()
			// If the directory is in its place, the copy was complete, even if the program was killed just after that: the next copy is a
			// new one, not one into that directory. The node may still be completing it.
			if err := os.RemoveAll(to); err != nil {
				t.Fatal(err)
			}
			if args[0] == from {
				l.on(t, node1, "sh", "-c", "for i in $(seq 100); do pgrep -f akstools-tree-resum[e] >/dev/null || break; sleep .1; done")
				l.on(t, node1, "rm", "-rf", there)
			}
		}
		r := l.aksnode(t, append([]string{"cp"}, args...)...)
		if r.code != 0 || killed == 0 {
			t.Fatalf("%v, killed %d times: %+v", args, killed, r)
		}
		t.Logf("killed %d times; the last time: %s", killed, strings.TrimSpace(r.stderr))
	}
	if out, err := exec.Command("diff", "-r", from, to).CombinedOutput(); err != nil {
		t.Errorf("%.500s", out)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*part")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if left := l.on(t, node1, "sh", "-c", "ls -d /var/tmp/akstools-tree-resume*"); left != there+"\n" {
		t.Errorf("left on the node: %s", left)
	}
}

// TestCopyTreeThatGrows copies a directory of logs while they are being written.
func TestCopyTreeThatGrows(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	there := l.removed(t, node1, "/var/tmp/akstools-grows")
	l.on(t, node1, "sh", "-c", fmt.Sprintf("mkdir -p %[1]s && head -c 30000000 /dev/urandom >%[1]s/log", there))
	ctx, cancel := context.WithCancel(t.Context())
	writer := l.command(
		ctx, "lab", "exec", node1, "--", "sh", "-c",
		fmt.Sprintf("while [ -d %[1]s ]; do echo line; sleep 0.01; done >>%[1]s/log", there),
	)
	if err := writer.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = writer.Wait()
	}()
	to := filepath.Join(t.TempDir(), "to")
	r := l.aksnode(t, "cp", node1+":"+there, to)
	info, err := os.Stat(filepath.Join(to, "log"))
	if r.code != 0 || err != nil || info.Size() < 30_000_000 || !strings.Contains(r.stderr, "file changed as we read it") {
		t.Errorf("%+v, %v (%v)", r, info, err)
	}
}

// TestCopyFromHostileNode replaces the node's tar by one that sends entries outside the target directory.
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
		`mkdir -p "$1" && cat >"$1/a" && printf '#!/bin/sh\nexec cat %s/a\n' "$1" >"$1/tar" && `+
			`chmod 755 "$1/tar" && mount --bind "$1/tar" /usr/bin/tar`, "hostile", folder)
	if r.code != 0 {
		t.Fatalf("%+v", r)
	}
	t.Cleanup(func() { l.on(t, node1, "umount", "/usr/bin/tar") })
	to := filepath.Join(t.TempDir(), "to")
	r = l.aksnode(t, "cp", node1+":"+folder, to)
	if r.code == 0 || !strings.Contains(r.stderr, "outside the directory") {
		t.Errorf("%+v", r)
	}
	for _, path := range []string{outside, filepath.Join(filepath.Dir(to), "evil")} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was written", path)
		}
	}
}
