package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestInsideoutHostile: a server that misbehaves cannot hang the run, fill the report, or put escapes on the terminal.
func TestInsideoutHostile(t *testing.T) {
	l := theLab(t)
	for how, want := range map[string]string{"endless-header": "INS0205", "endless-body": "", "escapes": "INS0205"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			c := l.newCase(t, how, 6)
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-misbehave="+how)
			c.App().ReadinessProbe = nil
			c.apply(t)
			c.settled(t)
			start := time.Now()
			r, code := c.insideout(t)
			if r.Verdict.Code != want || (code == 3) != (want != "") {
				t.Errorf("exit code %d, verdict %s %s: %s", code, r.Verdict.Status, r.Verdict.Code, c.text)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			c.asText(t, "svc/"+c.Name)
		})
		t.Run(how+" behind an Ingress, and onward", func(t *testing.T) {
			t.Parallel()
			c := l.newCase(t, how+"-front", 6)
			c.Args(fmt.Sprintf("-http=%d", c.Port), "-misbehave="+how)
			c.App().ReadinessProbe = nil
			c.Front()
			c.Add(c.Frontend())
			c.apply(t)
			c.settled(t)
			for what, run := range map[string]func() (report.Report, int){
				"the Ingress": func() (report.Report, int) { return c.insideout(t) },
				"onward": func() (report.Report, int) {
					return c.onward(t, "--to", fmt.Sprintf("%s:%d", c.Name, c.Service.Spec.Ports[0].Port))
				},
			} {
				start := time.Now()
				r, _ := run()
				t.Logf("%s: %s %s %s", what, r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
				if took := time.Since(start); took > 30*time.Second {
					t.Errorf("%s: it took %s", what, took)
				}
				if strings.Contains(c.text, faults.Canary) || len(c.text) > 1<<20 {
					t.Errorf("%s: the canary is in the output, or it is long: %.2000q", what, c.text)
				}
				if what == "onward" && r.Verdict.Status == check.Fail {
					t.Errorf("onward: a connection is made: %s", c.text)
				}
			}
			c.asText(t, "ing/front")
		})
	}
	t.Run("escapes in what a probe and a log print", func(t *testing.T) {
		t.Parallel()
		l.tryEscapes(t)
	})
	t.Run("tunnel", func(t *testing.T) { // what was not read has not stopped the tunnel
		l.must(t, "kubectl", "get", "--raw", "/api/v1/nodes/"+node0+"/proxy/healthz", "--request-timeout=10s")
	})
}

// tryEscapes holds that what a probe and a log print reaches the terminal without its escapes.
func (l lab) tryEscapes(t *testing.T) {
	c := l.newCase(t, "escapes-probe", 6)
	c.App().Image, c.App().Args = "mcr.microsoft.com/azurelinux/busybox:1.36", nil
	c.App().Command = []string{"sh", "-c", `printf 'log \033[2J\033]0;owned\007 log\n'; exec sleep 600`}
	c.App().ReadinessProbe = &corev1.Probe{PeriodSeconds: 1, FailureThreshold: 1, ProbeHandler: corev1.ProbeHandler{
		Exec: &corev1.ExecAction{Command: []string{"sh", "-c", `printf 'probe \033[2J\033]0;owned\007 probe'; exit 1`}},
	}}
	c.apply(t)
	c.shows(t, faults.Breaks()["readiness-status"]) // as long as any failing readiness probe
	text := c.asText(t, "svc/"+c.Name, "--logs")
	for _, printed := range []string{"probe \uFFFD[2J\uFFFD]0;owned\uFFFD probe", "log \uFFFD[2J\uFFFD]0;owned\uFFFD log"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), printed) { // the report is wrapped
			t.Errorf("%q is not in the report:\n%s", printed, text)
		}
	}
}

// asText returns what the doctor prints for people, and holds that nothing in it, unlike in JSON, could command the terminal.
func (c *corpusCase) asText(t *testing.T, args ...string) string {
	t.Helper()
	out := c.lab.run(t, "", "kubectl-insideout", append(args, "-n", c.Namespace, "-v", "--timeout=3s")...)
	text := out.stdout + out.stderr
	if out.stdout == "" || strings.ContainsAny(text, "\x1b\x07") || strings.Contains(text, faults.Canary) {
		t.Errorf("nothing, an escape or the canary is in the text: %.4000q", text)
	}
	return text
}
