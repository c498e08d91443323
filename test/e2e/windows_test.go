package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	windows         = "aksnpwin000000"
	windowsPassword = "Lab-Password-1"
	acceptNew       = "--ssh-option=StrictHostKeyChecking=accept-new"
)

// windowsNode starts the lab's Windows node for the test, and returns the path of a key that its azureuser accepts.
func windowsNode(t *testing.T, l lab) (key string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if out, err := l.command(ctx, "lab", "windows", "stop").CombinedOutput(); err != nil {
			t.Errorf("stopping the Windows node: %v: %s", err, out)
		}
	})
	l.must(t, "lab", "windows", "start")
	return l.authorize(t, windows)
}

// authorize creates a key and authorizes it for azureuser on the machine.
func (l lab) authorize(t testing.TB, machines ...string) (key string) {
	t.Helper()
	key = filepath.Join(t.TempDir(), "id_ed25519")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range machines {
		r := l.run(t, string(public), "lab", "exec", m, "--", "sh", "-c",
			"umask 077; mkdir -p /home/azureuser/.ssh && cat > /home/azureuser/.ssh/authorized_keys && chown -R azureuser: /home/azureuser/.ssh")
		if r.code != 0 {
			t.Fatalf("%s: %s", m, r.stderr)
		}
	}
	return key
}

// service stops a service of a node and restarts it at the end of the test.
func (l lab) stopped(t testing.TB, node, service string) {
	t.Helper()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if out, err := l.command(ctx, "lab", "service", node, "start", service).CombinedOutput(); err != nil {
			t.Errorf("starting %s of %s: %v: %s", service, node, err, out)
		}
	})
	l.must(t, "lab", "service", node, "stop", service)
}

func TestWindowsSSH(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := windowsNode(t, l)
	t.Run("without any hop's sshd", func(t *testing.T) {
		l.stopped(t, node0, "ssh")
		l.stopped(t, node1, "ssh")
		r := l.aksnode(t, "ssh", windows, "-i", key, acceptNew, "--", "hostname")
		if r.stdout != windows+"\n" || r.code != 0 {
			t.Fatalf("%+v", r)
		}
		t.Logf("took %.1f s", r.took.Seconds())
		r = l.aksnode(t, "ssh", windows, "-i", key, "--via-ssh", "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "nothing listens on port 22 of node aks-nodepool1") {
			t.Errorf("--via-ssh: %+v", r)
		}
	})
	t.Run("streams and exit code", func(t *testing.T) {
		r := l.run(t, "in\n", "kubectl-aksnode", "ssh", "-q", windows, "-i", key, "--", "cat;", "echo", "err", ">&2;", "exit", "7")
		if r.stdout != "in\n" || r.stderr != "err\n" || r.code != 7 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("by the hop's sshd", func(t *testing.T) {
		hopKey := l.authorize(t, node0)
		since := "@" + strconv.FormatInt(time.Now().Unix(), 10)
		r := l.aksnode(t, "ssh", windows, "-i", key, "--via-ssh", "--hop", node0, "--hop-identity", hopKey, "--", "hostname")
		if r.stdout != windows+"\n" || r.code != 0 {
			t.Fatalf("%+v", r)
		}
		log := l.on(t, node0, "journalctl", "-u", "ssh", "--since", since, "--no-pager")
		if !strings.Contains(log, "Accepted publickey for azureuser") {
			t.Errorf("the hop's sshd says nothing of it: %s", log)
		}
	})
	t.Run("by password", func(t *testing.T) {
		askpass := filepath.Join(t.TempDir(), "askpass")
		if err := os.WriteFile(askpass, []byte("#!/bin/sh\necho "+windowsPassword+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SSH_ASKPASS", askpass)
		t.Setenv("SSH_ASKPASS_REQUIRE", "force")
		if r := l.aksnode(t, "ssh", windows, "--password", "--", "hostname"); r.stdout != windows+"\n" || r.code != 0 {
			t.Errorf("%+v", r)
		}
	})
	t.Run("files by scp", func(t *testing.T) {
		data := randomBytes(t, 20_000_000)
		dir := t.TempDir()
		from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
		if err := os.WriteFile(from, data, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{from, windows + ":/tmp/akstools-test"}, {windows + ":/tmp/akstools-test", to}} {
			if r := l.aksnode(t, append([]string{"cp", "-i", key}, args...)...); r.code != 0 {
				t.Fatalf("%+v", r)
			}
		}
		if b, err := os.ReadFile(to); err != nil || !bytes.Equal(b, data) {
			t.Errorf("%d bytes of %d came back (%v)", len(b), len(data), err)
		}
	})
}

func TestWindowsSSHErrors(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := windowsNode(t, l)
	ssh := func(t *testing.T, args ...string) result {
		t.Helper()
		return l.aksnode(t, append(append([]string{"ssh", windows}, args...), "--", "hostname")...)
	}
	if r := ssh(t, "-i", key, acceptNew); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	t.Run("key not authorized", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "other")
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		r := ssh(t, "-i", other, "--ssh-option", "BatchMode=yes")
		if r.code != 255 ||
			!strings.Contains(r.stderr, "error: node "+windows+" rejected the keys and passwords of user azureuser") ||
			!strings.Contains(r.stderr, "--ssh-key-value") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("PuTTY's key, and one for all to read", func(t *testing.T) {
		ppk := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(ppk, []byte("PuTTY-User-Key-File-3: ssh-ed25519\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := ssh(t, "-i", ppk); r.code == 0 || !strings.Contains(r.stderr, "puttygen "+ppk+" -O private-openssh") {
			t.Errorf("%+v", r)
		}
		open := filepath.Join(t.TempDir(), "open")
		b, _ := os.ReadFile(key)
		if err := os.WriteFile(open, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if r := ssh(t, "-i", open); r.code == 0 || !strings.Contains(r.stderr, "hint: chmod 600 "+open) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("sshd off", func(t *testing.T) {
		l.on(t, windows, "sh", "-c", "kill $(cat /run/sshd.pid)")
		defer l.on(t, windows, "/usr/sbin/sshd", "-f", "/run/sshd_config")
		r := ssh(t, "-i", key)
		if r.code != 255 || !strings.Contains(r.stderr, "error: nothing listens on port 22 of node "+windows) ||
			!strings.Contains(r.stderr, "--hostprocess") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a firewall between", func(t *testing.T) {
		l.on(t, windows, "nft", "insert", "rule", "inet", "windows", "input", "tcp", "dport", "22", "drop")
		defer func() {
			l.on(t, windows, "sh", "-c",
				`nft delete rule inet windows input handle $(nft -a list chain inet windows input | sed -n 's/.*dport 22 drop # handle //p')`)
		}()
		r := ssh(t, "-i", key)
		if r.code != 255 || !strings.Contains(r.stderr, "cannot reach port 22 of node "+windows) ||
			!strings.Contains(r.stderr, "network security group") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("hops that are none", func(t *testing.T) {
		if r := ssh(t, "-i", key, "--hop", windows); r.code != 255 || !strings.Contains(r.stderr, "it must be another node") {
			t.Errorf("%+v", r)
		}
		if r := ssh(t, "-i", key, "--hop", node0[:len(node0)-1]); r.code != 255 || !strings.Contains(r.stderr, "did you mean: "+node0) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("what Windows has not", func(t *testing.T) {
		if r := l.aksnode(t, "run", windows, "--", "hostname"); r.code != 255 || !strings.Contains(r.stderr, "runs Windows") {
			t.Errorf("%+v", r)
		}
		r := l.aksnode(t, "ssh", windows, "--hostprocess", "--pod-running-timeout", "3s", "--", "hostname")
		if r.code != 255 || !strings.Contains(r.stderr, "creating job/") { // the API server accepts the pod, but no kubelet starts it
			t.Errorf("%+v", r)
		}
		// no kubelet terminates it
		l.must(t, "kubectl", "delete", "pods", "-l", "app.kubernetes.io/managed-by=akstools", "--grace-period=0", "--force")
	})
	t.Run("a changed host key", func(t *testing.T) {
		l.on(
			t, windows, "sh", "-c",
			"k=/var/lib/akstools-lab/windows/ssh_host_ed25519_key; rm $k $k.pub; "+
				"ssh-keygen -q -t ed25519 -N '' -f $k && kill -HUP $(cat /run/sshd.pid)",
		)
		var r result
		l.eventually(t, 10*time.Second, func() error { // sshd uses the new key a moment later
			if r = ssh(t, "-i", key, acceptNew); r.code == 0 {
				return fmt.Errorf("it was let pass")
			}
			return nil
		})
		if r.code != 255 ||
			!strings.Contains(r.stderr, "error: the host keys of node "+windows+" have changed") ||
			!strings.Contains(r.stderr, "ssh-keygen -R "+windows+".") {
			t.Errorf("%+v", r)
		}
	})
}
