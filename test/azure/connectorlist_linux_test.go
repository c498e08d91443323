package azure

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/akstools/akstools/test/e2e/faults"
)

// connectorList lists connections of which only Azure, or only the cluster, has something.
func connectorList(t *testing.T, k *kubernetes) {
	m := start(t)
	m.connect()
	m.link("never_arrived", func(map[string]any) {})
	m.link("elsewhere", func(p map[string]any) { p["scope"] = "default" })
	k.must("create", "secret", "generic", "sc-left-secret", "-n", "shop", "--from-literal=A=1")
	defer k.must("delete", "secret", "sc-left-secret", "-n", "shop")
	m.signIn(m.login.Secret)
	list := func(args ...string) (out, notes string, code int) {
		var errs strings.Builder
		cmd := exec.Command(connector, append([]string{"list"}, args...)...)
		cmd.Env, cmd.Stderr = append(os.Environ(), "KUBECONFIG="+k.kubeconfig), &errs
		b, _ := cmd.Output()
		return string(b), errs.String(), cmd.ProcessState.ExitCode()
	}
	out, notes, code := list("--azure=auto", "-o", "json")
	var all struct {
		Items []struct {
			Name, Target       string
			InCluster, InAzure bool
		}
	}
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s%s", code, err, out, notes)
	}
	got := map[string][2]bool{}
	for _, c := range all.Items {
		got[c.Name] = [2]bool{c.InCluster, c.InAzure}
		if c.InAzure != strings.HasPrefix(c.Target, faults.ConnectorAccount) {
			t.Errorf("%s: target %s", c.Name, c.Target)
		}
	}
	for name, want := range map[string][2]bool{"mydb": {true, true}, "left": {true, false}, "never_arrived": {false, true}} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
	if len(got) != 3 {
		t.Error(got)
	}
	out, notes, _ = list("--azure=require", "-A")
	for _, line := range []string{"never_arrived", "elsewhere", "left", "mydb"} {
		want := map[string]string{"left": "cluster only", "mydb": "cluster and Azure"}[line]
		if want == "" {
			want = "Azure only"
		}
		if !containsLine(out, line, want) {
			t.Errorf("%s is not %s: %s%s", line, want, out, notes)
		}
	}
	before := len(m.requests())
	if out, _, _ := list(); strings.Contains(out, "Azure") || len(m.requests()) != before {
		t.Errorf("Azure is off: %s", out)
	}
	m.assign("", "")
	const missing = "missing Azure permission"
	if out, notes, code := list("--azure=auto"); code != 0 || !strings.Contains(out, "mydb") || !strings.Contains(notes, missing) {
		t.Errorf("without rights: exit code %d: %s%s", code, out, notes)
	}
	if _, notes, code := list("--azure=require"); code != 1 || !strings.Contains(notes, missing) {
		t.Errorf("without rights, where Azure is required: exit code %d: %s", code, notes)
	}
	if _, notes, code := list("--azure=perhaps"); code != 1 || !strings.Contains(notes, "perhaps") {
		t.Errorf("exit code %d: %s", code, notes)
	}
}

// containsLine reports whether a line of the text has both words.
func containsLine(text, a, b string) bool {
	for line := range strings.Lines(text) {
		if strings.Contains(line, a) && strings.Contains(line, b) {
			return true
		}
	}
	return false
}
