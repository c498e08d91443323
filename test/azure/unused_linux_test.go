package azure

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestClusterWithoutServiceConnector surveys a cluster that has nothing of Service Connector, which is no fault. A connection that is named
// is one.
func TestClusterWithoutServiceConnector(t *testing.T) {
	k := startKubernetes(t)
	k.must("apply", "-f", "testdata/nodes.yaml")
	for _, test := range []struct {
		name string
		args []string
		code int
		text string
	}{
		{"everywhere", []string{"-A"}, 0, "No connection of Service Connector found in any namespace"},
		{"in a namespace", []string{"-n", "default"}, 0, "No connection of Service Connector found in namespace default"},
		{"named", []string{"mydb", "-n", "default"}, 3, "no extension was installed on this cluster"},
	} {
		t.Run(test.name, func(t *testing.T) {
			bundle := filepath.Join(t.TempDir(), "x.bundle")
			if kept := os.Getenv("AKSTOOLS_FIXTURES"); kept != "" {
				bundle = filepath.Join(kept, "unused-"+strings.ReplaceAll(test.name, " ", "-")+".bundle")
			}
			cmd := exec.Command(connector, append(test.args, "--save", bundle)...)
			cmd.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
			out, err := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d: %v", code, err)
			}
			if text := strings.Join(strings.Fields(string(out)), " "); !strings.Contains(text, test.text) {
				t.Errorf("no %q in %s", test.text, out)
			}
		})
	}
}
