package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinuxSSH tests OpenSSH sessions with a Linux node's own sshd: without prompts, and accepting only the node's host
// key.
func TestLinuxSSH(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := l.authorize(t, node1)
	ssh := func(args ...string) result {
		return l.run(t, "in", "kubectl-aksnode", append([]string{"ssh", node1, "-i", key, "--ssh-option", "BatchMode=yes"}, args...)...)
	}
	r := ssh("--", "sh", "-c", `cat; printf '|%s' "$@"; exit 5`, "sh", "a b", "it's", "$x", "", "*")
	if r.code != 5 || r.stdout != "in|a b|it's|$x||*" {
		t.Errorf("%+v", r)
	}
	t.Run("key not authorized", func(t *testing.T) {
		other := filepath.Join(t.TempDir(), "other")
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		r := l.aksnode(t, "ssh", node1, "-i", other, "--ssh-option", "BatchMode=yes", "--", "true")
		if r.code != 255 ||
			!strings.Contains(r.stderr, "error: node "+node1+" rejected the keys and passwords of user azureuser") ||
			!strings.Contains(r.stderr, "without a key: kubectl aksnode ssh "+node1) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("sshd off", func(t *testing.T) {
		l.stopped(t, node1, "ssh")
		if r := ssh("--", "true"); r.code != 255 ||
			!strings.Contains(r.stderr, "error: nothing listens on port 22 of node "+node1) ||
			!strings.Contains(r.stderr, "without SSH: kubectl aksnode ssh "+node1) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("a changed host key", func(t *testing.T) {
		const k = "/etc/ssh/ssh_host_ed25519_key"
		if l.run(t, "", "lab", "exec", node1, "--", "test", "-w", "/etc/ssh").code != 0 {
			t.Skip("host keys cannot be changed on nodes of this profile: /etc is read-only")
		}
		l.on(
			t, node1, "sh", "-c",
			"cd /etc/ssh && mkdir old && mv ssh_host_*_key* old && ssh-keygen -q -t ed25519 -N '' -f "+k+" && systemctl restart ssh",
		)
		t.Cleanup(func() {
			l.on(t, node1, "sh", "-c", "cd /etc/ssh && rm ssh_host_*_key* && mv old/* . && rmdir old && systemctl restart ssh")
		})
		r := ssh("--", "true")
		if r.code != 255 || !strings.Contains(r.stderr, "error: the host keys of node "+node1+" have changed") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("via a hop, in a configuration", func(t *testing.T) {
		t.Setenv("HOME", t.TempDir())
		config := l.must(t, "kubectl-aksnode", "ssh-config", node1, "--hop", node0, "-i", key)
		if !strings.Contains(config, "StrictHostKeyChecking ask") { // the keys cannot be read through the hop
			t.Errorf("%s", config)
		}
	})
}

// TestViaSSHErrors: when the documented way fails in the hop's sshd, the error names the right node.
func TestViaSSHErrors(t *testing.T) {
	l := theLab(t)
	isolate(t, l)
	key := windowsNode(t, l)
	hopKey := l.authorize(t, node0)
	other := filepath.Join(t.TempDir(), "other")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	ssh := func(key, hopKey string) result {
		return l.aksnode(
			t, "ssh", windows, "-i", key, "--via-ssh", "--hop", node0, "--hop-identity", hopKey, acceptNew,
			"--ssh-option", "BatchMode=yes", "--", "hostname",
		)
	}
	if r := ssh(key, hopKey); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := ssh(key, other); r.code != 255 ||
		!strings.Contains(r.stderr, "error: node "+node0+" rejected the keys and passwords of user azureuser") {
		t.Errorf("the hop takes not this key: %+v", r)
	}
	if r := ssh(other, hopKey); r.code != 255 ||
		!strings.Contains(r.stderr, "error: node "+windows+" rejected the keys and passwords of user azureuser") {
		t.Errorf("the target takes not this key: %+v", r)
	}
	t.Run("the target's sshd is off", func(t *testing.T) {
		l.on(t, windows, "sh", "-c", "kill $(cat /run/sshd.pid)")
		defer l.on(t, windows, "/usr/sbin/sshd", "-f", "/run/sshd_config")
		if r := ssh(key, hopKey); r.code != 255 || !strings.Contains(r.stderr, "error: nothing listens on port 22 of node "+windows) {
			t.Errorf("%+v", r)
		}
	})
	t.Run("the hop forwards nothing", func(t *testing.T) {
		l.on(t, node0, "sh", "-c", "sed -i '1i AllowTcpForwarding no' /etc/ssh/sshd_config && systemctl restart ssh")
		t.Cleanup(func() { l.on(t, node0, "sh", "-c", "sed -i 1d /etc/ssh/sshd_config && systemctl restart ssh") })
		if r := ssh(key, hopKey); r.code != 255 ||
			!strings.Contains(r.stderr, "the sshd of the hop, node "+node0+", does not forward TCP connections") {
			t.Errorf("%+v", r)
		}
	})
	t.Run("no tunnel", func(t *testing.T) {
		l.fault(t, "tunnel-agents-down")
		for _, args := range [][]string{
			{"ssh", windows, "-i", key, "--", "hostname"},
			{"proxy", windows},
			{"cp", "-i", key, windows + ":/etc/hostname", t.TempDir()},
			{"logs", windows},
		} {
			r := l.aksnode(t, args...)
			if r.code != 255 || strings.Contains(r.stderr, "run "+windows+" --no-tunnel") {
				t.Errorf("%v: %+v", args, r)
			}
			if args[0] == "logs" && !strings.Contains(r.stderr, `RunPowerShellScript --scripts 'Get-Content -Tail 200 "C:\k\kubelet.err.log"'`) {
				t.Errorf("%+v", r)
			}
		}
	})
}
