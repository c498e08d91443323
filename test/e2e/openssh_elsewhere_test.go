package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOpenSSHElsewhere: the SSH configuration works in a shell with another kubeconfig, and rsync mirrors a tree of many files through it.
func TestOpenSSHElsewhere(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	t.Setenv("KUBECONFIG", l.kubeconfig())
	config := configured(t, l, "-i", key)
	program := func(argv ...string) result {
		t.Helper()
		// the last value of a variable counts
		argv = append([]string{"env", "KUBECONFIG=" + filepath.Join(t.TempDir(), "absent")}, argv...)
		r := l.program(t, "", argv...)
		if r.code != 0 {
			t.Fatalf("%v: %+v", argv, r)
		}
		return r
	}
	if r := program("ssh", "-F", config, node1, "hostname"); r.stdout != node1+"\n" {
		t.Fatalf("%+v", r)
	}
	dir, there := t.TempDir(), l.removed(t, node1, "/home/azureuser/akstools-tree")
	for i := range 1000 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%d", i)), []byte(strings.Repeat("x", i)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mirror := func() result {
		return program("rsync", "-a", "--delete", "-e", "ssh -F "+config, dir+"/", node1+":"+there+"/")
	}
	t.Logf("1000 files in %.1f s", mirror().took.Seconds())
	for i := range 500 {
		_ = os.Remove(filepath.Join(dir, fmt.Sprintf("file-%d", i)))
	}
	mirror()
	if got := strings.TrimSpace(l.on(t, node1, "sh", "-c", "ls "+there+" | wc -l; stat -c %s "+there+"/file-999")); got != "500\n999" {
		t.Errorf("%q", got)
	}
}

// TestAuthorizeThroughTheNodePod: a key that is added without SSH works at once, and the file keeps its mode and owner.
func TestAuthorizeThroughTheNodePod(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.authorize(t, node1) // the file exists
	const file = "/home/azureuser/.ssh/authorized_keys"
	before := l.on(t, node1, "stat", "-c", "%a %U", file)
	key := filepath.Join(t.TempDir(), "id_ed25519")
	if r := l.program(t, "", "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	if r := l.run(t, string(public), "kubectl-aksnode", "ssh", "-q", node1, "--", "sh", "-c", "cat >> "+file); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if after := l.on(t, node1, "stat", "-c", "%a %U", file); after != before {
		t.Errorf("%q became %q", before, after)
	}
	if r := l.aksnode(t, "ssh", node1, "-i", key, acceptNew, "--", "hostname"); r.code != 0 || r.stdout != node1+"\n" {
		t.Errorf("%+v", r)
	}
}
