// Package check is the engine of the doctors: checks that decide whether a proposition holds, the order in which they are evaluated,
// and the verdict on their results. It knows no Kubernetes client: checks read facts, which it knows only as Needs.
package check

import (
	"context"
	"fmt"
	"slices"
)

// A Check decides whether one proposition holds. It is a pure function of facts.
type Check struct {
	Code string // such as "INS0101": stable, never reused
	Name string // kebab-case, such as "selector-matches-pods"
	// Doc's first line is the proposition that must hold, as reports show it whatever became of it; then, after an empty line, why it
	// matters.
	Doc string
	// Sources are the URLs of the documentation on which the check is based, the most important first.
	Sources []string
	Hop     string   // the stage of the path that it judges, such as "pod"
	After   []*Check // must hold before this one means anything
	Needs   []Need   // the facts that Run may read; reading another is an error
	// Symptom says that the check fails as a consequence where an earlier hop is broken, although it is not blocked: it is what users
	// notice.
	Symptom bool
	// Explains means that the check only explains failures which later checks find as well. If it cannot decide, such a failure is the
	// verdict all the same.
	Explains bool
	Run      func(*Pass) ([]Finding, error)
}

// A Need is a fact as the engine knows it: a name, unique among facts, by which Facts can find it out.
type Need interface{ FactName() string }

// Facts gathers facts, each at most once. It is safe for concurrent use.
type Facts interface {
	// Fact returns the fact's value, and commands with which the user sees the same. An error means that it could not be gathered.
	Fact(ctx context.Context, n Need) (value any, seen []Evidence, err error)
}

// Pass is one run of one check.
type Pass struct {
	ctx      context.Context
	check    *Check
	facts    Facts
	earlier  []Result // of all checks that this one comes after, directly or not
	evidence []Evidence
	skipped  string
}

// Fact returns the value of a fact in the check's Needs, gathering it if nothing read it before. Checks call the typed Get of the
// fact instead.
func (p *Pass) Fact(n Need) (any, error) {
	for _, declared := range p.check.Needs {
		if declared.FactName() == n.FactName() {
			value, seen, err := p.facts.Fact(p.ctx, n)
			p.evidence = append(p.evidence, seen...)
			return value, err
		}
	}
	return nil, fmt.Errorf("check %s reads the fact %q, which it does not declare", p.check.Code, n.FactName())
}

// Skip records that the check does not apply, and why. Run must then return no findings.
func (p *Pass) Skip(format string, args ...any) { p.skipped = fmt.Sprintf(format, args...) }

// Claimed reports whether a check that this one comes after, directly or not, has a finding about the object.
func (p *Pass) Claimed(object Ref) bool {
	for _, r := range p.earlier {
		for _, f := range r.Findings {
			if f.Target == object || slices.Contains(f.Also, object) {
				return true
			}
		}
	}
	return false
}

// Proposition is the first line of the check's Doc.
func (c *Check) Proposition() string { return firstLine(c.Doc) }
