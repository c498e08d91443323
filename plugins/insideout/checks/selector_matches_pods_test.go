package checks

import (
	"testing"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/endpoints"
	"github.com/akstools/akstools/internal/fact"
	"github.com/akstools/akstools/plugins/insideout/facts"
)

// TestSelectorMatchesALateComer: a pod that was created after the pods were listed is neither a match nor a difference.
func TestSelectorMatchesALateComer(t *testing.T) {
	selector := map[string]string{"app": "web"}
	env := (&facts.Env{}).Bind()
	fact.Put(env, facts.Service, facts.ServiceInfo{Namespace: "shop", Name: "web", Selector: selector})
	fact.Put(env, facts.Pods, facts.PodList{})
	fact.Put(env, facts.Workloads, facts.WorkloadList{Near: []endpoints.Candidate{{Ref: "pod/web-0", Pods: 1, Labels: selector}}})
	r := check.Run(t.Context(), []*check.Check{SelectorMatchesPods}, env, nil)[0]
	if r.Status != check.Unknown {
		t.Errorf("%+v", r)
	}
}
