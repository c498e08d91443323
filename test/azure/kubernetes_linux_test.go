package azure

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kubernetes is a real API server with its store and nothing else: no controller and no node. Objects are what a test writes.
type kubernetes struct {
	t          *testing.T
	kubectl    string
	kubeconfig string
}

// startKubernetes runs the API server that the lab built on the loopback, until the test ends. Without one the test is skipped: what it
// holds is then held on the lab only.
func startKubernetes(t *testing.T) *kubernetes {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	built, err := filepath.Glob(filepath.Join(cache, "akstools-lab", "*", "complete"))
	if err != nil || len(built) == 0 {
		t.Skip("no API server: it is built by make lab-up")
	}
	bin, dir := filepath.Dir(built[0]), t.TempDir()
	tokens, kubeconfig := filepath.Join(dir, "tokens"), filepath.Join(dir, "kubeconfig")
	store, peer, server := freeAddress(t), freeAddress(t), freeAddress(t)
	_, port, _ := net.SplitHostPort(server)
	err = errors.Join(
		os.WriteFile(tokens, []byte("admin-token,admin,admin,system:masters\nnobody-token,nobody,nobody\n"), 0o600),
		os.WriteFile(kubeconfig, fmt.Appendf(nil, `{"apiVersion": "v1", "kind": "Config", "current-context": "lab",
"clusters": [{"name": "lab", "cluster": {"server": "https://%s", "tls-server-name": %q, "certificate-authority": %q}}],
"users": [{"name": "admin", "user": {"token": "admin-token"}}],
"contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "admin", "namespace": "shop"}}]}`, server, fqdn, certificate), 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	runUntilEnd(t, exec.Command(filepath.Join(bin, "etcd"), "--data-dir="+filepath.Join(dir, "etcd"), "--unsafe-no-fsync", "--log-level=error",
		"--listen-client-urls=http://"+store, "--advertise-client-urls=http://"+store,
		"--listen-peer-urls=http://"+peer, "--initial-advertise-peer-urls=http://"+peer, "--initial-cluster=default=http://"+peer))
	runUntilEnd(t, exec.Command(filepath.Join(bin, "kube-apiserver"),
		"--etcd-servers=http://"+store, "--bind-address=127.0.0.1", "--secure-port="+port,
		"--tls-cert-file="+certificate, "--tls-private-key-file="+certificate, "--token-auth-file="+tokens, "--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.96.0.0/16", "--service-account-issuer=https://"+fqdn, "--service-account-key-file="+certificate,
		"--service-account-signing-key-file="+certificate, "--disable-admission-plugins=ServiceAccount,MutatingAdmissionWebhook"))
	k := &kubernetes{t: t, kubectl: filepath.Join(bin, "kubectl"), kubeconfig: kubeconfig}
	for start := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		_, err := k.try("get", "--raw=/readyz")
		if err == nil {
			return k
		}
		if time.Since(start) > 2*time.Minute {
			t.Fatal("the API server does not get ready: ", err)
		}
	}
}

// freeAddress returns an address of the loopback on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// try runs kubectl and returns what it prints.
func (k *kubernetes) try(args ...string) (string, error) {
	cmd := exec.Command(k.kubectl, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), err
}

func (k *kubernetes) must(args ...string) string {
	k.t.Helper()
	out, err := k.try(args...)
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

// connected writes what a cluster has whose connection mydb works.
func (k *kubernetes) connected() {
	k.t.Helper()
	k.must("apply", "-f", "testdata/nodes.yaml")
	k.must("apply", "-f", k.filled("connector.yaml"))
	k.must("wait", "--for=condition=Established", "crd/extensionconfigs.clusterconfig.azure.com")
	k.must("apply", "-f", "testdata/connectorconfig.yaml")
	k.must("apply", "--server-side", "--subresource=status", "-f", k.filled("connectorstatus.yaml"))
}

// filled returns the path of a copy of a file in testdata, with a certificate and the time.
func (k *kubernetes) filled(name string) string {
	k.t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		k.t.Fatal(err)
	}
	text = bytes.ReplaceAll(text, []byte("$CERT"), certificateOnly(k.t))
	text = bytes.ReplaceAll(text, []byte("$NOW"), []byte(time.Now().UTC().Format(time.RFC3339)))
	path := filepath.Join(k.t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		k.t.Fatal(err)
	}
	return path
}

// again writes what is missing of it, and the pods anew: they must not be older than the Secret.
func (k *kubernetes) again() {
	k.t.Helper()
	k.must("delete", "pods", "-n", "shop", "--all", "--grace-period=0", "--force")
	k.connected()
}

// certificateOnly returns the certificate without its key, in base64.
func certificateOnly(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return []byte(base64.StdEncoding.EncodeToString(pem.EncodeToMemory(block)))
}
