package azure

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestConnectorFaults runs the built connectordoctor on a real API server and changes what Azure has of its connection. AKSTOOLS_FIXTURES
// is a directory for the bundles.
func TestConnectorFaults(t *testing.T) {
	k := startKubernetes(t)
	k.connected()
	for _, fault := range slices.Concat(faults.AzureConnector(), faults.ConnectorFresh(), faults.ConnectorFreshHealthy(),
		faults.ConnectorThird(), faults.ConnectorThirdHealthy()) {
		t.Run(fault.Name, func(t *testing.T) {
			m := start(t)
			m.connect()
			m.spoil(fault)
			for _, gone := range fault.Gone {
				k.must(append([]string{"delete"}, gone...)...)
			}
			if fault.Gone != nil {
				defer k.again()
			}
			m.signIn(m.login.Secret)
			r, text := m.connectordoctor(k, cmp.Or(fault.Connection, "mydb"), fault.Name, "--azure=require")
			want := check.Fail
			if fault.Degraded {
				want = check.Warn
			}
			if fault.Code == "" && fault.Accept == "" || fault.Noted {
				want = check.Passed
			}
			if fault.Unknown {
				want = check.Unknown
			}
			v := r.Verdict
			switch {
			case fault.Accept != "":
				said := v.Name + " " + v.Summary + " " + v.Cause
				if accepted := regexp.MustCompile(fault.Accept).MatchString(said); !accepted || v.Status == check.Passed {
					t.Errorf("verdict %s %s %s, want %s", v.Status, v.Code, said, fault.Accept)
				}
			case v.Code != fault.Code || v.Status != want:
				t.Errorf("verdict %s %s %s, want %s %s", v.Status, v.Code, v.Summary, want, fault.Code)
			}
			if !strings.Contains(text, fault.Text) {
				t.Errorf("no %q in the report", fault.Text)
			}
			for _, sent := range m.requests() {
				if !strings.HasPrefix(sent, "GET ") {
					t.Error(sent)
				}
			}
			if strings.Contains(text, faults.Canary) {
				t.Error("a value of the Secret is in the report")
			}
			if t.Failed() {
				t.Log(text)
			}
		})
	}
	t.Run("rights", func(t *testing.T) { connectorRights(t, k) })
	t.Run("list", func(t *testing.T) { connectorList(t, k) })
}

// spoil changes Azure as the fault says.
func (m *resourceManager) spoil(f faults.ConnectorFault) {
	m.t.Helper()
	m.change(func(p map[string]any) { maps.Copy(p, f.Cluster) })
	for _, r := range f.Put {
		m.put(r.ID, r.Body)
	}
	for _, id := range f.Delete {
		m.do(http.MethodDelete, "/arm"+id, nil, nil)
	}
	if f.NoRole {
		m.rules(func(r map[string]any) {
			all, _ := r["assignments"].([]any)
			r["assignments"] = slices.DeleteFunc(all, func(a any) bool { return a.(map[string]any)["principal"] == clientObject })
		})
	}
	if f.Defined != nil {
		m.define(f.Role, *f.Defined)
	}
	scope := accountID
	if f.AtVault {
		scope = vaultID
	}
	if f.Role != "" {
		m.grant(f.Role, scope)
	}
	if f.Unregistered != nil {
		m.do(http.MethodPut, "/behavior", map[string]any{"unregistered": f.Unregistered}, nil)
	}
}

// define adds a role to those that are built in.
func (m *resourceManager) define(name string, role faults.AzureRole) {
	m.t.Helper()
	m.rules(func(r map[string]any) {
		all, _ := r["roles"].([]any)
		r["roles"] = append(all, map[string]any{
			"name": name, "actions": role.Actions, "notActions": role.NotActions,
			"dataActions": role.DataActions, "notDataActions": role.NotDataActions,
		})
	})
}

// connectordoctor runs the built plugin, and returns its report and what it prints.
func (m *resourceManager) connectordoctor(k *kubernetes, connection, name string, args ...string) (r report.Report, text string) {
	m.t.Helper()
	bundle := filepath.Join(m.t.TempDir(), name+".bundle")
	if kept := os.Getenv("AKSTOOLS_FIXTURES"); kept != "" {
		bundle = filepath.Join(kept, name+".bundle")
	}
	run := func(args ...string) []byte {
		cmd := exec.Command(connector, args...)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+k.kubeconfig)
		out, err := cmd.Output()
		if code := cmd.ProcessState.ExitCode(); code != 0 && code != 2 && code != 3 {
			m.t.Fatalf("exit code %d: %v\n%s", code, err, out)
		}
		return out
	}
	run(append([]string{connection, "--save", bundle}, args...)...)
	if err := json.Unmarshal(run("--from", bundle, "-o", "json"), &r); err != nil {
		m.t.Fatal(err)
	}
	return r, strings.Join(strings.Fields(string(run("--from", bundle, "-v"))), " ") // the text is wrapped
}
