package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/akstools/akstools/test/e2e/corpus"
	"github.com/akstools/akstools/test/e2e/faults"
)

// TestFaults holds that each fault is real: healthy before, broken by it, healthy after.
func TestFaults(t *testing.T) {
	l := theLab(t)
	if !whole() {
		t.Skip("only in the whole corpus (make faults): the corpora inject most of them too")
	}
	symptoms := faults.Symptoms()
	for line := range strings.Lines(l.must(t, "lab", "fault", "list")) {
		name := strings.Fields(line)[0]
		if !slices.ContainsFunc(symptoms, func(s faults.Symptom) bool { return s.Fault == name }) {
			t.Errorf("no symptom of fault %s is known", name)
		}
	}
	run := l.corpusRun(t)
	for _, trial := range run.plan.Once(corpus.LabFaults()) {
		t.Run(trial.Name, func(t *testing.T) { l.tryLabFault(t, run.begin(t, trial), symptoms[trial.Index]) })
	}
	l.must(t, "kubectl", "wait", "--for=condition=Ready", "node", "--all", "--timeout=60s")
}

// tryLabFault holds that the symptom is there under the fault and only then.
func (l lab) tryLabFault(t *testing.T, o *outcome, s faults.Symptom) {
	works := func() bool { return l.run(t, "", s.Command[0], s.Command[1:]...).code == 0 }
	if !works() {
		t.Fatal("broken before the fault")
	}
	l.fault(t, s.Fault)
	broken := false
	// a pooled connection of the API server outlives a dropped port for a while
	for deadline := time.Now().Add(2 * time.Minute); !broken && time.Now().Before(deadline); {
		broken = !works()
	}
	if broken {
		o.is(corpus.Right)
	} else {
		o.is(corpus.Green)
		t.Error("the fault does not show")
	}
	l.must(t, "lab", "fault", "clear", s.Fault)
	for deadline := time.Now().Add(2 * time.Minute); !works(); {
		if time.Now().After(deadline) {
			t.Fatal("broken after clearing the fault")
		}
	}
}
