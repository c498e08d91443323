package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// TestUnreachableCluster runs the built tunneldoctor where the API server does not answer, and changes what the cluster is in Azure.
// AKSTOOLS_FIXTURES is a directory for the bundles.
func TestUnreachableCluster(t *testing.T) {
	const refuses, silent = "127.0.0.1:1", "silent"
	ranges := func(list ...string) func(map[string]any) {
		return func(p map[string]any) { p["apiServerAccessProfile"] = map[string]any{"authorizedIPRanges": list} }
	}
	private := func(p map[string]any) {
		p["privateFQDN"] = "aks-lab-12345678.c0ffee.privatelink.eastus.azmk8s.io"
		p["apiServerAccessProfile"] = map[string]any{"enablePrivateCluster": true, "privateDNSZone": "system"}
	}
	for _, test := range []struct {
		name, server string
		from         string // the address from which the user signed in
		change       func(map[string]any)
		code         string
		texts        []string
	}{
		{"stopped", refuses, "", func(p map[string]any) { p["powerState"] = map[string]any{"code": "Stopped"} }, "TUN0102", []string{
			"cluster lab is stopped in Azure", "az aks start --subscription " + subscription + " -g lab -n lab",
		}},
		{"starting", refuses, "", func(p map[string]any) {
			p["powerState"], p["provisioningState"] = map[string]any{"code": "Running"}, "Starting"
		}, "TUN0102", []string{"has no API server yet: its state in Azure is Starting"}},
		{"failed", refuses, "", func(p map[string]any) { p["provisioningState"] = "Failed" }, "TUN0101", []string{
			"the last operation on cluster lab failed", "az monitor activity-log list --resource-id " + clusterID,
		}},
		{"authorized-ranges", silent, "198.51.100.7", ranges("203.0.113.0/24", "192.0.2.1/32"), "TUN0103", []string{
			"do not contain 198.51.100.7", "--api-server-authorized-ip-ranges 203.0.113.0/24,192.0.2.1/32,198.51.100.7/32",
		}},
		{"authorized-ranges-hold-client", silent, "198.51.100.7", ranges("198.51.100.0/24"), "TUN0101", []string{
			"In Azure, cluster lab is running, and its authorized IP ranges contain 198.51.100.7.",
		}},
		{"authorized-ranges-and-unknown-client", silent, "", ranges("203.0.113.0/24"), "TUN0101", []string{
			"the API server answers only 203.0.113.0/24, and this client's public address is unknown",
		}},
		{"authorized-ranges-refused", refuses, "198.51.100.7", ranges("203.0.113.0/24"), "TUN0101", []string{"do not contain 198.51.100.7"}},
		{"private", silent, "", private, "TUN0104", []string{
			"cluster lab is private, and its API server's address does not answer this client",
			"az aks command invoke --subscription " + subscription + " -g lab -n lab --command 'kubectl get nodes'",
		}},
		{"private-refused", refuses, "", private, "TUN0101", nil},
		{"healthy in Azure", refuses, "", func(map[string]any) {}, "TUN0101", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := start(t)
			m.do(http.MethodPost, "/principals/reader?from="+test.from, nil, nil)
			m.change(test.change)
			m.signIn(m.login.Secret)
			server := test.server
			if server == silent {
				server = silence(t)
			}
			r, text := m.tunneldoctor(server, strings.ReplaceAll(test.name, " ", "-"))
			if r.Verdict.Code != test.code || r.Verdict.Status != check.Fail {
				t.Errorf("verdict %s %s, want %s", r.Verdict.Status, r.Verdict.Code, test.code)
			}
			for _, want := range test.texts {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in the report", want)
				}
			}
			for _, sent := range m.requests() {
				if !strings.HasPrefix(sent, "GET ") {
					t.Error(sent)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
}

// silence returns the address of a server to which connections get no answer: its queue of connections is full.
func silence(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprintf("127.0.0.1:%d", at.(*syscall.SockaddrInet4).Port)
	for range 3 { // one more than fit
		if conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond); err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	return address
}

// tunneldoctor runs the built plugin for the cluster whose API server is at the address, and returns its report and what it prints.
func (m *resourceManager) tunneldoctor(server, name string) (r report.Report, text string) {
	m.t.Helper()
	dir := m.t.TempDir()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, fmt.Appendf(nil, `{"apiVersion": "v1", "kind": "Config", "current-context": "lab",
"clusters": [{"name": "lab", "cluster": {"server": "https://%s", "tls-server-name": %q}}],
"users": [{"name": "lab"}],
"contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}]}`, server, fqdn), 0o600); err != nil {
		m.t.Fatal(err)
	}
	bundle := filepath.Join(dir, name+".bundle")
	if kept := os.Getenv("AKSTOOLS_FIXTURES"); kept != "" {
		bundle = filepath.Join(kept, name+".bundle")
	}
	run := func(args ...string) []byte {
		cmd := exec.Command(doctor, args...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "HTTPS_PROXY=", "https_proxy=")
		out, err := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != 3 {
			m.t.Fatalf("exit code %d: %v\n%s", code, err, out)
		}
		return out
	}
	run("--azure=auto", "--request-timeout=2s", "--save", bundle)
	if err := json.Unmarshal(run("--from", bundle, "-o", "json"), &r); err != nil {
		m.t.Fatal(err)
	}
	return r, strings.Join(strings.Fields(string(run("--from", bundle, "-v"))), " ") // the text is wrapped
}
