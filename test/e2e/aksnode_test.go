package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// isolate gives the test its own directory for the records of node pods, and checks at the end that nothing is left
// over.
func isolate(t *testing.T, l lab) {
	t.Helper()
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Cleanup(func() { l.gone(t, 10*time.Second) })
}

func TestList(t *testing.T) {
	l := theLab(t)
	r := l.aksnode(t, "list", "-o", "json")
	var list struct {
		APIVersion, Kind string
		Items            []struct {
			Name, OS, InternalIP, Pool, Ready, Access string
			Instance                                  struct{ ResourceGroup, ScaleSet, ID string }
		}
	}
	if err := json.Unmarshal([]byte(r.stdout), &list); err != nil {
		t.Fatalf("%v: %s", err, r.stdout)
	}
	if list.APIVersion != "akstools.dev/v1alpha1" || list.Kind != "NodeInfoList" || len(list.Items) != 2 {
		t.Fatalf("got %+v", list)
	}
	n := list.Items[1]
	if n.Name != node1 || n.OS != "linux" || n.InternalIP != ip1 || n.Pool != "nodepool1" || n.Ready != "True" || n.Access != "ssh, run" ||
		n.Instance.ScaleSet != "aks-nodepool1-12345678-vmss" || n.Instance.ID != "1" || n.Instance.ResourceGroup != "mc_lab_lab_eastus" {
		t.Errorf("got %+v", n)
	}
	table := l.aksnode(t, "list").stdout
	if !strings.Contains(table, "NAME") || strings.Count(table, "\n") != 3 {
		t.Errorf("table: %s", table)
	}
	if names := l.aksnode(t, "list", "-o", "name").stdout; names != "node/"+node0+"\nnode/"+node1+"\n" {
		t.Errorf("names: %q", names)
	}
}

func TestSSHCommand(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	if r := l.aksnode(t, "ssh", node0, "--", "hostname"); r.stdout != node0+"\n" || r.code != 0 {
		t.Errorf("hostname: %+v", r)
	}
	t.Run("streams and exit code, 50 MB", func(t *testing.T) {
		data := randomBytes(t, 50_000_000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := l.command(ctx, "kubectl-aksnode", "ssh", "-q", node0, "--", "sh", "-c", "cat; echo err >&2; exit 7")
		cmd.Stdin = bytes.NewReader(data)
		r := finish(t, ctx, cmd)
		if r.stdout != string(data) {
			t.Errorf("stdout differs: %d bytes of %d", len(r.stdout), len(data))
		}
		if r.stderr != "err\n" || r.code != 7 {
			t.Errorf("stderr %q, exit code %d", r.stderr, r.code)
		}
	})
	t.Run("200 MB of stdin arrive", func(t *testing.T) {
		data := randomBytes(t, 200_000_000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := l.command(ctx, "kubectl-aksnode", "ssh", "-q", node0, "--", "sh", "-c", "cat > /tmp/akstools-test")
		cmd.Stdin = bytes.NewReader(data)
		if r := finish(t, ctx, cmd); r.code != 0 {
			t.Fatalf("%+v", r)
		}
		sum := sha256.Sum256(data)
		if got := l.on(t, node0, "sha256sum", "/tmp/akstools-test"); !strings.HasPrefix(got, hex.EncodeToString(sum[:])) {
			t.Error("the file on the node differs")
		}
		l.on(t, node0, "rm", "/tmp/akstools-test")
	})
	for name, c := range map[string]struct {
		stdin  string
		argv   []string
		stdout string
		code   int
	}{
		"argv is not a shell line": {"", []string{"printf", "%s|", "a b", "it's", "$x", "*", ""}, "a b|it's|$x|*||", 0},
		"NULs and frames' look":    {"", []string{"printf", `a\000b\000\000`}, "a\x00b\x00\x00", 0},
		"no such command":          {"", []string{"no-such-command"}, "", 127},
		"killed":                   {"", []string{"sh", "-c", "kill -9 $$"}, "", 137},
		"stdin not read":           {strings.Repeat("y\n", 1<<20), []string{"head", "-1"}, "y\n", 0},
		"the node's own processes": {"", []string{"sh", "-c", "cat /proc/1/comm; systemctl is-active kubelet"}, "systemd\nactive\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := l.run(t, c.stdin, "kubectl-aksnode", append([]string{"ssh", "-q", node0, "--"}, c.argv...)...)
			if r.stdout != c.stdout || r.code != c.code {
				t.Errorf("got %q, exit code %d, want %q, %d; stderr: %s", r.stdout, r.code, c.stdout, c.code, r.stderr)
			}
		})
	}
}

func randomBytes(t *testing.T, n int) []byte {
	t.Helper()
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBrokenPipeCleansUp(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	cmd := l.command(t.Context(), "sh")
	cmd.Path, cmd.Args = "/bin/sh", []string{
		"sh", "-c",
		"timeout 30 " + l.path("bin", "kubectl-aksnode") + " ssh -q " + node0 + " -- cat /dev/zero | head -c 5 | wc -c",
	}
	if r := finish(t, t.Context(), cmd); strings.TrimSpace(r.stdout) != "5" {
		t.Errorf("%+v", r)
	}
}

func TestRunWithoutTunnel(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.fault(t, "tunnel-agents-down")
	r := l.aksnode(t, "ssh", node0, "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "the API server cannot connect to the node") ||
		!strings.Contains(r.stderr, "--no-tunnel") ||
		!strings.Contains(r.stderr, "0 of 0 konnectivity-agent pods") {
		t.Errorf("%+v", r)
	}
	if r.took > 15*time.Second {
		t.Errorf("it took %s", r.took)
	}
	t.Logf("ssh gave up after %.1f s", r.took.Seconds())
	r = l.aksnode(t, "run", node0, "--no-tunnel", "-q", "--", "sh", "-c", "hostname; echo err >&2; exit 3")
	if r.stdout != node0+"\n" || r.stderr != "err\n" || r.code != 3 {
		t.Errorf("%+v", r)
	}
	t.Logf("run --no-tunnel took %.1f s", r.took.Seconds())
	r = l.aksnode(t, "run", node0, "--no-tunnel", "-q", "--", "iptables", "-S")
	if !strings.HasPrefix(r.stdout, "-P INPUT ") || r.code != 0 {
		t.Errorf("%+v", r)
	}
	r = l.aksnode(t, "run", node0, "--no-tunnel", "-q", "--", "head", "-c", "100000", "/dev/urandom")
	if len(r.stdout) < 8000 || !strings.Contains(r.stderr, fmt.Sprintf("only the first %d of 100000 bytes of stdout", len(r.stdout))) {
		t.Errorf("%d bytes of output, %q", len(r.stdout), r.stderr)
	}
	if r = l.aksnode(t, "run", node0, "--no-tunnel", "-q", "--timeout", "1s", "--", "sleep", "60"); r.code != 255 ||
		!strings.Contains(r.stderr, "did not finish") {
		t.Errorf("%+v", r)
	}
}

func TestNoPullAndImage(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	// the lab has no reachable registry: a pull fails, and that must surface at once
	r := l.aksnode(t, "ssh", node0, "--image", "mcr.microsoft.com/azurelinux/base/core:3.0", "--", "hostname")
	if r.code != 255 || !strings.Contains(r.stderr, "cannot start: ErrImagePull") &&
		!strings.Contains(r.stderr, "cannot start: ImagePullBackOff") {
		t.Errorf("%+v", r)
	}
	if r = l.aksnode(t, "ssh", node0, "-q", "--", "hostname"); r.code != 0 {
		t.Errorf("%+v", r)
	}
	if r = l.aksnode(t, "ssh", node0, "-q", "--image", "mcr.microsoft.com/azurelinux/busybox:1.36", "--", "hostname"); r.code != 0 {
		t.Errorf("%+v", r)
	}
}

func TestCompletion(t *testing.T) {
	l := theLab(t)
	dir := t.TempDir()
	l.must(t, "kubectl-aksnode", "install-completion", dir)
	cmd := l.command(t.Context(), "kubectl", "__complete", "aksnode", "ssh", "")
	cmd.Env = append(cmd.Env, "PATH="+dir+":"+l.path("bin")+":"+os.Getenv("PATH"))
	if r := finish(t, t.Context(), cmd); !strings.HasPrefix(r.stdout, node0+"\n"+node1+"\n") {
		t.Errorf("%+v", r)
	}
}

func TestKubectlDebugLeftovers(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	l.must(t, "kubectl", "debug", "node/"+node0, "--image=mcr.microsoft.com/azurelinux/busybox:1.36", "--attach=false", "--", "true")
	r := l.aksnode(t, "cleanup")
	if !strings.Contains(r.stdout, "kubectl-debug") || !strings.Contains(r.stdout, "keep") {
		t.Fatalf("%+v", r)
	}
	if r = l.aksnode(t, "cleanup", "--all"); r.code != 1 || !strings.Contains(r.stderr, "--yes") {
		t.Errorf("%+v", r)
	}
	l.must(t, "kubectl-aksnode", "cleanup", "--all", "--yes")
	l.eventually(t, 60*time.Second, func() error {
		if out := l.must(t, "kubectl", "get", "pods", "-o", "name"); strings.Contains(out, "node-debugger") {
			return fmt.Errorf("still there: %s", out)
		}
		return nil
	})
}

func TestStateFolderUnwritable(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_STATE_HOME", file)
	if r := l.aksnode(t, "ssh", "-q", node0, "--", "hostname"); r.code != 0 {
		t.Errorf("%+v", r)
	}
}
