package fact

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/akstools/akstools/internal/check"
	"github.com/akstools/akstools/internal/redact"
)

// Env is a doctor's environment: a pointer to a struct that embeds Memo and holds what gathering needs. Bind completes it.
type Env interface{ memo() *Memo }

// Memo remembers the facts about one target. It implements check.Facts and is safe for concurrent use once its fields are set.
type Memo struct {
	// Target is the object that the facts are about.
	Target check.Ref
	// Explain replaces the error of a Gather by one that tells the user more; nil: errors stay as they are.
	Explain func(error) error
	// Observe is told when gathering a fact starts and ends; nil: nobody is.
	Observe check.Observer

	gather func(context.Context, Any) (any, []check.Evidence, error) // nil: the facts come from a bundle

	mu    sync.Mutex
	known map[string]*entry
}

func (m *Memo) memo() *Memo { return m }

// Bind makes env gather the facts that it does not know yet. Without it they are errors, as in an Env made from a bundle.
func Bind[E Env](env E) {
	env.memo().gather = func(ctx context.Context, f Any) (any, []check.Evidence, error) {
		g, ok := f.(gatherer[E])
		if !ok {
			return nil, nil, fmt.Errorf("the fact %q belongs to another doctor", f.FactName())
		}
		return g.gather(ctx, env)
	}
}

// entry is one fact, gathered or being gathered.
type entry struct {
	once     sync.Once
	value    any
	evidence []check.Evidence
	err      error
}

// reader is the fact whose Gather a context was given to, and the context of the run.
type reader struct {
	fact Any
	run  context.Context //nolint:containedctx // the deadline of the fact that reads must not end the fact that is read
}

type readerKey struct{}

// Fact implements check.Facts. Called from a fact's Gather it refuses facts that this fact does not declare to need.
func (m *Memo) Fact(ctx context.Context, n check.Need) (any, []check.Evidence, error) {
	f, ok := n.(Any)
	if !ok {
		return nil, nil, fmt.Errorf("%q is not a fact", n.FactName())
	}
	if r, ok := ctx.Value(readerKey{}).(reader); ok {
		if !slices.ContainsFunc(r.fact.needs(), func(n check.Need) bool { return n.FactName() == f.FactName() }) {
			return nil, nil, fmt.Errorf("the fact %q reads the fact %q, which it does not declare", r.fact.FactName(), f.FactName())
		}
		ctx = r.run
	}
	known := m.entry(f.FactName())
	known.once.Do(func() { m.find(ctx, f, known) })
	return known.value, known.evidence, known.err
}

// find gathers the fact within its own time limit.
func (m *Memo) find(run context.Context, f Any, known *entry) {
	if m.gather == nil {
		known.err = notHeld{f.FactName()}
		return
	}
	limit := cmp.Or(f.timeout(), DefaultTimeout)
	ctx, cancel := context.WithTimeout(context.WithValue(run, readerKey{}, reader{f, run}), limit)
	defer cancel()
	start := time.Now()
	m.Observe.Notify(check.Event{Target: m.Target, Fact: f.FactName()})
	known.value, known.evidence, known.err = m.gather(ctx, f)
	if known.err != nil && m.Explain != nil {
		known.err = m.Explain(known.err)
	}
	if known.err != nil {
		known.err = shown{known.err}
	}
	m.Observe.Notify(check.Event{Target: m.Target, Fact: f.FactName(), Done: true, Took: time.Since(start)})
}

// shown is an error as a report, or a bundle, may show it: those of client-go hold the whole answer if that is not what they expect.
type shown struct{ error }

// maxError is the length, in bytes, to which the text of an error is cut.
const maxError = 2 << 10

func (s shown) Error() string { return redact.Short(s.error.Error(), maxError) }

func (s shown) Unwrap() error { return s.error }

func (m *Memo) entry(name string) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil {
		m.known = map[string]*entry{}
	}
	if m.known[name] == nil {
		m.known[name] = &entry{}
	}
	return m.known[name]
}

// Put sets a fact that is known already.
func Put[E Env, T any](env E, f *Fact[E, T], value T, seen ...check.Evidence) {
	known := env.memo().entry(f.Name)
	known.once.Do(func() { known.value, known.evidence = value, seen })
}
