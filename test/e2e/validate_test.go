package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
)

// TestConnectorValidate holds that `connectordoctor validate` tries a target from where the connection's pods run, and that nothing of that
// is left. What a lab without Service Connector lacks is not looked at.
func TestConnectorValidate(t *testing.T) {
	t.Parallel()
	l := theLab(t)
	const namespace = "validate"
	l.namespace(t, namespace)
	l.must(t, "kubectl", "create", "secret", "generic", "sc-mydb-secret", "-n", namespace, "--from-literal=AZURE_POSTGRESQL_HOST=x")
	l.consumer(t, namespace, 5432)
	l.must(t, "kubectl", "expose", "deployment", "web", "-n", namespace, "--port=5432")

	try := func(t *testing.T, to string) map[string]check.Result {
		t.Helper()
		out := l.run(t, "", "kubectl-connectordoctor", "validate", "mydb", "-n", namespace, "--azure=off", "--to", to, "-o", "json")
		var r report.Report
		if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
			t.Fatal(err, out.stderr)
		}
		all := map[string]check.Result{}
		for _, result := range r.Results {
			all[result.Code] = result
		}
		return all
	}
	for name, c := range map[string]struct {
		to, code string
		status   check.Status
		says     string
	}{
		"a server over HTTPS": {"mcr.microsoft.com:443", "CON0804", check.Passed, ""},
		"no such name":        {"absent.apps.example.com:5432", "CON0801", check.Fail, "NXDOMAIN"},
		"nothing listens":     {"mcr.microsoft.com:5432", "CON0802", check.Fail, "where pod web-"},
		"another program":     {"web." + namespace + ".svc.cluster.local:5432", "CON0803", check.Fail, "does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			got := try(t, c.to)[c.code]
			text := ""
			for _, f := range got.Findings {
				text += f.Summary + f.Cause
			}
			if got.Status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%s %s %q %s", got.Code, got.Status, text, got.Error)
			}
		})
	}

	l.must(t, "kubectl", "create", "-n", namespace, "-f", "testdata/deny-egress.yaml")
	l.eventually(t, 30*time.Second, func() error { // the policy is enforced a moment later
		if got := try(t, "mcr.microsoft.com:443")["CON0801"]; got.Status != check.Unknown || !strings.Contains(got.Error, "deny-egress") {
			return fmt.Errorf("behind a NetworkPolicy: %s %s", got.Status, got.Error)
		}
		return nil
	})
	if left := l.must(t, "kubectl", "get", "jobs", "-n", namespace, "-o", "name"); left != "" {
		t.Errorf("left behind: %s", left)
	}
}
