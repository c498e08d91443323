package e2e

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/akstools/akstools/plugins/tunneldoctor/facts"
)

// TestDryRunsOfAnyResource holds that a dry run calls a webhook whatever resource it is asked about, by an object that the API server
// admits: validating webhooks are called for no other. None of these webhooks answers, and each selects only objects of its own label.
func TestDryRunsOfAnyResource(t *testing.T) {
	l := theLab(t)
	const namespace = "dry-runs"
	l.namespace(t, namespace)
	l.must(t, "kubectl", "create", "configmap", "existing", "-n", namespace)
	l.must(t, "kubectl", "label", "configmap", "existing", "-n", namespace, "akstools-dry-run-test=true")
	for _, group := range [][]string{ // no more than are tried at once
		{"CREATE//configmaps", "CREATE//pods", "CREATE/networking.k8s.io/ingresses", "CREATE/apps/deployments", "CREATE//services"},
		{"CREATE//namespaces", "CREATE//serviceaccounts", "CREATE//secrets", "CREATE/batch/jobs", "CREATE/batch/cronjobs"},
		{"CREATE/policy/poddisruptionbudgets", "UPDATE//configmaps"},
	} {
		t.Run(strings.ReplaceAll(strings.Join(group, " "), "/", "."), func(t *testing.T) { l.tryDryRuns(t, group) })
	}
	if left := l.must(t, "kubectl", "get", "configmap", "existing", "-n", namespace, "-o", "jsonpath={.metadata.annotations}"); left != "" {
		t.Errorf("the dry run has changed an object: %s", left)
	}
}

// tryDryRuns registers a webhook for each of the rules, which are an operation, an API group and a resource.
func (l lab) tryDryRuns(t *testing.T, rules []string) {
	var webhooks []any
	want := map[string]string{} // the resource, by the webhook's name
	for _, rule := range rules {
		parts := strings.Split(rule, "/")
		operation, apiGroup, resource := parts[0], parts[1], parts[2]
		name := strings.ToLower(operation) + "-" + resource + ".dry-runs.example.com"
		want[name] = resource
		webhooks = append(webhooks, map[string]any{
			"name": name, "admissionReviewVersions": []string{"v1"}, "sideEffects": "None", "timeoutSeconds": 5,
			"clientConfig":   map[string]any{"url": "https://" + name + "/validate"},
			"objectSelector": map[string]any{"matchLabels": map[string]string{"akstools-dry-run-test": "true"}},
			"rules": []any{map[string]any{
				"operations": []string{operation}, "apiGroups": []string{apiGroup}, "apiVersions": []string{"v1"}, "resources": []string{resource},
			}},
		})
	}
	configuration, err := json.Marshal(map[string]any{
		"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
		"metadata": map[string]any{"name": "dry-runs"}, "webhooks": webhooks,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.must(t, "kubectl", "delete", "validatingwebhookconfiguration", "dry-runs", "--ignore-not-found")
	})
	if out := l.run(t, string(configuration), "kubectl", "apply", "-f", "-"); out.code != 0 {
		t.Fatal(out.stderr)
	}
	bundle := filepath.Join(t.TempDir(), "bundle")
	out := l.run(t, "", "kubectl-tunneldoctor", "--no-create", "--save", bundle)
	called := map[string]facts.DryRun{}
	for _, d := range dryRunsIn(t, bundle) {
		called[d.Webhook] = d
	}
	for name, resource := range want {
		d, ok := called[name]
		if !ok || d.Kind != resource || !strings.Contains(d.Error, `failed calling webhook "`+name+`"`) {
			t.Errorf("%s: the dry run that should call it: %+v\n%s", name, d, out.stdout+out.stderr)
		}
	}
}

// dryRunsIn returns the dry runs that the bundle holds.
func dryRunsIn(t *testing.T, path string) []facts.DryRun {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var b struct {
		Targets []struct {
			Facts map[string]struct{ Value json.RawMessage }
		}
	}
	if err := json.NewDecoder(z).Decode(&b); err != nil || len(b.Targets) == 0 {
		t.Fatal(err)
	}
	var list []facts.DryRun
	if err := json.Unmarshal(b.Targets[0].Facts[facts.DryRuns.Name].Value, &list); err != nil {
		t.Fatal(err)
	}
	return list
}
