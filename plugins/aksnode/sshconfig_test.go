package aksnode

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
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
			home := isolatedHome(t)
			node := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: c.name, UID: c.uid}}
			args := []string{"ssh-config", "--write", "--kubeconfig", kubeconfigOf(t, "c", node)}
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

// isolatedHome returns the home directory of a user without files.
func isolatedHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_STATE_HOME", home)
	return home
}

// A node cannot take the place of another host of the user: its name is used only if no other host can have it, or if the user gave it.
func TestSSHConfigShadowsNoHost(t *testing.T) {
	var nodes []corev1.Node
	for _, name := range []string{
		"aks-nodepool1-12345678-vmss000000", "github.com", "bastion", "jump", "elsewhere", "both", "localhost",
	} {
		nodes = append(nodes, corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1-2"}})
	}
	for _, c := range []struct {
		cluster string
		args    []string
		want    []string // the hosts
		warning string
	}{
		{
			"Lab", nil,
			[]string{
				"aks-nodepool1-12345678-vmss000000", "bastion.lab-aks", "elsewhere.lab-aks", "github.com.lab-aks", "jump.lab-aks",
				"localhost.lab-aks",
			},
			"both (",
		},
		{
			"arn:aks/prod_1", nil,
			[]string{
				"aks-nodepool1-12345678-vmss000000", "bastion.arn-aks-prod-1", "both.arn-aks-prod-1", "elsewhere.arn-aks-prod-1",
				"github.com.arn-aks-prod-1", "jump.arn-aks-prod-1", "localhost.arn-aks-prod-1",
			},
			"6 nodes are not called by their names",
		},
		{"Lab", []string{"github.com", "bastion"}, []string{"bastion", "github.com"}, ""},
	} {
		for _, write := range []bool{false, true} {
			home := isolatedHome(t)
			ssh := filepath.Join(home, ".ssh")
			for path, text := range map[string]string{
				"known_hosts":        "bastion,both.lab-aks ssh-ed25519 AAAA\n",
				"config":             "Host build\n    ProxyJump jump\n",
				"akstools/0000.conf": "Host elsewhere\n",
			} {
				path = filepath.Join(ssh, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// twice, as the file that was written must not count
			kubeconfig := kubeconfigOf(t, c.cluster, nodes...)
			for range 2 {
				streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
				args := append([]string{"ssh-config", "--kubeconfig", kubeconfig}, c.args...)
				if write {
					args = append(args, "--write")
				}
				if code := cli.Run(t.Context(), Plugin, streams, args); code != 0 {
					t.Fatalf("exit code %d: %s", code, stderr)
				}
				text := stdout.String()
				if write {
					text = written(t, ssh)
				}
				if got := hostsIn(text); !slices.Equal(got, c.want) {
					t.Errorf("cluster %s, write %v: hosts %q, want %q", c.cluster, write, got, c.want)
				}
				if !strings.Contains(stderr.String(), c.warning) || c.warning == "" && strings.Contains(stderr.String(), "warning") {
					t.Errorf("cluster %s, write %v: %q, want %q", c.cluster, write, stderr, c.warning)
				}
			}
		}
	}
}

// written returns the file that --write wrote.
func written(t *testing.T, ssh string) string {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(ssh, "akstools", "*.conf"))
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && filepath.Base(file) != "0000.conf" {
			return string(b)
		}
	}
	t.Fatalf("nothing was written but %q", files)
	return ""
}

// hostsIn returns the hosts of an SSH configuration, sorted.
func hostsIn(text string) (hosts []string) {
	for line := range strings.Lines(text) {
		if name, ok := strings.CutPrefix(line, "Host "); ok {
			hosts = append(hosts, strings.TrimSpace(name))
		}
	}
	slices.Sort(hosts)
	return hosts
}

func TestClusterLabel(t *testing.T) {
	for name, want := range map[string]string{
		"lab": "lab-aks", "dev": "dev-aks", "prod-1": "prod-1", "k8s": "k8s", "A.b c": "a-b-c", "xn--p1ai": "xn--p1ai-aks",
		"": "0123456789abcdef", "...": "0123456789abcdef", "Zürich": "z-rich", strings.Repeat("a", 100): strings.Repeat("a", 40) + "-aks",
		"a\nHost *": "a-host",
	} {
		flags := genericclioptions.NewConfigFlags(false)
		*flags.KubeConfig = filepath.Join(t.TempDir(), "none")
		*flags.ClusterName = name
		if got := clusterLabel(&cli.App{Flags: flags}, "0123456789abcdef"); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// kubeconfigOf returns a kubeconfig of a cluster with these nodes, the first of which is returned for other names too.
func kubeconfigOf(t *testing.T, cluster string, nodes ...corev1.Node) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any = corev1.NodeList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "NodeList"}, Items: nodes}
		if name := path.Base(r.URL.Path); name != "nodes" {
			node := nodes[max(0, slices.IndexFunc(nodes, func(n corev1.Node) bool { return n.Name == name }))]
			node.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Node"}
			answer = node
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{"apiVersion": "v1", "kind": "Config", "current-context": "c", 
		"clusters": [{"name": "` + cluster + `", "cluster": {"server": "` + server.URL + `"}}],
		"contexts": [{"name": "c", "context": {"cluster": "` + cluster + `"}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Names in a list of nodes do not become names of files, or anything else, before they are validated.
func TestRunOfALyingServer(t *testing.T) {
	for _, name := range []string{"../../../escaped", "a/b", "a\nb", "$(touch marker)", ""} {
		home := isolatedHome(t)
		kubeconfig := kubeconfigOf(t, "c", corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1"}})
		streams, _, _, stderr := genericiooptions.NewTestIOStreams()
		args := []string{"run", "--all", "--kubeconfig", kubeconfig, "--", "true"}
		if code := cli.Run(t.Context(), Plugin, streams, args); code == 0 || !strings.Contains(stderr.String(), "invalid response") {
			t.Errorf("%q: exit code %d: %s", name, code, stderr)
		}
		if files, err := os.ReadDir(home); err != nil || len(files) > 0 {
			t.Errorf("%q: created %v, %v", name, files, err)
		}
	}
}
