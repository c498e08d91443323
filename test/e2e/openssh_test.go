package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// configured writes the SSH configuration of all nodes into a home of the test's own and returns its path.
func configured(t *testing.T, l lab, args ...string) (config string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	if r := l.aksnode(t, append([]string{"ssh-config", "--write"}, args...)...); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	return filepath.Join(home, ".ssh", "config")
}

// program runs one that is not ours, with the lab's environment.
func (l lab) program(t testing.TB, stdin string, argv ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	path, err := exec.LookPath(argv[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := l.command(ctx, "kubectl-aksnode", argv[1:]...)
	cmd.Path, cmd.Args = path, argv
	cmd.Stdin = strings.NewReader(stdin)
	return finish(t, ctx, cmd)
}

// TestOpenSSHPrograms holds that OpenSSH's own programs, and rsync, are byte-exact, in `make soak` over 200 MB.
func TestOpenSSHPrograms(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	config := configured(t, l, "-i", key)
	dir := t.TempDir()
	data := randomBytes(t, amount(20, 200)*1_000_000)
	from := filepath.Join(dir, "from")
	if err := os.WriteFile(from, data, 0o600); err != nil {
		t.Fatal(err)
	}
	same := func(t *testing.T, path string) {
		t.Helper()
		if b, err := os.ReadFile(path); err != nil || !bytes.Equal(b, data) {
			t.Errorf("%d bytes of %d came back (%v)", len(b), len(data), err)
		}
		_ = os.Remove(path)
	}
	must := func(t *testing.T, stdin string, argv ...string) result {
		t.Helper()
		r := l.program(t, stdin, argv...)
		if r.code != 0 {
			t.Fatalf("%s: %+v", argv, r)
		}
		return r
	}
	const there = "/home/azureuser/akstools-test"
	t.Cleanup(func() { l.on(t, node1, "rm", "-f", there) })
	if r := must(t, "", "ssh", "-F", config, node1, "hostname"); r.stdout != node1+"\n" {
		t.Fatalf("%+v", r)
	}
	for name, run := range map[string]func(t *testing.T, to string){
		"scp": func(t *testing.T, to string) {
			up := must(t, "", "scp", "-F", config, from, node1+":"+there)
			down := must(t, "", "scp", "-F", config, node1+":"+there, to)
			mb := float64(len(data)) / 1e6
			t.Logf("%.0f MB/s up, %.0f MB/s down", mb/up.took.Seconds(), mb/down.took.Seconds())
		},
		"sftp": func(t *testing.T, to string) {
			must(t, fmt.Sprintf("put %s %s\nget %s %s\n", from, there, there, to), "sftp", "-F", config, "-b", "-", node1)
		},
		"rsync": func(t *testing.T, to string) {
			must(t, "", "rsync", "-W", "-e", "ssh -F "+config, from, node1+":"+there)
			must(t, "", "rsync", "-W", "-e", "ssh -F "+config, node1+":"+there, to)
		},
		"ssh": func(t *testing.T, to string) {
			must(t, string(data), "ssh", "-F", config, node1, "cat > "+there)
			if err := os.WriteFile(to, []byte(must(t, "", "ssh", "-F", config, node1, "cat "+there).stdout), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := filepath.Join(dir, "to-"+name)
			run(t, to)
			same(t, to)
		})
	}
	t.Run("ssh -L", func(t *testing.T) { throughLocalForward(t, l, config, data) })
	t.Run("ControlMaster", func(t *testing.T) {
		socket := filepath.Join(dir, "m")
		must(t, "", "ssh", "-F", config, "-o", "ControlMaster=yes", "-o", "ControlPersist=30", "-S", socket, node1, "true")
		for range 3 {
			if r := must(t, "", "ssh", "-F", config, "-S", socket, node1, "hostname"); r.took > 2*time.Second {
				t.Errorf("it took %s over the master", r.took)
			}
		}
		must(t, "", "ssh", "-F", config, "-S", socket, "-O", "exit", node1)
	})
	t.Run("removed again", func(t *testing.T) {
		if r := l.aksnode(t, "ssh-config", "--remove"); r.code != 0 {
			t.Errorf("%+v", r)
		}
		if b, err := os.ReadFile(config); err != nil || len(b) > 0 {
			t.Errorf("%q is left (%v)", b, err)
		}
	})
}

// throughLocalForward sends the data to an echo on the node through ssh -L, and gets it back.
func throughLocalForward(t *testing.T, l lab, config string, data []byte) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l.echo(t, node1, "7007,bind=127.0.0.1")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	ssh := l.command(ctx, "kubectl-aksnode", "-F", config, "-N", "-L", addr+":127.0.0.1:7007", node1)
	ssh.Path, ssh.Args[0] = "/usr/bin/ssh", "ssh"
	if err := ssh.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = ssh.Wait()
	}()
	var c net.Conn
	l.eventually(t, 20*time.Second, func() (err error) {
		c, err = net.Dial("tcp", addr)
		return err
	})
	defer c.Close()
	go func() {
		_, _ = c.Write(data)
	}()
	sum := sha256.New()
	if _, err := io.CopyN(sum, c, int64(len(data))); err != nil {
		t.Fatal(err)
	}
	if want := sha256.Sum256(data); !bytes.Equal(sum.Sum(nil), want[:]) {
		t.Error("what came back differs")
	}
}

// TestKilledSSHLeavesNothing holds that the proxy removes its pod soon after an idle ssh was killed, which cannot send it a signal: else
// the next session shares a pod that outlives both.
func TestKilledSSHLeavesNothing(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	config := configured(t, l, "-i", key)
	socket := filepath.Join(t.TempDir(), "m")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ssh := l.command(ctx, "kubectl-aksnode", "-F", config, "-N", "-M", "-S", socket, node1)
	ssh.Path, ssh.Args[0] = "/usr/bin/ssh", "ssh"
	if err := ssh.Start(); err != nil {
		t.Fatal(err)
	}
	l.eventually(t, 20*time.Second, func() error { // it is there once the session is
		_, err := os.Stat(socket)
		return err
	})
	time.Sleep(time.Second) // nothing is on its way any more
	_ = ssh.Process.Kill()
	_ = ssh.Wait()
	l.gone(t, 7*time.Second) // less than dial.Join waits for a silent far side
}

// TestSessionsShareAHop holds that 20 sessions with a Windows node use one pod, which is gone after the last.
func TestSessionsShareAHop(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := windowsNode(t, l)
	config := configured(t, l, "-i", key, acceptNew, "--idle-timeout", "20s")
	seen := map[string]bool{}
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			for _, name := range l.objects(t) {
				if strings.HasPrefix(name, "job/") {
					seen[name] = true
				}
			}
			select {
			case <-done:
				return
			case <-time.After(300 * time.Millisecond):
			}
		}
	})
	start := time.Now()
	var sessions sync.WaitGroup
	for range 20 {
		sessions.Go(func() {
			if r := l.program(t, "", "ssh", "-F", config, windows, "sleep 2; hostname"); r.stdout != windows+"\n" || r.code != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
	sessions.Wait()
	close(done)
	watch.Wait()
	t.Logf("20 sessions took %.1f s", time.Since(start).Seconds())
	if len(seen) != 1 {
		t.Errorf("they used %d pods: %v", len(seen), seen)
	}
	l.gone(t, 20*time.Second)
}
