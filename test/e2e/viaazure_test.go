package e2e

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestViaAzure runs commands on a node whose kubelet is stopped, while the tunnel is down, by the run command of its virtual machine.
func TestViaAzure(t *testing.T) {
	l := theLab(t)
	a := l.azure(t)
	const role = "Virtual Machine Contributor"
	l.must(t, "lab", "azure", "role", "assign", "reader", role, azureSubscription)
	t.Run("list", a.powers)
	t.Run("tunneldoctor", a.doctorViaAzure)
	l.fault(t, "kubelet-stopped") // on node 1
	l.fault(t, "konnectivity-server-down")
	// first of all: once the node is NotReady, its agent is not Ready either, for which clearing the other fault waits
	t.Cleanup(func() { l.must(t, "lab", "service", node1, "start", "kubelet") })

	r := l.aksnode(t, "run", node1, "--via", "azure", "--", "journalctl", "-u", "kubelet", "-n", "20", "--no-pager")
	if r.code != 0 || strings.Count(r.stdout, "\n") != 20 || !strings.Contains(r.stderr, "virtual machine "+"aks-nodepool1-12345678-vmss/1") {
		t.Errorf("%+v", r)
	}
	t.Logf("run took %s", r.took)
	r = l.aksnode(t, "run", node1, "--via", "azure", "-q", "--", "sh", "-c", `echo "$HOME $(hostname)"; echo err >&2; exit 7`)
	if r.code != 7 || r.stdout != "/root "+node1+"\n" || r.stderr != "err\n" {
		t.Errorf("%+v", r)
	}
	if r = l.aksnode(t, "logs", node1, "--via", "azure", "--tail", "5"); r.code != 0 || strings.Count(r.stdout, "\n") != 5 {
		t.Errorf("%+v", r)
	}
	if r = l.aksnode(t, "logs", node1, "--via", "azure", "-f"); r.code != 1 || !strings.Contains(r.stderr, "--follow cannot be used") {
		t.Errorf("%+v", r)
	}
	a.copies(t)
	if out := l.on(t, node1, "sh", "-c", "ls -d /run/akstools.* 2>/dev/null || true"); strings.TrimSpace(out) != "" {
		t.Errorf("left on the node: %s", out)
	}
	if left := l.must(t, "kubectl", "get", "jobs,pods", "-A", "-l", "app.kubernetes.io/managed-by=akstools", "-o", "name"); left != "" {
		t.Errorf("created: %s", left)
	}

	l.must(t, "lab", "azure", "role", "remove", "reader")
	l.must(t, "lab", "azure", "role", "assign", "reader", "Reader", azureSubscription)
	r = l.aksnode(t, "run", node1, "--via", "azure", "--", "true")
	if r.code != 255 || !strings.Contains(r.stderr, "virtualMachines/runCommand/action") || !strings.Contains(r.stderr, role) {
		t.Errorf("without the permission: %+v", r)
	}
	t.Setenv("AZURE_CONFIG_DIR", t.TempDir())
	if r = l.aksnode(t, "run", node1, "--via", "azure", "--", "true"); r.code != 255 || !strings.Contains(r.stderr, "run az login") {
		t.Errorf("not signed in: %+v", r)
	}
}

// powers lists the power states of the machines.
func (a azureLab) powers(t *testing.T) {
	r := a.aksnode(t, "list", "--azure", "auto")
	if r.code != 0 || strings.Count(r.stdout, "running") != 2 || r.stderr != "" {
		t.Errorf("%+v", r)
	}
	t.Setenv("AZURE_CONFIG_DIR", t.TempDir())
	if r = a.aksnode(t, "list", "--azure", "auto"); r.code != 0 || !strings.Contains(r.stderr, "run az login") ||
		strings.Count(r.stdout, "<unknown>") != 2 {
		t.Errorf("not signed in: %+v", r)
	}
	if r = a.aksnode(t, "list", "--azure", "require"); r.code != 1 || !strings.Contains(r.stderr, "run az login") {
		t.Errorf("not signed in, but required: %+v", r)
	}
}

// doctorViaAzure finds a rule in the firewall of node 1 where no pod can be created.
func (a azureLab) doctorViaAzure(t *testing.T) {
	a.tunnelWorks(t)
	a.fault(t, "kubelet-port-drop")
	a.fault(t, "controller-manager-stopped")
	r, code, text, took := a.tunneldoctor(t, "--via", "azure", "--no-create")
	if r.Verdict.Code != "TUN0502" || code != 3 || !strings.Contains(r.Verdict.Summary, "iptables on node "+node1) {
		t.Errorf("verdict %s after %s\n%s", r.Verdict.Code, took, text)
	}
	t.Logf("tunneldoctor took %s", took)
}

// copies copies files from node 1, and refuses those that are too large.
func (a azureLab) copies(t *testing.T) {
	t.Helper()
	content := make([]byte, 20<<10)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(content) // never fails
	from := filepath.Join("/var/tmp", "via-azure")
	a.must(t, "lab", "exec", node1, "--", "sh", "-c", "head -c 70000 /dev/zero > "+from+"-large")
	write := a.command(t.Context(), "lab", "exec", node1, "--", "sh", "-c", "cat > "+from+" && chmod 640 "+from)
	write.Stdin = bytes.NewReader(content)
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { a.must(t, "lab", "exec", node1, "--", "rm", "-f", from, from+"-large") })
	to := filepath.Join(t.TempDir(), "copy")
	r := a.aksnode(t, "cp", "--via", "azure", node1+":"+from, to)
	got, err := os.ReadFile(to)
	if r.code != 0 || err != nil || !bytes.Equal(got, content) {
		t.Errorf("%+v, %v, %d bytes", r, err, len(got))
	}
	t.Logf("copying %d bytes took %s", len(content), r.took)
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", info, err)
	}
	for file, want := range map[string]string{
		from + "-large": "is larger than 64 KiB", "/var/tmp": "is no regular file", "/nowhere": "does not exist",
	} {
		if r := a.aksnode(t, "cp", "--via", "azure", node1+":"+file, to); r.code != 255 || !strings.Contains(r.stderr, want) {
			t.Errorf("%s: %+v", file, r)
		}
	}
	if r := a.aksnode(t, "cp", "--via", "azure", to, node1+":/var/tmp/"); r.code != 1 || !strings.Contains(r.stderr, "from a node only") {
		t.Errorf("%+v", r)
	}
}
