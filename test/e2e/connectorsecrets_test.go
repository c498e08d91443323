package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestConnectorSecrets holds that connectordoctor asks for the contents of the connection's own Secret only, and that no value of a Secret
// gets into what it prints or saves.
func TestConnectorSecrets(t *testing.T) {
	t.Parallel()
	l := theLab(t)
	const namespace, own, canary = "connector-reads", "sc-mydb-secret", "value-that-nobody-may-see"
	l.namespace(t, namespace)
	clients := l.clients(t)
	for name, kind := range map[string]corev1.SecretType{
		own: corev1.SecretTypeOpaque, "other": corev1.SecretTypeOpaque, "sc-second-secret": corev1.SecretTypeOpaque,
		"sh.helm.release.v1.web.v1": "helm.sh/release.v1",
	} {
		_, err := clients.CoreV1().Secrets(namespace).Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"owner": "helm"}}, Type: kind,
			StringData: map[string]string{"AZURE_MYDB_CONNECTIONSTRING": canary + "-" + name},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
	}
	l.consumer(t, namespace, 8080)

	var mu sync.Mutex
	var contents []string // requests for whole Secrets
	kubeconfig := l.observed(t, func(r *http.Response) {
		q := r.Request
		if strings.Contains(q.URL.Path+"/", "/secrets/") && !strings.Contains(q.Header.Get("Accept"), "as=PartialObjectMetadata") {
			mu.Lock()
			defer mu.Unlock()
			contents = append(contents, q.Method+" "+q.URL.Path)
		}
	})
	dir := t.TempDir()
	bundle := filepath.Join(dir, "bundle")
	var seen bytes.Buffer
	for _, args := range [][]string{
		{"mydb", "-v"},
		{"mydb", "-o", "json", "--with-logs", "--save", bundle},
		{"mydb", "-o", "html"},
		{"list", "-o", "json"},
		{"validate", "mydb", "--to", "mcr.microsoft.com:443", "-v"},
	} {
		r := l.run(t, "", "kubectl-connectordoctor", append(args, "-n", namespace, "--azure=off", "--kubeconfig", kubeconfig)...)
		if r.code == 1 {
			t.Errorf("%v: %s", args, r.stderr)
		}
		seen.WriteString(r.stdout + r.stderr)
	}
	for _, request := range contents {
		if request != "GET /api/v1/namespaces/"+namespace+"/secrets/"+own {
			t.Error(request)
		}
	}
	if len(contents) == 0 {
		t.Error("the connection's Secret was not read")
	}
	seen.WriteString(l.run(t, "", "kubectl-connectordoctor", "--from", bundle, "-o", "json").stdout)
	f, err := os.Open(bundle)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	unzipped, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(&seen, unzipped); err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:24]} {
		if bytes.Contains(seen.Bytes(), []byte(value)) {
			t.Errorf("a value of a Secret: %s", value)
		}
	}
}
