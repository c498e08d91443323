package aksnode

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/akstools/akstools/internal/cli"
)

// An API server cannot inject lines into the user's SSH configuration: nothing is written.
func TestSSHConfigOfALyingServer(t *testing.T) {
	const uid = "7a9a0d5c-2f6b-4a39-8c0e-6f2d7b1c9e55"
	const injected = `x\'` + "\n    ProxyCommand touch marker\nMatch all\n    ProxyCommand touch marker\n#"
	for _, c := range []struct {
		test, name string
		uid        types.UID
		writes     bool
	}{
		{"honest", "aks-nodepool1-12345678-vmss000000", uid, true},
		{"UID", "prod.example.com", injected, false},
		{"name", "prod" + injected, uid, false},
		{"pattern", "*", uid, false},
	} {
		for _, named := range []bool{false, true} {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("XDG_STATE_HOME", home)
			node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: c.name, UID: c.uid}}
			args := []string{"ssh-config", "--write", "--kubeconfig", kubeconfigOf(t, node)}
			if named {
				args = append(args, "aks-nodepool1-12345678-vmss000000")
			}
			streams, _, _, stderr := genericiooptions.NewTestIOStreams()
			code := cli.Run(t.Context(), Plugin, streams, args)
			written, err := filepath.Glob(filepath.Join(home, ".ssh", "*"))
			if err != nil || (len(written) > 0) != c.writes || (code == 0) != c.writes {
				t.Errorf("%s, named %v: exit code %d, wrote %q: %s", c.test, named, code, written, stderr)
			}
		}
	}
}

// kubeconfigOf returns a kubeconfig of an API server that has the node, under whatever name it is asked for.
func kubeconfigOf(t *testing.T, node corev1.Node) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any = corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}, Items: []corev1.Node{node}}
		if !strings.HasSuffix(r.URL.Path, "/nodes") {
			node.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
			answer = node
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{"apiVersion": "v1", "kind": "Config", "current-context": "c", 
		"clusters": [{"name": "c", "cluster": {"server": "` + server.URL + `"}}],
		"contexts": [{"name": "c", "context": {"cluster": "c"}}]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
