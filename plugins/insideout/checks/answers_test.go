package checks

import (
	"strings"
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestNotProbed: without probes a check is skipped with the reason. An ExternalName is unknown then, since nothing else shows
// whether it works.
func TestNotProbed(t *testing.T) {
	off := facts.Probes{Off: "--no-probe"}
	for externalName, want := range map[string]check.Status{"": check.Skip, "db.example.com": check.Unknown} {
		env := &facts.Env{}
		fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web", ExternalName: externalName})
		fact.Put(env, facts.Answers, facts.AppAnswers{Probes: off})
		fact.Put(env, facts.InCluster, facts.Lookups{Probes: off})
		for _, c := range []*check.Check{AppListens, ClusterDNSAnswers} {
			alone := *c
			alone.After = nil
			r := check.Run(t.Context(), []*check.Check{&alone}, env, nil)[0]
			status := want
			if c == AppListens {
				status = check.Skip
			}
			if r.Status != status || !strings.Contains(r.Reason+r.Error, "--no-probe") {
				t.Errorf("%s of %q: %s %s%s", c.Code, externalName, r.Status, r.Reason, r.Error)
			}
		}
	}
}
