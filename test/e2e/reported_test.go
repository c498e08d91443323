package e2e

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
	"github.com/akstools/akstools/test/e2e/reported"
)

// reportedApps, reportedTunnels and reportedConnections are into how many parts a slice of the reported cases is cut further where a
// commit draws it: they wait long, and those of tunneldoctor and connectordoctor run one after another.
const reportedApps, reportedTunnels, reportedConnections = 4, 16, 4

// reportedCases returns a doctor's reported cases and what this run tries of them.
func (l lab) reportedCases(t *testing.T, run corpusRun, doctor string, parts int) ([]reported.Case, []corpus.Trial) {
	t.Helper()
	list, err := reported.Cases(doctor)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := corpus.Reported(doctor)
	if err != nil {
		t.Fatal(err)
	}
	if !whole() { // in a change that lands only what must hold is tried
		cases = slices.DeleteFunc(cases, func(c corpus.Case) bool { return list[c.Index].Pending != "" })
	}
	return list, run.plan.Thinner(parts).Once(cases)
}

// TestReportedApps holds that insideout is right about what people reported.
func TestReportedApps(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, trials := l.reportedCases(t, run, corpus.Insideout, reportedApps)
	for _, trial := range trials {
		c := list[trial.Index]
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			o := run.begin(t, trial)
			namespace := "reported-" + c.Name
			l.setUp(t, c, namespace)
			args := slices.Concat(strings.Fields(c.Target), []string{"-n", namespace, "-o", "json", "--timeout=3s"}, c.Arguments(namespace),
				saved(trial.Name))
			if saved(trial.Name) != nil {
				args = append(args, "--with-logs") // as without --save
			}
			out := l.run(t, "", "lab", append([]string{"exec", "client", "--", l.path("bin", "kubectl-insideout")}, args...)...)
			o.reported(t, c, out)
		})
	}
}

// TestReportedTunnels holds that tunneldoctor is right about what people reported. Each case breaks what all of the cluster shares.
func TestReportedTunnels(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, trials := l.reportedCases(t, run, corpus.Tunneldoctor, reportedTunnels)
	for _, trial := range trials {
		c := list[trial.Index]
		t.Run(c.Name, func(t *testing.T) {
			o := run.begin(t, trial)
			l.agentsSpread(t)
			l.tunnelWorks(t)
			t.Cleanup(func() { l.tunnelWorks(t) })
			l.keepSystem(t)
			namespace := "reported-" + c.Name
			l.setUp(t, c, namespace)
			args := slices.Concat([]string{"-o", "json"}, c.Arguments(namespace), saved(trial.Name))
			if saved(trial.Name) != nil {
				args = append(args, "--with-logs") // as without --save
			}
			o.reported(t, c, l.run(t, "", "kubectl-tunneldoctor", args...))
		})
	}
}

// TestReportedConnections holds that connectordoctor is right about what people reported of Service Connector. Helm is real, and installs a
// chart of ours in place of the extension's. Each case changes what all of the cluster shares.
func TestReportedConnections(t *testing.T) {
	l := theLab(t)
	run := l.corpusRun(t)
	list, trials := l.reportedCases(t, run, corpus.Connectordoctor, reportedConnections)
	for _, trial := range trials {
		c := list[trial.Index]
		t.Run(c.Name, func(t *testing.T) {
			o := run.begin(t, trial)
			l.connector(t)
			namespace := "reported-" + c.Name
			t.Cleanup(func() { // the next case must not see these in a namespace that is still being deleted
				l.run(t, "", "kubectl", "delete", "deployments,statefulsets,daemonsets,cronjobs,secrets", "--all", "--wait=false", "-n", namespace)
			})
			l.setUp(t, c, namespace)
			args := slices.Concat(c.Arguments(namespace), []string{"-n", namespace, "-o", "json"}, saved(trial.Name))
			if saved(trial.Name) != nil {
				args = append(args, "--with-logs") // as without --save
			}
			o.reported(t, c, l.run(t, "", "kubectl-connectordoctor", args...))
		})
	}
}

// connector applies what AKS has where Service Connector is used, and waits until it runs. It goes at the test's end, with what Helm has
// installed.
func (l lab) connector(t *testing.T) {
	t.Helper()
	if err := os.Symlink(l.path("test/e2e/connector/connect.sh"), l.path("bin/connect")); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(l.path("test/e2e/connector/base.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	certificate, _, err := faults.Certificate("azure-wi-webhook-webhook-service.kube-system.svc", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.ReplaceAll(string(text), "$CERT", base64.StdEncoding.EncodeToString(certificate))
	definition, rest, _ := strings.Cut(base, "\n---\n") // objects of the kind come after it is served
	apply := func(text string) {
		if out := l.run(t, text, "kubectl", "apply", "-f", "-"); out.code != 0 {
			t.Fatal(out.stderr)
		}
	}
	t.Cleanup(func() {
		l.run(t, rest, "kubectl", "delete", "--ignore-not-found", "-f", "-")
		l.run(t, definition, "kubectl", "delete", "--ignore-not-found", "-f", "-")
		l.must(t, "kubectl", "delete", "namespace", "sc-system", "--ignore-not-found")
		l.must(t, "kubectl", "delete", "clusterrole,clusterrolebinding", "sc-job", "--ignore-not-found")
	})
	apply(definition)
	l.must(t, "kubectl", "wait", "--for=condition=Established", "crd/extensionconfigs.clusterconfig.azure.com", "--timeout=30s")
	apply(rest)
	for _, name := range []string{"extension-agent", "extension-operator", "azure-wi-webhook-controller-manager"} {
		l.must(t, "kubectl", "rollout", "status", "deployment/"+name, "-n", "kube-system", "--timeout=90s")
	}
}

// reported notes what the doctor printed about the case, and fails unless it is right.
func (o *outcome) reported(t *testing.T, c reported.Case, out result) {
	t.Helper()
	text := out.stdout + out.stderr
	var r report.Report
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil && c.Kind == reported.Healthy {
		t.Fatalf("exit code %d: %s", out.code, text)
	}
	o.record.Verdict = strings.TrimSpace(string(r.Verdict.Status) + " " + r.Verdict.Code)
	result := corpus.Wrong
	switch {
	case c.Kind == reported.Healthy:
		if result = corpus.Right; out.code != 0 || worries(r) {
			result = corpus.Alarm
		}
	case r.Verdict.Status == check.Passed:
		result = corpus.Green
	case c.Matches(r.Verdict, text):
		result = corpus.Right
	case r.Verdict.Status == check.Unknown:
		result = corpus.Unknown
	}
	o.is(result)
	t.Logf("%s: %s %s\n%s", result, o.record.Verdict, r.Verdict.Summary, r.Verdict.Cause)
	if result != corpus.Right {
		t.Errorf("%s (%s): %s\nexpected: %s\n%s", result, c.Source, c.Why, c.Expect, text)
	}
}

// setUp makes what the case describes, and waits until it shows. All goes at the test's end.
func (l lab) setUp(t *testing.T, c reported.Case, namespace string) {
	t.Helper()
	objects, err := c.Objects(namespace)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range c.Clear {
			if err := l.step(s, namespace); err != nil {
				t.Error(err)
			}
		}
		for _, o := range objects {
			if strings.HasPrefix(o.Name, namespace) { // of the cluster, or a namespace
				l.run(t, o.YAML, "kubectl", "delete", "--ignore-not-found", "--wait=false", "-f", "-")
			}
		}
		l.must(t, "kubectl", "delete", "namespace", namespace, "--ignore-not-found", "--wait=false")
	})
	named := slices.ContainsFunc(c.Inject, func(s reported.Step) bool { return strings.Contains(s.Run, "$NAMESPACE") })
	if len(objects) > 0 || named {
		l.must(t, "kubectl", "create", "namespace", namespace)
	}
	for _, o := range objects {
		args := []string{"apply", "-f", "-"}
		if o.Namespace == "" { // kubectl refuses -n where the object has another
			args = append(args, "-n", namespace)
		}
		if out := l.run(t, o.YAML, "kubectl", args...); out.code != 0 {
			t.Fatalf("%s: %s", o.YAML, out.stderr)
		}
	}
	for _, s := range c.Inject {
		if err := l.step(s, namespace); err != nil {
			t.Fatal(err)
		}
	}
	if c.Wait == reported.Rollout {
		l.must(t, "kubectl", "rollout", "status", "deployment/web", "-n", namespace, "--timeout=90s")
		time.Sleep(2 * time.Second) // what reads it, such as the ingress controller, is told of it at the same time
		return
	}
	wait, err := time.ParseDuration(c.Wait)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
}

// step runs a step of a case on each of its machines.
func (l lab) step(s reported.Step, namespace string) error {
	s.Run = strings.ReplaceAll(s.Run, "$NAMESPACE", namespace)
	machines := map[string][]string{"node0": {node0}, "node1": {node1}, "nodes": {node0, node1}}[s.Machine]
	switch {
	case s.Machine == "here":
		return l.quietly("sh", "-c", s.Run)
	case machines == nil:
		machines = []string{s.Machine}
	}
	var errs []error
	for _, m := range machines {
		errs = append(errs, l.On(m, "sh", "-c", s.Run))
	}
	return errors.Join(errs...)
}

// agentsSpread moves a tunnel agent if both are on one node, as tests before may have left them: that is a finding of its own.
func (l lab) agentsSpread(t *testing.T) {
	t.Helper()
	agents := strings.Fields(l.must(t, "kubectl", "get", "pods", "-n", "kube-system", "-l", "app=konnectivity-agent",
		"-o", "jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {end}"))
	if len(agents) == 4 && agents[1] == agents[3] {
		l.must(t, "kubectl", "delete", "pod", "-n", "kube-system", agents[0])
		l.must(t, "kubectl", "rollout", "status", "-n", "kube-system", "deployment/konnectivity-agent", "--timeout=90s")
	}
}

// keepSystem puts the tunnel's agents, their certificates and metrics-server back at the test's end, as far as they were changed.
func (l lab) keepSystem(t *testing.T) {
	t.Helper()
	spec := func(name string) string {
		return l.must(t, "kubectl", "get", "deployment", name, "-n", "kube-system", "-o", "jsonpath={.spec}")
	}
	secret := func() string {
		return l.must(t, "kubectl", "get", "secret", "konnectivity-certs", "-n", "kube-system", "-o", "jsonpath={.data}", "--ignore-not-found")
	}
	before := l.tunnelCase(t, "", 0)
	agents, metrics, certificates := spec("konnectivity-agent"), spec("metrics-server"), secret()
	t.Cleanup(func() {
		if secret() != certificates {
			l.must(t, "kubectl", "delete", "secret", "konnectivity-certs", "-n", "kube-system", "--ignore-not-found")
			if out := l.run(t, before.Secret, "kubectl", "apply", "-f", "-"); out.code != 0 {
				t.Error(out.stderr)
			}
		}
		if spec("konnectivity-agent") != agents {
			if err := faults.RestoreAgents(l, before); err != nil {
				t.Error(err)
			}
		}
		if spec("metrics-server") != metrics {
			patch := fmt.Sprintf(`[{"op":"replace","path":"/spec","value":%s}]`, metrics)
			l.must(t, "kubectl", "patch", "deployment", "metrics-server", "-n", "kube-system", "--type=json", "-p", patch)
		}
	})
}
