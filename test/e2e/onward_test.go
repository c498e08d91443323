package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/report"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestInsideoutOnward: what keeps a pod from reaching a destination is named, and nothing if it can.
func TestInsideoutOnward(t *testing.T) {
	l := theLab(t)
	for _, o := range faults.Onward() {
		t.Run(o.Name, func(t *testing.T) {
			t.Parallel()
			c := l.newCase(t, "onward-"+o.Name, 8)
			c.Add(c.Frontend())
			if o.Change != nil {
				o.Change(c.Case)
			}
			c.apply(t)
			c.shows(t, faults.Broken{Shows: o.Shows})
			host, port := o.To(c.Case)
			args := []string{"--to", fmt.Sprintf("%s:%d", host, port)}
			if saved := saved(o.Name); saved != nil {
				saved[1] = filepath.Join(filepath.Dir(saved[1]), "onward-"+filepath.Base(saved[1]))
				args = append(args, saved...)
			}
			r, code := c.onward(t, args...)
			status, want := check.Status(o.Status), 0
			switch {
			case o.Code == "":
				status = check.Passed
			case status == "":
				status, want = check.Fail, 3
			}
			if r.Verdict.Code != o.Code || r.Verdict.Status != status || code != want {
				t.Errorf("exit code %d, verdict %s %s, want %q (%s)\n%s", code, r.Verdict.Status, r.Verdict.Code, o.Code, o.Why, c.text)
			}
			t.Logf("verdict: %s %s %s", r.Verdict.Status, r.Verdict.Code, r.Verdict.Summary)
			if o.Heals && len(r.Verdict.Fixes) > 0 {
				l.apply(t, r.Verdict.Fixes[0])
				if r, code = c.onward(t, args[:2]...); code != 0 || r.Verdict.Status != check.Passed {
					t.Errorf("after the fix: exit code %d\n%s", code, c.text)
				}
			}
		})
	}
}

// onward runs the doctor on the frontend's pod.
func (c *corpusCase) onward(t *testing.T, args ...string) (report.Report, int) {
	t.Helper()
	var r report.Report
	pods := c.lab.Live(c.Case).Pods
	i := slices.IndexFunc(pods, func(p corev1.Pod) bool { return p.Labels["role"] == "frontend" })
	if i < 0 {
		t.Fatal("the frontend has no pod")
	}
	out := c.lab.run(
		t, "", "kubectl-insideout",
		append([]string{"pod/" + pods[i].Name, "-n", c.Namespace, "-o", "json", "--timeout=3s"}, args...)...,
	)
	c.text = out.stdout + out.stderr
	if err := json.Unmarshal([]byte(out.stdout), &r); err != nil {
		t.Fatalf("exit code %d: %v\n%s", out.code, err, c.text)
	}
	return r, out.code
}
